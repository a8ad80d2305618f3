#include "rollout_check.h"

#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/audit/facts/pod_facts.h"
#include "irsa/audit/facts/policy_facts.h"
#include "irsa/base/json.h"
#include "irsa/base/text.h"

namespace irsa::audit {
namespace {

using base::At;
using base::Json;
using base::ListAt;
using base::TextAt;

constexpr size_t kShownBytes = 500;
constexpr size_t kShownReasonBytes = 300;

std::string Progress(const RolloutFacts& rollout) {
  return std::to_string(rollout.updated) + " of " + std::to_string(rollout.desired) + " replicas are updated, " +
         std::to_string(rollout.available) + " available";
}

std::string Kubectl(const RolloutFacts& rollout, const std::string& verb) {
  return "kubectl rollout " + verb + " deployment/" + rollout.deployment.name + " -n " +
         rollout.deployment.namespace_name;
}

// What the guard says in the mode `only`: of pods that the policy leaves out for good, then why; and of others.
constexpr std::string_view kNeverAdmitted = "will never be admitted as it is: ";
constexpr std::string_view kRoleNotSeen = "the identity policy did not see the role";
constexpr std::string_view kEntry = "\"pod-identity.irsa.dev\"";  // the one that may fail closed

// The apiserver quotes the name of what refused: the guard's, or that of an entry of the webhook.
bool IsAboutIrsa(std::string_view message, const Installation& installation) {
  return message.find("'" + installation.guard_name + "'") != std::string_view::npos ||
         message.find(kEntry) != std::string_view::npos;
}

struct Remedy {
  std::string why;
  std::string fix;
};

std::string NudgeCommand(const kube::ObjectView& replica_set) {
  return std::string("kubectl annotate replicaset ")
      .append(replica_set.name)
      .append(" -n ")
      .append(replica_set.namespace_name)
      .append(" irsa.dev/nudged=\"$(date +%s)\" --overwrite");
}

// Of its pod template; empty: the identity policy does not leave such pods.
std::string TemplateLeftByPolicy(const kube::ObjectView& replica_set, const identity::Settings& settings) {
  const Json* pod_template = At(*replica_set.json, {"spec", "template"});
  if (pod_template == nullptr) return {};
  const kube::ObjectView pod{replica_set.namespace_name, replica_set.name, {}, pod_template};
  return LeftByPolicy(ReadPodFacts(pod, settings.annotation_prefix), nullptr, settings);
}

// Why no attempt can succeed; empty: one can. The guard knows what the service account says too, which a pod template
// does not.
std::string ReasonForGood(const kube::ObjectView& replica_set, std::string_view message,
                          const identity::Settings& settings, std::optional<Mode> mode) {
  const size_t at = message.find(kNeverAdmitted);
  if (at != std::string_view::npos) {
    std::string_view reason = message.substr(at + kNeverAdmitted.size());
    if (reason.ends_with('.')) reason.remove_suffix(1);
    return base::Quoted(reason, kShownReasonBytes);
  }
  return mode == Mode::kOnly ? TemplateLeftByPolicy(replica_set, settings) : std::string();
}

Remedy RemedyFor(const kube::ObjectView& replica_set, std::string_view message, const Installation& installation,
                 const identity::Settings& settings, std::optional<Mode> mode) {
  const std::string tries = "the ReplicaSet retries automatically, with pauses of up to 17 minutes";
  const std::string left = ReasonForGood(replica_set, message, settings, mode);
  const bool is_by_policy_alone = mode == Mode::kOnly || message.find(kRoleNotSeen) != std::string_view::npos;
  if (left.empty() && !is_by_policy_alone) {
    return {"irsa did not answer; " + tries, "wait until irsa is ready again (kubectl get pods -n " +
                                                 installation.namespace_name +
                                                 "); to retry at once: " + NudgeCommand(replica_set)};
  }
  if (!left.empty()) {
    return {left + ": the identity policy leaves such pods to the webhook, and there is none, so no attempt succeeds",
            "change that in the pod template, or install the webhook again, which mutates such pods too (mode "
            "fallback, docs/policy.md)"};
  }
  return {"the identity policy did not give the pods their role; " + tries,
          "find out why (irsa audit --only policy); to retry at once: " + NudgeCommand(replica_set)};
}

}  // namespace

std::optional<Finding> CheckRollout(const RolloutFacts& rollout) {
  if (!rollout.is_observed) return std::nullopt;  // the conditions are those of an older template
  const auto finding = [&](std::string what, std::string why, std::string fix) {
    return Finding{FindingKind::kRolloutStuck, rollout.deployment, std::move(what), std::move(why), std::move(fix)};
  };
  const bool is_over = rollout.updated >= rollout.desired && rollout.available >= rollout.desired;
  if (rollout.refusal) {
    return finding("its pods cannot be created: " + base::Quoted(*rollout.refusal, kShownBytes),
                   "a quota, an admission policy or another webhook refuses them; until then, " + Progress(rollout),
                   "change what refuses them, then watch: " + Kubectl(rollout, "status"));
  }
  if (is_over) return std::nullopt;
  if (rollout.is_paused) {
    return finding("its rollout is paused: " + Progress(rollout),
                   "a new version, flag or certificate is not in use yet", Kubectl(rollout, "resume"));
  }
  if (!rollout.is_late) return std::nullopt;
  const std::string selector = rollout.selector.empty() ? "" : " -l " + rollout.selector;
  return finding("its rollout does not progress: " + Progress(rollout),
                 "new pods do not become ready; old pods, if any, keep serving with the previous settings",
                 "find out why: kubectl describe pods -n " + rollout.deployment.namespace_name + selector +
                     "; to roll back: " + Kubectl(rollout, "undo"));
}

std::optional<Finding> CheckReplicaSet(const kube::ObjectView& replica_set, const Installation& installation,
                                       const identity::Settings& settings, std::optional<Mode> mode) {
  for (const Json& condition : ListAt(*replica_set.json, {"status", "conditions"})) {
    const std::string_view message = TextAt(condition, {"message"});
    if (TextAt(condition, {"type"}) != "ReplicaFailure" || TextAt(condition, {"status"}) != "True") continue;
    if (!IsAboutIrsa(message, installation)) continue;
    Remedy remedy = RemedyFor(replica_set, message, installation, settings, mode);
    return Finding{FindingKind::kReplicaSetBlocked,
                   {"ReplicaSet", std::string(replica_set.namespace_name), std::string(replica_set.name)},
                   "its pods are refused: " + base::Quoted(message, kShownReasonBytes),
                   std::move(remedy.why),
                   std::move(remedy.fix)};
  }
  return std::nullopt;
}

}  // namespace irsa::audit
