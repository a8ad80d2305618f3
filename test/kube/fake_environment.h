// Environment variables that exist only in the test.
#pragma once

#include <map>
#include <string>

#include "irsa/kube/config/cluster_config.h"

namespace irsa::kube {

inline base::Environment FakeEnvironment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> const char* {
    const auto variable = variables.find(name);
    return variable == variables.end() ? nullptr : variable->second.c_str();
  };
}

inline base::Environment PodEnvironment(const std::string& host = "10.0.0.1", const std::string& port = "443") {
  return FakeEnvironment({{"KUBERNETES_SERVICE_HOST", host}, {"KUBERNETES_SERVICE_PORT", port}});
}

}  // namespace irsa::kube
