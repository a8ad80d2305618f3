// What has been registered through the IAM API: OIDC providers and roles, and how they are kept in a file.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/sts/sts_config.h"

namespace irsa::sts {

struct IamProvider {
  Provider provider;
  std::vector<std::string> thumbprints;
  std::map<std::string, std::string> tags;
  base::SystemTime created;

  std::string Arn() const;
};

struct IamRole {
  std::string account;
  std::string path = "/";
  std::string name;
  std::string document;  // the trust policy, as it was given; iam::ParseTrustPolicy takes it
  std::string description;
  std::chrono::seconds max_session_duration = kMinMaxSessionDuration;
  std::map<std::string, std::string> tags;
  std::vector<std::string> attached_policies;          // ARNs, in the order in which they were attached
  std::map<std::string, std::string> inline_policies;  // documents by name
  base::SystemTime created;

  std::string Arn() const;
};

struct Entities {
  std::vector<IamProvider> providers;
  std::vector<IamRole> roles;
};

// The same as JSON, and back. kMalformed or kInvalid, naming the entry, for what WriteEntities did not write.
std::string WriteEntities(const Entities& entities);
Result<Entities> ReadEntities(std::string_view text);

// What is registered in a state's file; nothing where there is none. Errors begin with "IAM state" and name the file.
Result<Entities> LoadEntities(const base::FileReader& files, const std::string& path);

// The configuration with the entities behind its own providers and roles.
StsConfig WithEntities(StsConfig config, const Entities& entities);

}  // namespace irsa::sts
