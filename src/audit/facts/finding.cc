#include "irsa/audit/facts/finding.h"

#include <algorithm>

namespace irsa::audit {
namespace {

struct KindText {
  std::string_view name;
  std::string_view title;
  Severity severity = Severity::kFault;
};

// In the order of FindingKind.
constexpr std::array<KindText, kFindingKinds> kTexts = {{
    {"webhook-missing", "The webhook is not registered"},
    {"webhook-without-pods", "The webhook is not called for new pods"},
    {"webhook-service-missing", "The webhook's Service does not exist"},
    {"webhook-without-endpoints", "No replica is ready behind the webhook's Service"},
    {"rollout-stuck", "The rollout of irsa itself is stuck"},
    {"webhook-blocks-itself", "The webhook's own pods cannot start without it"},
    {"webhook-fails-open", "Pods are admitted without identity while irsa is away", Severity::kRemark},
    {"accounts-webhook-fails-closed", "Changes of service accounts wait for irsa"},
    {"ca-bundle-empty", "The apiserver has no CA to verify irsa with"},
    {"ca-bundle-malformed", "The CA that the apiserver verifies irsa with cannot be read"},
    {"ca-expired", "The CA that the apiserver verifies irsa with has expired"},
    {"ca-bundle-mismatch", "The apiserver trusts a different CA than the one that issued irsa's certificate"},
    {"certificate-missing", "There is no serving certificate"},
    {"certificate-expired", "The serving certificate is not valid now"},
    {"certificate-expiring", "The serving certificate expires soon"},
    {"certificate-name-mismatch", "The serving certificate is for another name"},
    {"certificate-path-refused", "The serving certificate cannot be verified"},
    {"right-missing", "irsa's service account lacks rights that irsa needs"},
    {"guard-not-installed", "There is no guard", Severity::kRemark},
    {"guard-missing", "The guard's policy is missing"},
    {"guard-binding-missing", "The guard's policy is not in force"},
    {"guard-altered", "The guard differs from what irsa installs"},
    {"guard-scope-differs", "The guard and the webhook apply to different pods"},
    {"guard-warns-only", "The guard warns, and refuses nothing", Severity::kRemark},
    {"cluster-too-old", "The cluster is too old for the identity policy"},
    {"webhook-left-over", "The webhook is registered, but nothing serves it"},
    {"policy-missing", "The identity policy is missing"},
    {"policy-binding-missing", "The identity policy is not in force"},
    {"policy-altered", "The identity policy differs from what irsa installs"},
    {"policy-scope-differs", "The identity policy applies to different pods than the webhook or the guard"},
    {"selector-misses-accounts", "Service accounts with a role that a policy does not select"},
    {"policies-slow", "Namespaces in which the policies add more than 20 ms to each new pod", Severity::kRemark},
    {"role-only-in-config-map", "Roles that the guard and the identity policy do not know", Severity::kRemark},
    {"role-arn-malformed", "Malformed role ARNs"},
    {"annotation-unknown", "Service account annotations that are misspelled or misplaced"},
    {"annotation-value-ignored", "Service account annotations whose value is ignored"},
    {"annotation-without-role", "Annotated service accounts without a role"},
    {"token-expiration-adjusted", "Token lifetimes that are raised, or that the cluster may shorten",
     Severity::kRemark},
    {"audience-without-provider", "Audiences that no IAM OIDC provider accepts"},
    {"pod-namespace-out-of-scope", "Pods without their identity: their namespace is left out"},
    {"pod-labels-out-of-scope", "Pods without their identity: pods with their labels are left out"},
    {"pod-before-webhook", "Pods without their identity: they are older than irsa"},
    {"pod-before-annotation", "Pods without their identity: they are older than the annotation"},
    {"pod-failed-open", "Pods without their identity: irsa did not answer when they were created"},
    {"pod-left-by-policy", "Pods without their identity: the identity policy leaves such pods to a webhook"},
    {"pod-missed-by-policy", "Pods without their identity: the identity policy skipped them"},
    {"container-without-identity", "Pods of which only some containers have the identity"},
    {"partial-environment", "Containers with only one of the two variables"},
    {"token-not-mounted", "Containers without a token at the path in AWS_WEB_IDENTITY_TOKEN_FILE"},
    {"pod-older-role", "Pods whose role differs from their service account's"},
    {"pod-older-audience", "Pods whose token's audience differs from their service account's"},
    {"pod-older-profiles", "Pods whose profiles differ from their service account's"},
    {"static-credentials", "Containers with static AWS credentials, which override the role"},
    {"optional-credentials", "Containers with static credentials that, if they exist, override the role",
     Severity::kRemark},
    {"container-credentials", "Containers that name other credentials, which SDKs ignore", Severity::kRemark},
    {"overrides-pod-identity", "Containers with a variable that overrides EKS Pod Identity"},
    {"foreign-volume", "Pods with a volume of their own under the name of irsa's", Severity::kRemark},
    {"pod-annotation-ignored", "Pod annotations that are misspelled, misplaced or ignored"},
    {"replicaset-blocked", "ReplicaSets that cannot create pods"},
}};
static_assert(!kTexts.back().name.empty(), "every kind has its texts");

const KindText& TextsOf(FindingKind kind) { return kTexts[static_cast<size_t>(kind)]; }

}  // namespace

std::string_view FindingName(FindingKind kind) { return TextsOf(kind).name; }

std::string_view FindingTitle(FindingKind kind) { return TextsOf(kind).title; }

Severity SeverityOf(FindingKind kind) { return TextsOf(kind).severity; }

std::string_view ModeName(Mode mode) {
  constexpr std::array<std::string_view, 4> kNames = {"none", "webhook", "fallback", "only"};
  return kNames[static_cast<size_t>(mode)];
}

std::string_view ModeMeaning(Mode mode) {
  constexpr std::array<std::string_view, 4> kMeanings = {"nothing gives pods their identity", "the webhook",
                                                         "the identity policy, then the webhook (fallback)",
                                                         "the identity policy (only)"};
  return kMeanings[static_cast<size_t>(mode)];
}

std::string_view ProcessName(Process process) {
  constexpr std::array<std::string_view, 4> kNames = {"serve", "controller", "none", ""};
  return kNames[static_cast<size_t>(process)];
}

std::string Text(const ObjectName& object) {
  std::string text = object.kind + " ";
  if (!object.namespace_name.empty()) text.append(object.namespace_name).append("/");
  return text + object.name;
}

size_t Report::CountOf(Severity severity) const {
  return static_cast<size_t>(std::ranges::count_if(
      findings, [severity](const Finding& finding) { return SeverityOf(finding.kind) == severity; }));
}

}  // namespace irsa::audit
