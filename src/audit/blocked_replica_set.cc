#include "irsa/audit/blocked_replica_set.h"

#include <string>
#include <string_view>
#include <utility>

#include "irsa/audit/pod_facts.h"
#include "irsa/audit/policy_facts.h"
#include "irsa/mutation/warning.h"

#include "json_fields.h"

namespace irsa::audit {
namespace {

constexpr size_t kShownBytes = 300;
constexpr std::string_view kEntry = "\"pod-identity.irsa.dev\"";  // the one that may fail closed

// The apiserver quotes the name of what refused: the guard's, or that of an entry of the webhook.
bool IsAboutIrsa(std::string_view message, const Installation& installation) {
  return message.find("'" + installation.guard_name + "'") != std::string_view::npos ||
         message.find(kEntry) != std::string_view::npos;
}

struct Advice {
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
std::string TemplateLeftByPolicy(const kube::ObjectView& replica_set, const mutation::Settings& settings) {
  const Json* pod_template = At(*replica_set.json, {"spec", "template"});
  if (pod_template == nullptr) return {};
  const kube::ObjectView pod{replica_set.namespace_name, replica_set.name, {}, pod_template};
  return LeftByPolicy(ReadPodFacts(pod, settings.annotation_prefix), settings);
}

Advice AdviceFor(const kube::ObjectView& replica_set, const Installation& installation,
                 const mutation::Settings& settings, std::optional<Mode> mode) {
  const std::string tries = "the ReplicaSet tries again by itself, after pauses of up to 17 minutes";
  if (mode != Mode::kOnly) {
    return {"irsa did not answer; " + tries, "when irsa is back (kubectl get pods -n " + installation.namespace_name +
                                                 "), at once by a nudge: " + NudgeCommand(replica_set)};
  }
  const std::string left = TemplateLeftByPolicy(replica_set, settings);
  if (!left.empty()) {
    return {left + ": such pods the identity policy leaves to the webhook, and there is none, so no attempt succeeds",
            "change that in the pod template, or bring the webhook back, which takes such pods too (the mode fallback, "
            "docs/policy.md)"};
  }
  return {"the identity policy did not give the pods their role; " + tries,
          "see why (irsa audit --only policy), then, for its pods at once, a nudge: " + NudgeCommand(replica_set)};
}

}  // namespace

std::optional<Finding> CheckReplicaSet(const kube::ObjectView& replica_set, const Installation& installation,
                                       const mutation::Settings& settings, std::optional<Mode> mode) {
  for (const Json& condition : ListAt(*replica_set.json, {"status", "conditions"})) {
    const std::string_view message = TextAt(condition, {"message"});
    if (TextAt(condition, {"type"}) != "ReplicaFailure" || TextAt(condition, {"status"}) != "True") continue;
    if (!IsAboutIrsa(message, installation)) continue;
    Advice advice = AdviceFor(replica_set, installation, settings, mode);
    return Finding{FindingKind::kReplicaSetBlocked,
                   {"ReplicaSet", std::string(replica_set.namespace_name), std::string(replica_set.name)},
                   "its pods are refused: " + mutation::Quoted(message, kShownBytes),
                   std::move(advice.why),
                   std::move(advice.fix)};
  }
  return std::nullopt;
}

}  // namespace irsa::audit
