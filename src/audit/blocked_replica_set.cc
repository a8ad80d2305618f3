#include "irsa/audit/blocked_replica_set.h"

#include <string>
#include <string_view>

#include "irsa/mutation/warning.h"

#include "json_fields.h"

namespace irsa::audit {
namespace {

constexpr size_t kShownBytes = 300;

bool IsAboutIrsa(std::string_view message, const Installation& installation, const WebhookConfiguration* webhook) {
  const auto names = [message](const std::string& name) {
    return message.find("'" + name + "'") != std::string_view::npos ||
           message.find("\"" + name + "\"") != std::string_view::npos;
  };
  if (names(installation.guard_name)) return true;
  if (webhook == nullptr) return false;
  for (const WebhookEntry& entry : webhook->entries) {
    if (names(entry.name)) return true;
  }
  return false;
}

}  // namespace

std::optional<Finding> CheckReplicaSet(const kube::ObjectView& replica_set, const Installation& installation,
                                       const WebhookConfiguration* webhook) {
  for (const Json& condition : ListAt(*replica_set.json, {"status", "conditions"})) {
    const std::string_view message = TextAt(condition, {"message"});
    if (TextAt(condition, {"type"}) != "ReplicaFailure" || TextAt(condition, {"status"}) != "True") continue;
    if (!IsAboutIrsa(message, installation, webhook)) continue;
    const std::string namespace_name(replica_set.namespace_name);
    const std::string name(replica_set.name);
    return Finding{FindingKind::kReplicaSetBlocked,
                   {"ReplicaSet", namespace_name, name},
                   "its pods are refused: " + mutation::Quoted(message, kShownBytes),
                   "irsa did not answer; the ReplicaSet tries again by itself, after pauses of up to 17 minutes",
                   "when irsa is back (kubectl get pods -n " + installation.namespace_name +
                       "), at once by a nudge: kubectl annotate replicaset " + name + " -n " + namespace_name +
                       " irsa.dev/nudged=\"$(date +%s)\" --overwrite"};
  }
  return std::nullopt;
}

}  // namespace irsa::audit
