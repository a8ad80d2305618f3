#pragma once

#include <chrono>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "irsa/kube/identity_record.h"

// What tests of the record's leader put into it, and how long the leader waits (RecordPatience's defaults).

namespace irsa::kube {

inline constexpr std::chrono::seconds kUnconfirmed(65);
inline constexpr std::chrono::seconds kConfirmed(2);
inline constexpr std::chrono::seconds kAfterWrite(5);

using Roles = std::map<std::string, std::string>;  // by account

inline RecordedIdentity Recorded(const std::string& role) {
  return {role, "sts.amazonaws.com", std::chrono::seconds(86400), "", false};
}

// The same as it stands in an IdentityMap.
inline nlohmann::json RecordEntry(const std::string& role) {
  return {{"roleArn", role},
          {"audience", "sts.amazonaws.com"},
          {"tokenExpirationSeconds", 86400},
          {"region", ""},
          {"stsRegionalEndpoints", false}};
}

}  // namespace irsa::kube
