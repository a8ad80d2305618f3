// What the annotations of an object are read into, one after the other.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/skip_containers.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

struct AccountReading {
  std::vector<Warning>& warnings;
  const Settings& settings;
  TokenTerms terms = {};
  std::string role_arn = {};
  std::optional<std::string> audience = {};
  bool uses_pod_identity = false;
};

struct PodReading {
  std::vector<Warning>& warnings;
  std::optional<std::chrono::seconds> token_expiration = {};
  SkipContainers skipped = {};
};

}  // namespace irsa::identity
