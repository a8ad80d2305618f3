// What a cluster's kube-apiserver can do for irsa, by its own word: its version, and the kinds it serves. Asked of
// /version and of discovery, which every authenticated user may read as Kubernetes sets its roles up.
// https://kubernetes.io/docs/reference/using-api/api-concepts/
#pragma once

#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/objects.h"

namespace irsa::kube {

// The group that all of irsa's registrations are in.
inline constexpr std::string_view kRegistrationGroup = "apis/admissionregistration.k8s.io";

struct ApiCapabilities {
  std::string version;       // "v1.36.3"
  bool has_webhook = false;  // MutatingWebhookConfiguration v1
  bool has_guard = false;    // ValidatingAdmissionPolicy v1, from Kubernetes 1.30 on
  bool has_policy = false;   // MutatingAdmissionPolicy v1, from Kubernetes 1.36 on
  std::string older_policy;  // "v1beta1": the version in which it is served instead; empty: in none

  bool operator==(const ApiCapabilities&) const = default;
};

// Errors as GetObject's; a group that is not served at all is none, and has nothing.
Result<ApiCapabilities> ReadApiCapabilities(ApiServer& server, const base::Clock& clock, const ReadBounds& bounds = {});

// For a cluster without the policy: what it has, what is needed, and what to do. One sentence for a log.
std::string PolicyUnsupportedText(const ApiCapabilities& capabilities);

}  // namespace irsa::kube
