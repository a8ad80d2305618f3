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
  return {
      FindingKind::kPodMissedByPolicy,
      "when the pod was created the identity policy did not know of the role yet (kube-apiserver sees a new account "
      "some milliseconds late), was not as it is now, or could not be evaluated "
      "(apiserver_mutating_admission_policy_check_total with an error_type)"};
}

}  // namespace

Cause CauseOf(const PodFacts& pod, const PodCircumstances& circumstances) {
  const auto was_before = [&pod](const std::optional<base::SystemTime>& time) {
    return pod.created && time && *pod.created < *time;
  };
  if (!circumstances.is_registered) {
    return {FindingKind::kPodBeforeWebhook, "no webhook of irsa is registered, and no identity policy is in force"};
  }
  const std::string giver = GiverOf(circumstances);
  if (!circumstances.namespace_unmet.empty()) {
    return {FindingKind::kPodNamespaceOutOfScope,
            giver + "'s namespaceSelector wants namespaces with " + circumstances.namespace_unmet};
  }
  if (!circumstances.labels_unmet.empty()) {
    return {FindingKind::kPodLabelsOutOfScope,
            giver + "'s objectSelector wants pods with " + circumstances.labels_unmet};
  }
  if (circumstances.is_by_policy_alone && !circumstances.left_by_policy.empty()) {
    return {FindingKind::kPodLeftByPolicy,
            circumstances.left_by_policy +
                ": such pods the identity policy leaves to the webhook, and there is none, so none of them ever gets "
                "its identity"};
  }
  if (circumstances.is_by_policy_alone && !circumstances.role_unknown.empty()) return MissedByPolicy(circumstances);
  if (was_before(circumstances.webhook_since)) {
    return {FindingKind::kPodBeforeWebhook, giver + " is registered since " +
                                                base::FormatRfc3339(*circumstances.webhook_since) +
                                                ", after the pod was created." + std::string(kStartAnew)};
  }
  if (was_before(circumstances.role_set_at)) {
    return {FindingKind::kPodBeforeAnnotation, "the account has had its role since " +
                                                   base::FormatRfc3339(*circumstances.role_set_at) +
                                                   ", after the pod was created." + std::string(kStartAnew)};
  }
  if (circumstances.is_by_policy_alone) return MissedByPolicy(circumstances);
  std::string why = circumstances.fails_closed
                        ? "irsa did not see the pod: the webhook was not registered as it is now, or one of its "
                          "matchConditions leaves the pod out"
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
