#include "irsa/audit/rollout_check.h"

#include <utility>

#include "irsa/mutation/warning.h"

#include "json_fields.h"

namespace irsa::audit {
namespace {

constexpr size_t kShownBytes = 500;

int64_t NumberAt(const Json& object, Keys keys, int64_t otherwise = 0) {
  const Json* number = At(object, keys);
  return number != nullptr && number->is_number_integer() ? number->get<int64_t>() : otherwise;
}

bool IsTrueAt(const Json& object, Keys keys) {
  const Json* flag = At(object, keys);
  return flag != nullptr && *flag == true;
}

std::string SelectorText(const Json& deployment) {
  std::string text;
  const Json* labels = At(deployment, {"spec", "selector", "matchLabels"});
  if (labels == nullptr || !labels->is_object()) return text;
  for (const auto& [key, value] : labels->items()) {
    if (value.is_string()) text.append(text.empty() ? "" : ",").append(key + "=" + value.get<std::string>());
  }
  return text;
}

std::string Progress(const RolloutFacts& rollout) {
  return std::to_string(rollout.updated) + " of " + std::to_string(rollout.desired) + " replicas are new, " +
         std::to_string(rollout.available) + " available";
}

std::string Kubectl(const RolloutFacts& rollout, const std::string& verb) {
  return "kubectl rollout " + verb + " deployment/" + rollout.deployment.name + " -n " +
         rollout.deployment.namespace_name;
}

}  // namespace

RolloutFacts ReadRollout(const Json& deployment) {
  RolloutFacts rollout;
  rollout.deployment = {"Deployment", std::string(TextAt(deployment, {"metadata", "namespace"})),
                        std::string(TextAt(deployment, {"metadata", "name"}))};
  rollout.selector = SelectorText(deployment);
  rollout.desired = NumberAt(deployment, {"spec", "replicas"}, 1);
  rollout.updated = NumberAt(deployment, {"status", "updatedReplicas"});
  rollout.available = NumberAt(deployment, {"status", "availableReplicas"});
  rollout.is_observed =
      NumberAt(deployment, {"status", "observedGeneration"}) >= NumberAt(deployment, {"metadata", "generation"});
  rollout.is_paused = IsTrueAt(deployment, {"spec", "paused"});
  for (const Json& condition : ListAt(deployment, {"status", "conditions"})) {
    const std::string_view type = TextAt(condition, {"type"});
    const std::string_view status = TextAt(condition, {"status"});
    if (type == "Progressing" && status == "False") rollout.is_late = true;
    if (type == "ReplicaFailure" && status == "True") rollout.refusal = TextAt(condition, {"message"});
  }
  return rollout;
}

std::optional<Finding> CheckRollout(const RolloutFacts& rollout) {
  if (!rollout.is_observed) return std::nullopt;  // the conditions are those of an older template
  const auto finding = [&](std::string what, std::string why, std::string fix) {
    return Finding{FindingKind::kRolloutStuck, rollout.deployment, std::move(what), std::move(why), std::move(fix)};
  };
  const bool is_over = rollout.updated >= rollout.desired && rollout.available >= rollout.desired;
  if (rollout.refusal) {
    return finding(
        "its pods cannot be created: " + mutation::Quoted(*rollout.refusal, kShownBytes),
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
