// Identities as the ConfigMap of the established webhook has them: JSON, "namespace/name" of a service account to
// {"RoleARN", "Audience", "UseRegionalSTS", "TokenExpiration"}; the namespace may be a pattern (team-*, or * for all).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"
#include "irsa/identity/sources/identity_index.h"

namespace irsa::identity {

inline constexpr size_t kMaxPatternsOfAccount = 200;   // each is compared with each
inline constexpr size_t kMaxConfigMapBytes = 2 << 20;  // the apiserver takes 1 MiB

// What an entry gives, by the rules for annotations, and nothing in place of what it leaves out. One without a role
// gives nothing, but keeps the account from entries that match it less closely, as in the established webhook.
struct ConfigMapEntry {
  std::string namespace_name;  // or a pattern
  std::string service_account;
  std::string role_arn;  // may be empty
  std::optional<std::string> audience;
  std::optional<std::chrono::seconds> token_expiration;
  std::optional<bool> regional_sts;
  std::vector<Warning> warnings;  // that annotations give

  std::string key() const { return namespace_name + "/" + service_account; }
};

struct ConfigMapDocument {
  std::vector<ConfigMapEntry> entries;  // by their keys' order
  std::vector<std::string> skipped;     // of each bad entry: which it is, and what is wrong with it
};

// Of patterns that match a namespace the most specific counts; two that match one alike are both bad, and so are those
// of an account that are over kMaxPatternsOfAccount. An entry with a RoleARN that is too long is bad, one with an
// Audience that is too long good. Fields' names match in any case, as in Go; a TokenExpiration of 0 counts as left out.
// kMalformed, kInvalid or kTooLarge for a text that is no JSON object.
Result<ConfigMapDocument> ParseConfigMapEntries(std::string_view text);

struct ConfigMapEntries {
  IdentityIndex index;
  std::vector<std::string> skipped;  // as in ConfigMapDocument
};

// The same as identities, with what is left out as `settings` say.
Result<ConfigMapEntries> ReadConfigMapEntries(std::string_view text, const Settings& settings);

}  // namespace irsa::identity
