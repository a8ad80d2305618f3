// Identities from a file of service accounts, for use without a cluster.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/base/snapshot.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_index.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/identity/sources/watched_file.h"

namespace irsa::identity {

inline constexpr size_t kMaxServiceAccountFileBytes = 64 << 20;

// The identities of all service accounts in a manifest's text, YAML or JSON (see IndexServiceAccounts). kInvalid for a
// text without any, which is rather a file emptied, cut short or mistaken for another than a cluster without accounts:
// that is said by an empty List.
Result<IdentityIndex> ReadServiceAccounts(std::string_view text, std::string_view default_namespace,
                                          const Settings& settings);

// Parsed whole, swapped whole: a broken file leaves the last good state in place. The file is the whole truth: an
// account that is not in it has no identity. Find and size from any thread; Load and Poll from one.
class ServiceAccountFile final : public IdentitySource, public NamespaceSource {
 public:
  // `files` outlives this object.
  ServiceAccountFile(const base::FileReader& files, std::string path, Settings settings);

  // As WatchedFile has them; errors name the file, the document and what is wrong. Find before Load: kUnavailable.
  Status Load() { return file_.Load(); }
  Result<bool> Poll() { return file_.Poll(); }

  size_t size() const;  // accounts in the index

  Result<ResolvedAccount> Find(const AccountName& name, base::SteadyTime deadline) override;
  // What is known of an account now; nothing for one that is not in the file.
  std::optional<KnownAccount> FindKnown(const AccountName& name) const;

  // Of the file's Namespaces, where the settings use default roles.
  Result<ResolvedNamespace> FindDefaults(std::string_view namespace_name, base::SteadyTime deadline) override;

 private:
  Status Take(std::string text);

  std::string path_;
  Settings settings_;
  base::Snapshot<IdentityIndex> index_;
  WatchedFile file_;  // last: it uses the others
};

}  // namespace irsa::identity
