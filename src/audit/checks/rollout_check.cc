#include "rollout_check.h"

#include <utility>

#include "irsa/identity/rules/warning.h"

namespace irsa::audit {
namespace {

constexpr size_t kShownBytes = 500;

std::string Progress(const RolloutFacts& rollout) {
  return std::to_string(rollout.updated) + " of " + std::to_string(rollout.desired) + " replicas are new, " +
         std::to_string(rollout.available) + " available";
}

std::string Kubectl(const RolloutFacts& rollout, const std::string& verb) {
  return "kubectl rollout " + verb + " deployment/" + rollout.deployment.name + " -n " +
         rollout.deployment.namespace_name;
}

}  // namespace

std::optional<Finding> CheckRollout(const RolloutFacts& rollout) {
  if (!rollout.is_observed) return std::nullopt;  // the conditions are those of an older template
  const auto finding = [&](std::string what, std::string why, std::string fix) {
    return Finding{FindingKind::kRolloutStuck, rollout.deployment, std::move(what), std::move(why), std::move(fix)};
  };
  const bool is_over = rollout.updated >= rollout.desired && rollout.available >= rollout.desired;
  if (rollout.refusal) {
    return finding(
        "its pods cannot be created: " + identity::Quoted(*rollout.refusal, kShownBytes),
        "what refuses them is a quota, an admission policy or another webhook; until then " + Progress(rollout),
        "let them pass, then watch: " + Kubectl(rollout, "status"));
  }
  if (is_over) return std::nullopt;
  if (rollout.is_paused) {
    return finding("its rollout is paused: " + Progress(rollout),
                   "a new version, flag or certificate is not in use yet", Kubectl(rollout, "resume"));
  }
  if (!rollout.is_late) return std::nullopt;
  const std::string selector = rollout.selector.empty() ? "" : " -l " + rollout.selector;
  return finding("its rollout does not get on: " + Progress(rollout),
                 "new pods do not become ready, so that the old ones, if there are any, serve on as they were started",
                 "see why: kubectl describe pods -n " + rollout.deployment.namespace_name + selector +
                     "; back to what ran before: " + Kubectl(rollout, "undo"));
}

}  // namespace irsa::audit
