#include "rotation_report.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"

#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

using Json = nlohmann::ordered_json;
using oidc::RotationStage;
using oidc::RotationStep;

std::string_view Instruction(RotationStage stage) {
  constexpr std::array<std::string_view, 6> kInstructions = {
      "Publish both keys, then restart every kube-apiserver so that it accepts both; the old key still signs.",
      "Wait until no cache holds the key set without the new key.",
      "Restart every kube-apiserver so that the new key signs; tokens of both are still accepted.",
      "Wait until the last token that the old key signed has expired.",
      "Remove the old key from the published key set and from kube-apiserver's flags, then destroy its private key.",
      "Nothing is left to do.",
  };
  return kInstructions[static_cast<size_t>(stage)];
}

// The keys that are published from a step on: all until the old one is removed.
std::vector<const IssuerKey*> PublishedKeys(const RotationKeys& keys, RotationStage stage) {
  std::vector<const IssuerKey*> published;
  for (const IssuerKey& key : keys.current) published.push_back(&key);
  if (stage == RotationStage::kRemove) published.erase(published.begin());
  published.push_back(&keys.next);
  return published;
}

// Empty where nothing is to be published anew, or how is not known.
std::string PublishCommandOf(const RotationPlan& plan, RotationStage stage) {
  const bool changes = stage == RotationStage::kPublish || stage == RotationStage::kRemove;
  if (!changes || plan.publish_directory.empty()) return {};
  std::string command =
      "irsa issuer publish " + base::ShellWord(plan.publish_directory) + " --issuer " + base::ShellWord(plan.issuer);
  for (const IssuerKey* key : PublishedKeys(plan.keys, stage)) command += " --key " + base::ShellWord(key->file);
  if (stage == RotationStage::kRemove) command += " --drop " + plan.keys.current.front().key.id();
  return command;
}

bool IsWait(RotationStage stage) {
  return stage == RotationStage::kWaitForCaches || stage == RotationStage::kWaitForTokens;
}

std::string StepText(const RotationPlan& plan, const RotationStep& step) {
  std::string text(oidc::RotationStageName(step.stage));
  if (plan.has_dates) text += (IsWait(step.stage) ? ", from " : ", not before ") + base::FormatRfc3339(step.begin);
  text.append("\n   ").append(Instruction(step.stage)).append("\n");
  if (IsWait(step.stage)) return text;
  if (const std::string command = PublishCommandOf(plan, step.stage); !command.empty()) {
    text += "     " + command + "\n";
  }
  for (const std::string& flag : step.flags) text += "     " + flag + "\n";
  return text;
}

Json StepJson(const RotationPlan& plan, const RotationStep& step) {
  Json json;
  json["stage"] = oidc::RotationStageName(step.stage);
  json["notBefore"] = plan.has_dates ? Json(base::FormatRfc3339(step.begin)) : Json(nullptr);
  json["instruction"] = Instruction(step.stage);
  Json published = Json::array();
  for (const IssuerKey* key : PublishedKeys(plan.keys, step.stage)) published.push_back(key->key.id());
  json["published"] = std::move(published);
  const std::string command = PublishCommandOf(plan, step.stage);
  json["publishCommand"] = command.empty() ? Json(nullptr) : Json(command);
  json["apiserverFlags"] = step.flags;
  return json;
}

std::string KeysText(const RotationKeys& keys) {
  std::string text = "old key    " + Describe(keys.current.front()) + "\n";
  for (size_t i = 1; i < keys.current.size(); ++i) text += "stays      " + Describe(keys.current[i]) + "\n";
  return text + "new key    " + Describe(keys.next) + "\n";
}

std::string_view RoleOf(const RotationKeys& keys, const oidc::Jwk& jwk) {
  if (jwk.key.id() == keys.current.front().key.id()) return "old";
  return jwk.key.id() == keys.next.key.id() ? "new" : "other";
}

// The steps from the one that is under way on; none when that is not known or all is done.
std::vector<RotationStep> StepsFrom(const RotationPlan& plan, std::optional<RotationStage> stage) {
  std::vector<RotationStep> steps = oidc::PlanRotation(plan.settings);
  const auto first =
      std::ranges::find_if(steps, [stage](const RotationStep& step) { return stage && step.stage == *stage; });
  steps.erase(steps.begin(), first);
  return steps;
}

}  // namespace

std::string PlanText(const RotationPlan& plan) {
  std::string text = KeysText(plan.keys);
  int number = 1;
  for (const RotationStep& step : oidc::PlanRotation(plan.settings)) {
    text += "\n" + std::to_string(number++) + ". " + StepText(plan, step);
  }
  return text;
}

std::string PlanJson(const RotationPlan& plan) {
  Json current = Json::array();
  for (const IssuerKey& key : plan.keys.current) current.push_back(ToJson(key));
  Json steps = Json::array();
  for (const RotationStep& step : oidc::PlanRotation(plan.settings)) steps.push_back(StepJson(plan, step));
  Json json;
  json["keys"] = {{"current", std::move(current)}, {"next", ToJson(plan.keys.next)}};
  json["rolloutSeconds"] = plan.settings.rollout.count();
  json["cacheLifetimeSeconds"] = plan.settings.cache_lifetime.count();
  json["tokenLifetimeSeconds"] = plan.settings.max_token_lifetime.count();
  json["steps"] = std::move(steps);
  return JsonText(json);
}

std::string PositionText(const RotationPlan& plan, const oidc::RotationPosition& position,
                         const oidc::JwkSet& published) {
  std::string text = "stage: ";
  text += position.stage ? oidc::RotationStageName(*position.stage) : "wrong";
  text += "\n" + position.detail + "\n\npublished:\n";
  for (const oidc::Jwk& jwk : published.keys) {
    text += "  " + jwk.key.id() + "  " + std::string(RoleOf(plan.keys, jwk)) + " key\n";
  }
  for (const oidc::SkippedJwk& skipped : published.skipped) text += "  unusable: " + oidc::Describe(skipped) + "\n";
  const std::vector<RotationStep> steps = StepsFrom(plan, position.stage);
  if (!steps.empty()) text += "\nnow: " + StepText(plan, steps[0]);
  if (steps.size() > 1) text += "\nthen: " + StepText(plan, steps[1]);
  return text;
}

std::string PositionJson(const RotationPlan& plan, const oidc::RotationPosition& position,
                         const oidc::JwkSet& published) {
  Json keys = Json::array();
  for (const oidc::Jwk& jwk : published.keys) {
    keys.push_back(
        {{"kid", jwk.id ? Json(*jwk.id) : Json(nullptr)}, {"id", jwk.key.id()}, {"role", RoleOf(plan.keys, jwk)}});
  }
  Json unusable = Json::array();
  for (const oidc::SkippedJwk& skipped : published.skipped) unusable.push_back(oidc::Describe(skipped));
  const std::vector<RotationStep> steps = StepsFrom(plan, position.stage);
  Json json;
  json["stage"] = position.stage ? Json(oidc::RotationStageName(*position.stage)) : Json(nullptr);
  json["detail"] = position.detail;
  json["published"] = std::move(keys);
  json["unusable"] = std::move(unusable);
  json["step"] = steps.empty() ? Json(nullptr) : StepJson(plan, steps[0]);
  json["nextStep"] = steps.size() < 2 ? Json(nullptr) : StepJson(plan, steps[1]);
  return JsonText(json);
}

}  // namespace irsa::cli
