#include <optional>
#include <string_view>
#include <utility>

#include "irsa/audit/checks/pod_check.h"
#include "irsa/base/time_text.h"

namespace irsa::audit {
namespace {

constexpr std::string_view kStartAnew = " New pods get it.";

Cause MissedByPolicy(const PodCircumstances& circumstances) {
  if (!circumstances.role_unknown.empty()) {
    return {FindingKind::kPodMissedByPolicy,
            "the identity policy does not know the account's role: " + circumstances.role_unknown};
  }
  return {FindingKind::kPodMissedByPolicy,
          "when the pod was created, the identity policy did not know the role yet (kube-apiserver sees a new account "
          "some milliseconds late), was different, or could not be evaluated "
          "(apiserver_mutating_admission_policy_check_total with an error_type)"};
}

}  // namespace

Cause CauseOf(const PodFacts& pod, const PodCircumstances& circumstances) {
  if (!circumstances.is_registered) {
    return {FindingKind::kPodBeforeWebhook, "no webhook of irsa is registered, and no identity policy is in force"};
  }
  const std::string giver = GiverOf(circumstances);
  if (!circumstances.namespace_unmet.empty()) {
    return {FindingKind::kPodNamespaceOutOfScope,
            giver + "'s namespaceSelector requires namespaces with " + circumstances.namespace_unmet};
  }
  if (!circumstances.labels_unmet.empty()) {
    return {FindingKind::kPodLabelsOutOfScope,
            giver + "'s objectSelector requires pods with " + circumstances.labels_unmet};
  }
  if (circumstances.is_by_policy_alone && !circumstances.left_by_policy.empty()) {
    return {FindingKind::kPodLeftByPolicy, circumstances.left_by_policy +
                                               ": the identity policy leaves such pods to the webhook, and there is "
                                               "none, so they never get their identity"};
  }
  if (circumstances.is_by_policy_alone && !circumstances.role_unknown.empty()) return MissedByPolicy(circumstances);
  if (pod.WasCreatedBefore(circumstances.webhook_since)) {
    return {FindingKind::kPodBeforeWebhook, giver + " is registered since " +
                                                base::FormatRfc3339(*circumstances.webhook_since) +
                                                ", after the pod was created." + std::string(kStartAnew)};
  }
  if (pod.WasCreatedBefore(circumstances.role_set_at)) {
    return {FindingKind::kPodBeforeAnnotation, "the account has had its role since " +
                                                   base::FormatRfc3339(*circumstances.role_set_at) +
                                                   ", after the pod was created." + std::string(kStartAnew)};
  }
  if (circumstances.is_by_policy_alone) return MissedByPolicy(circumstances);
  std::string why = circumstances.fails_closed
                        ? "irsa did not see the pod: the webhook was registered differently, or one of its "
                          "matchConditions excludes the pod"
                        : "no replica of irsa answered when the pod was created, and the webhook's failurePolicy is "
                          "Ignore";
  if (!circumstances.left_by_policy.empty()) {
    why += "; the identity policy leaves such pods to the webhook: " + circumstances.left_by_policy;
  } else if (!circumstances.role_unknown.empty()) {
    why += "; the identity policy does not know the account's role: " + circumstances.role_unknown;
  } else if (circumstances.has_policy) {
    why += "; the identity policy did not know the account then, or was not there";
  }
  return {FindingKind::kPodFailedOpen, std::move(why)};
}

}  // namespace irsa::audit
