#include "irsa/kube/api/api_capabilities.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"

namespace irsa::kube {
namespace {

using base::Json;

constexpr std::string_view kPolicies = "mutatingadmissionpolicies";

bool Serves(const Json& resource_list, std::string_view plural) {
  const Json* resources = base::FindMember(resource_list, "resources");
  return resources != nullptr && resources->is_array() &&
         std::any_of(resources->begin(), resources->end(),
                     [plural](const Json& resource) { return base::TextAt(resource, {"name"}) == plural; });
}

}  // namespace

Result<ApiCapabilities> ReadApiCapabilities(ApiServer& server, const base::Clock& clock, const ReadBounds& bounds) {
  ApiCapabilities capabilities;
  const auto version = GetObject(server, clock, "/version", bounds);
  if (!version.ok()) return version.error();
  const auto text = base::StringMember(*version, "gitVersion");
  if (!text.ok()) return base::WithContext(text.error(), "get /version");
  capabilities.version = *text;
  const std::string group = "/" + std::string(kRegistrationGroup);
  for (const char* each : {"v1", "v1beta1", "v1alpha1"}) {
    const auto resources = GetObject(server, clock, group + "/" + each, bounds);
    if (resources.FailedWith(ErrorCode::kNotFound)) continue;
    if (!resources.ok()) return resources.error();
    const bool has_policy = Serves(*resources, kPolicies);
    if (each == std::string_view("v1")) {
      capabilities.has_webhook = Serves(*resources, "mutatingwebhookconfigurations");
      capabilities.has_guard = Serves(*resources, "validatingadmissionpolicies");
      capabilities.has_policy = has_policy;
      if (has_policy) break;
    } else if (has_policy) {
      capabilities.older_policy = each;
      break;
    }
  }
  return capabilities;
}

std::string PolicyUnsupportedText(const ApiCapabilities& capabilities) {
  return "kube-apiserver " + capabilities.version + " serves no MutatingAdmissionPolicy v1" +
         (capabilities.older_policy.empty() ? "" : " (only " + capabilities.older_policy + ")") +
         ", which requires Kubernetes 1.36, so nothing would give pods their identity: run irsa serve with its webhook "
         "instead (docs/policy.md), or upgrade the cluster";
}

}  // namespace irsa::kube
