// What the annotations of an object are read into, one after the other.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

struct AccountReading {
  std::vector<Warning>& warnings;
  const AccountName& name;
  const Settings& settings;
  AccountTerms terms = {};
  std::string role_arn = {};
  bool uses_pod_identity = false;
};

struct PodReading {
  std::vector<Warning>& warnings;
  std::optional<std::chrono::seconds> token_expiration = {};
  ContainerNames containers = {};
};

struct NamespaceReading {
  std::vector<Warning>& warnings;
  const Settings& settings;
  std::string role_arn = {};
};

}  // namespace irsa::identity
