#include "irsa/audit/blocked_replica_set.h"

#include <string>
#include <string_view>
#include <utility>

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

}  // namespace

std::optional<Finding> CheckReplicaSet(const kube::ObjectView& replica_set, const Installation& installation) {
  for (const Json& condition : ListAt(*replica_set.json, {"status", "conditions"})) {
    const std::string_view message = TextAt(condition, {"message"});
    if (TextAt(condition, {"type"}) != "ReplicaFailure" || TextAt(condition, {"status"}) != "True") continue;
    if (!IsAboutIrsa(message, installation)) continue;
    const std::string namespace_name(replica_set.namespace_name);
    const std::string name(replica_set.name);
    std::string fix = "when irsa is back (kubectl get pods -n ";
    fix.append(installation.namespace_name).append("), at once by a nudge: kubectl annotate replicaset ");
    fix.append(name).append(" -n ").append(namespace_name).append(" irsa.dev/nudged=\"$(date +%s)\" --overwrite");
    return Finding{FindingKind::kReplicaSetBlocked,
                   {"ReplicaSet", namespace_name, name},
                   "its pods are refused: " + mutation::Quoted(message, kShownBytes),
                   "irsa did not answer; the ReplicaSet tries again by itself, after pauses of up to 17 minutes",
                   std::move(fix)};
  }
  return std::nullopt;
}

}  // namespace irsa::audit
