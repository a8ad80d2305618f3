// The configuration of `irsa sts`: OIDC providers and roles as they would be registered at IAM.
//
//   providers:
//   - issuer: https://oidc.example.test/id/ABC
//     account: "111122223333"
//     jwks: keys.json                 # a file beside the configuration, or a URL; left out: discovery at the issuer
//     clientIds: [sts.amazonaws.com]
//   roles:
//   - arn: arn:aws:iam::111122223333:role/s3-reader
//     trustPolicy: policy.json        # a file beside the configuration, or the policy itself
//     maxSessionDuration: 3600        # seconds
//   iam:                              # who may register more of both through IAM's API, and where that is kept
//     administrators:
//     - account: "111122223333"
//       accessKeyId: AKIAIOSFODNN7EXAMPLE
//       secretAccessKey: …
//     state: iam.json                 # a file beside the configuration; left out: in memory
//     keys:                           # of issuers that are registered through the API; left out: discovery
//     - issuer: https://oidc.example.test/id/ABC
//       jwks: keys.json
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/iam/trust_policy.h"
#include "irsa/sts/assume_role_check.h"

namespace irsa::sts {

inline constexpr size_t kMaxConfigBytes = 1 << 20;

// What IAM allows as a role's MaxSessionDuration.
inline constexpr std::chrono::seconds kMinMaxSessionDuration{3600};
inline constexpr std::chrono::seconds kMaxMaxSessionDuration{43200};

struct ConfiguredProvider {
  Provider provider;
  std::string jwks = {};  // the file's path, with the configuration's directory before it, or the URL; empty: discovery

  bool operator==(const ConfiguredProvider&) const = default;
};

struct ConfiguredRole {
  std::string arn;
  iam::TrustPolicy trust_policy;
  std::chrono::seconds max_session_duration = kMinMaxSessionDuration;

  bool operator==(const ConfiguredRole&) const = default;
};

// Whoever holds these credentials may make every call of the IAM API in the account.
struct Administrator {
  std::string account;
  std::string access_key_id;
  std::string secret_access_key;

  bool operator==(const Administrator&) const = default;
};

// Null for a key that nobody has.
const Administrator* FindAdministrator(std::span<const Administrator> administrators, std::string_view access_key_id);

// Where the keys of an issuer are, once it is registered.
struct IssuerKeys {
  std::string issuer;
  std::string jwks;  // not empty

  bool operator==(const IssuerKeys&) const = default;
};

struct IamApiConfig {
  std::vector<Administrator> administrators;
  std::string state_path;  // with the configuration's directory before it; empty: in memory
  std::vector<IssuerKeys> keys;

  bool operator==(const IamApiConfig&) const = default;
};

struct StsConfig {
  std::vector<ConfiguredProvider> providers;
  std::vector<ConfiguredRole> roles;
  // What is allowed but likely a slip: an issuer that IAM would not register, a key set over plain HTTP.
  std::vector<std::string> warnings;
  IamApiConfig iam = {};

  bool operator==(const StsConfig&) const = default;
};

// Reads the configuration at `path`, YAML or JSON, and the trust policies it names; key sets are not read. Errors name
// the file, the entry by its number from 1 and the key: those of `files`, kMalformed for what is no single document of
// YAML, kInvalid for an unknown key, a missing one, a value that the rules forbid (issuer, account, client ids, role
// ARN, trust policy, duration, URL), and for an issuer of an account or a role that occurs twice. A `jwks` is a URL
// when it begins with http:// or https://.
Result<StsConfig> LoadStsConfig(const base::FileReader& files, const std::string& path);

}  // namespace irsa::sts
