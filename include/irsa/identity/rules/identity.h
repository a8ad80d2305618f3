// From a service account's annotations to the identity its pods get (docs/design.md section 5).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/account_name.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/container_selection.h"
#include "irsa/identity/rules/profiles.h"
#include "irsa/identity/rules/session_name.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

// The API refuses tokens outside of these: the kubelet's minimum, and what fits an unsigned 32-bit number.
inline constexpr std::chrono::seconds kMinTokenExpiration{600};
inline constexpr std::chrono::seconds kMaxTokenExpiration{4294967295};
// What EKS's token issuer grants at most; longer ones are asked for all the same, with a warning.
inline constexpr std::chrono::seconds kLongTokenExpiration{86400};

// STS takes no longer role ARN (AssumeRoleWithWebIdentity's RoleArn). Each container of a pod gets a copy of it. An
// audience may be for somebody else than IAM, whose own limit is iam::kMaxClientIdBytes; this one bounds what a pod
// gets.
inline constexpr size_t kMaxRoleArnBytes = 2048;
inline constexpr size_t kMaxAudienceBytes = 2048;

// How the SDKs in a pod get credentials.
enum class Method : uint8_t {
  kWebIdentity,  // IRSA: they take a token to STS, for the role that the account names
  kPodIdentity,  // EKS Pod Identity: they take it to EKS's agent on the node, and EKS knows the role
};

struct Identity {
  std::string role_arn;  // empty with kPodIdentity
  std::string audience;
  std::chrono::seconds token_expiration{};
  bool regional_sts = false;
  Method method = Method::kWebIdentity;
  bool use_fips = false;
  std::string region = {};         // empty: as the settings have it
  SessionName session_name = {};   // empty: the SDK's own, and with kPodIdentity EKS's
  ContainerNames containers = {};  // that get it, unless the pod says otherwise
  std::vector<Profile> profiles = {};

  bool operator==(const Identity&) const = default;
};

// An account's settings for its pods, wherever their identity comes from; nothing, or empty: the operator's settings
// apply.
struct AccountTerms {
  std::optional<std::chrono::seconds> token_expiration = {};
  std::optional<bool> regional_sts = {};
  bool use_fips = false;
  std::string region = {};
  ContainerNames containers = {};
  std::optional<std::string> audience = {};  // as the next, without meaning for kPodIdentity
  SessionName session_name = {};
  std::vector<Profile> profiles = {};

  bool operator==(const AccountTerms&) const = default;
};

// The result of reading a service account's annotations. There can be warnings without an identity (a misspelled
// role-arn).
struct AccountIdentity {
  std::optional<Identity> identity;
  std::vector<Warning> warnings;
  AccountTerms terms = {};  // for an identity that comes from elsewhere

  bool operator==(const AccountIdentity&) const = default;
};

// Annotations outside the prefix are passed over; an empty value is as if absent, one that is too long as well, with a
// warning. Deterministic: warnings come in the order of the annotations.
AccountIdentity ResolveIdentity(const AccountName& name, std::span<const Annotation> annotations,
                                const Settings& settings);

// Whether the annotations change anything for the account's pods.
bool SaysAnything(const AccountIdentity& account);

// The identity of an account that has a role.
Identity RoleIdentityOf(const AccountName& name, std::string role_arn, const AccountTerms& terms,
                        const Settings& settings);

// The identity of an account that uses EKS Pod Identity. Where neither the account nor the settings ask for another
// lifetime than kLongTokenExpiration, it is jittered.
Identity PodIdentityOf(const AccountName& name, const AccountTerms& terms, const Settings& settings);

// `longest`, or up to a twelfth less (79,200 to 86,400 seconds), by a hash of the name: the tokens of pods that start
// together are not all renewed together, and each of an account's pods gets the same. Never below kMinTokenExpiration.
std::chrono::seconds JitteredExpiration(const AccountName& name, std::chrono::seconds longest);

// The defaults in a namespace's annotations, for its accounts without an identity of their own (--default-role).
struct NamespaceDefaults {
  std::string role_arn = {};  // empty: none
  std::vector<Warning> warnings = {};

  bool operator==(const NamespaceDefaults&) const = default;
};

// By the rules of ResolveIdentity.
NamespaceDefaults ResolveNamespace(std::span<const Annotation> annotations, const Settings& settings);

// Whether the annotations change anything for the namespace's accounts.
bool SaysAnything(const NamespaceDefaults& defaults);

// `account` itself if it has an identity, or `defaults` say nothing; else it with the namespace's role and warnings.
// What the account says of its pods (region, lifetime, …) holds for that role too. Both may be null.
std::shared_ptr<const AccountIdentity> WithDefaults(const AccountName& name,
                                                    std::shared_ptr<const AccountIdentity> account,
                                                    const NamespaceDefaults* defaults, const Settings& settings);

// kWillRunAs, with the role or the method.
Warning WillRunAs(const Identity& identity);

// What an annotation names: itself, if it has "arn:" or nothing is to be composed, or the ARN of the role of that name,
// or path and name, in the composition's account. As it is where the account is not known.
std::string ComposeRoleArn(std::string_view value, const RoleComposition& composition);

// Whether that is a name which ComposeRoleArn leaves as it is because the account is not known.
bool IsRoleWithoutAccount(std::string_view role, const RoleComposition& composition);

// Whether pods that run as `role_arn` have the identity's role. Where the account that it is in is not known, any will
// do.
bool IsRoleOf(const Identity& identity, std::string_view role_arn, const RoleComposition& composition);

// A role ARN and an audience, wherever they are given; nothing when they are to be ignored, being over the limits
// above. Append the warnings that go with it, of an ARN also when it is malformed; `key` is named in them.
std::optional<std::string> ParseRoleArn(std::string_view key, std::string_view value, std::vector<Warning>& warnings);
std::optional<std::string> ParseAudience(std::string_view key, std::string_view value, std::vector<Warning>& warnings);

// A token-expiration annotation, on an account or a pod, by the rules of section 5: an optionally signed decimal int64,
// raised to kMinTokenExpiration; nothing when it is to be ignored (malformed, or over kMaxTokenExpiration). Appends the
// warnings that go with it; `key` is named in them.
std::optional<std::chrono::seconds> ParseTokenExpiration(std::string_view key, std::string_view value,
                                                         std::vector<Warning>& warnings);

// A region's name (eu-central-1); nothing, with a warning, when it cannot be one.
std::optional<std::string> ParseRegion(std::string_view key, std::string_view value, std::vector<Warning>& warnings);

// strconv.ParseBool's spellings: 1 t T TRUE true True 0 f F FALSE false False.
std::optional<bool> ParseGoBool(std::string_view value);

}  // namespace irsa::identity
