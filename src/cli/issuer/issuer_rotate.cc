#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "irsa/base/clock.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/oidc/jwks.h"
#include "irsa/oidc/key_rotation.h"

#include "cli/options/command.h"
#include "cli/options/key_set_options.h"
#include "cli/options/option_types.h"
#include "cli/options/token_file.h"
#include "cli/output/standard_streams.h"
#include "issuer.h"

namespace irsa::cli {
namespace {

using Json = nlohmann::ordered_json;
using oidc::RotationStage;
using oidc::RotationStep;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Tokens of bare pods may live for years; no apiserver signs any for less than ten minutes. Together with the start the
// times stay far within what a time point can hold.
constexpr std::chrono::hours kTenYears{10 * 365 * 24};
constexpr DurationRange kRotationTimes{.least = {}, .most = kTenYears};
constexpr DurationRange kTokenLifetimes{.least = std::chrono::minutes(10), .most = kTenYears};
constexpr auto kLatestStart = std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);

struct RotateOptions {
  std::string current;
  std::vector<std::string> others;
  std::string next;
  std::string current_private;
  std::string next_private;
  std::string key_directory;
  std::string publish_directory;  // of `irsa issuer publish`; empty: how it is published is not known
  std::string start;
  milliseconds rollout{std::chrono::hours(1)};
  milliseconds cache_lifetime{std::chrono::hours(24)};
  milliseconds token_lifetime{std::chrono::hours(24)};
  bool check = false;
  std::string token_file;
  KeySetOptions key_set;
  std::string output = "text";
};

struct RotationKeys {
  std::vector<IssuerKey> current;  // the first one signs
  IssuerKey next;
};

struct RotationPlan {
  const RotateOptions& options;
  const RotationKeys& keys;
  oidc::RotationSettings settings;
  bool has_dates;        // whether they count: not in a check that was told no start
  std::string jwks_uri;  // where --publish-dir has the key set, if elsewhere than `irsa issuer publish` puts it
};

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
  if (!changes || plan.options.publish_directory.empty()) return {};
  std::string command = "irsa issuer publish " + base::ShellWord(plan.options.publish_directory) + " --issuer " +
                        base::ShellWord(plan.options.key_set.issuer);
  if (!plan.jwks_uri.empty()) command += " --jwks-uri " + base::ShellWord(plan.jwks_uri);
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

// The steps with their dates, what to publish and the flags of kube-apiserver.
std::string PlanText(const RotationPlan& plan) {
  std::string text = KeysText(plan.keys);
  int number = 1;
  for (const RotationStep& step : oidc::PlanRotation(plan.settings)) {
    text += "\n" + std::to_string(number++) + ". " + StepText(plan, step);
  }
  return text;
}

// {"keys": {"current": [key…], "next": key}, "rolloutSeconds", "cacheLifetimeSeconds", "tokenLifetimeSeconds",
// "steps": [{"stage", "notBefore", "instruction", "published": [kid…], "publishCommand", "apiserverFlags": [flag…]}]}
// notBefore is null without dates, publishCommand where nothing is published or how is not known.
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

// The keys that are published, which step that makes, and the steps that are under way and next.
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

// {"stage" (null when something is wrong), "detail", "published": [{"kid", "id", "role": "old"|"new"|"other"}],
// "unusable": [text…], "step", "nextStep"}. `id` is kube-apiserver's kid; the steps are as in PlanJson, or null.
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

// Where kubeadm has it: sa.key beside sa.pub.
std::string PrivateFile(const std::string& public_file) {
  std::filesystem::path path(public_file);
  return path.extension() == ".pub" ? path.replace_extension(".key").string() : public_file + ".key";
}

// A key's path on the machines of the control plane.
oidc::KeyFiles OnControlPlane(const RotateOptions& options, const std::string& file, const std::string& private_file) {
  const std::filesystem::path directory(options.key_directory);
  const std::string path =
      options.key_directory.empty() ? file : (directory / std::filesystem::path(file).filename()).string();
  return {path, private_file.empty() ? PrivateFile(path) : private_file};
}

Result<RotationKeys> ReadKeys(const RotateOptions& options) {
  std::vector<IssuerKey> keys;
  std::vector<std::string> notices;
  std::vector<std::string> files = {options.current};
  files.insert(files.end(), options.others.begin(), options.others.end());
  files.push_back(options.next);
  for (const std::string& file : files) {
    Result<IssuerKey> key = ReadIssuerKey(file, notices);
    if (!key.ok()) return std::move(key).error();
    for (const IssuerKey& other : keys) {
      if (other.key.id() != key->key.id()) continue;
      return Error{ErrorCode::kInvalid, file + " holds the same key as " + other.file};
    }
    keys.push_back(*std::move(key));
  }
  for (const std::string& notice : notices) Say(kIssuer, notice);
  IssuerKey next = std::move(keys.back());
  keys.pop_back();
  return RotationKeys{std::move(keys), std::move(next)};
}

oidc::RotationSettings Settings(const RotateOptions& options, base::SystemTime start) {
  oidc::RotationSettings settings;
  settings.current.push_back(OnControlPlane(options, options.current, options.current_private));
  for (const std::string& file : options.others) settings.current.push_back(OnControlPlane(options, file, {}));
  settings.next = OnControlPlane(options, options.next, options.next_private);
  settings.start = start;
  settings.rollout = floor<seconds>(options.rollout);
  settings.cache_lifetime = floor<seconds>(options.cache_lifetime);
  settings.max_token_lifetime = floor<seconds>(options.token_lifetime);
  return settings;
}

int Check(const RotationPlan& plan) {
  const RotateOptions& options = plan.options;
  std::optional<oidc::Jwt> token;
  if (!options.token_file.empty()) {
    Result<oidc::Jwt> read = ReadTokenFile(options.token_file);
    if (!read.ok()) return Fail(kIssuer, read.error());
    token = *std::move(read);
  }
  const Result<oidc::JwkSet> published = ReadKeySet(options.key_set, Quiet::kNo);
  if (!published.ok()) return Fail(kIssuer, published.error());
  std::vector<const oidc::PublicKey*> current;
  for (const IssuerKey& key : plan.keys.current) current.push_back(&key.key);
  const oidc::RotationPosition position =
      oidc::FindRotationPosition(current, plan.keys.next.key, *published, token ? &*token : nullptr);
  const std::string text =
      options.output == "json" ? PositionJson(plan, position, *published) : PositionText(plan, position, *published);
  return PrintResult(text, position.stage ? kDone : kFailed);
}

// Empty where `irsa issuer publish` puts it by itself, and where there is no discovery document of the issuer that can
// be read: `irsa issuer publish` then says what is wrong.
std::string PublishedJwksUri(const RotateOptions& options) {
  if (options.publish_directory.empty()) return {};
  const auto path = std::filesystem::path(options.publish_directory) / oidc::kDiscoveryPath.substr(1);
  const auto discovery = ReadIfThere(path.string(), kMaxFileBytes);
  if (!discovery.ok() || !*discovery) return {};
  const Result<std::string> jwks_uri = oidc::ReadJwksUri(**discovery, options.key_set.issuer);
  const bool is_elsewhere = jwks_uri.ok() && *jwks_uri != oidc::UrlBelow(options.key_set.issuer, oidc::kJwksPath);
  return is_elsewhere ? *jwks_uri : std::string();
}

int Rotate(const RotateOptions& options, base::SystemTime start) {
  const Result<RotationKeys> keys = ReadKeys(options);
  if (!keys.ok()) return Fail(kIssuer, keys.error());
  const bool has_dates = !options.check || !options.start.empty();
  const RotationPlan plan{options, *keys, Settings(options, start), has_dates, PublishedJwksUri(options)};
  if (options.check) return Check(plan);
  return PrintResult(options.output == "json" ? PlanJson(plan) : PlanText(plan));
}

base::SystemTime ParsedStart(const RotateOptions& options) {
  if (options.start.empty()) return base::SystemClock().Now();
  const Result<base::SystemTime> start = base::ParseRfc3339(options.start);
  if (!start.ok()) throw CLI::ValidationError("--start", start.error().message);
  if (*start >= kLatestStart) throw CLI::ValidationError("--start", options.start + " is after the year 2199");
  return *start;
}

void CheckOptions(const RotateOptions& options, const CLI::App& command) {
  CheckKeySetOptions(options.key_set);
  if (options.check && options.key_set.empty()) {
    throw CLI::ValidationError("--check", "needs the published key set: --jwks FILE|URL or --issuer URL");
  }
  if (options.key_set.jwks == "-" && options.token_file == "-") {
    throw CLI::ValidationError("--token", "standard input (-) is already used for the key set");
  }
  if (!options.publish_directory.empty() && options.key_set.issuer.empty()) {
    throw CLI::ValidationError("--publish-dir", "needs --issuer");
  }
  for (const char* name : {"--jwks", "--ca-file", "--token"}) {
    if (!options.check && command.count(name) > 0) throw CLI::ValidationError(name, "is only for --check");
  }
}

void AddKeyOptions(CLI::App& command, RotateOptions& options) {
  AddOption(command, "--current FILE", options.current, "Public key (PEM) of the key that signs now")->required();
  AddOption(command, "--next FILE", options.next, "Public key (PEM) of the key that will sign")->required();
  AddOption(command, "--other FILE", options.others,
            "Another public key (PEM) that verifies tokens and stays published; may be repeated")
      ->allow_extra_args(false);
  AddOption(command, "--key-dir DIR", options.key_directory,
            "Directory of the key files on the control plane nodes, for kube-apiserver's flags (default: "
            "the paths as given)");
  AddOption(command, "--current-private FILE", options.current_private,
            "Path of the current private key on those nodes; irsa does not read it (default: --current with .key "
            "for .pub)");
  AddOption(command, "--next-private FILE", options.next_private,
            "Path of the next private key on those nodes; irsa does not read it (default: --next with .key for .pub)");
}

void AddTimeOptions(CLI::App& command, RotateOptions& options) {
  AddOption(command, "--start TIME", options.start, "When the new key is published (RFC 3339; default: now)");
  AddDurationOption(command, "--rollout", options.rollout,
                    "Time until every kube-apiserver runs with the changed flags", kRotationTimes);
  AddDurationOption(command, "--cache-lifetime", options.cache_lifetime,
                    "Time until no cache (STS, CDNs, other verifiers) holds the previous key set", kRotationTimes);
  AddDurationOption(command, "--token-lifetime", options.token_lifetime,
                    "Longest lifetime of a token: the highest token-expiration in use", kTokenLifetimes);
}

void AddCheckOptions(CLI::App& command, RotateOptions& options) {
  command.add_flag("--check", options.check,
                   "Report which step a cluster has reached, from --jwks or --issuer and, if given, --token; exit "
                   "status 1 when something is wrong");
  AddKeySetOptions(command, options.key_set, "Issuer of the cluster; with --check, its published key set is fetched");
  AddOption(command, "--token FILE", options.token_file,
            "File with a token that the cluster has just issued, to see which key signs; - is standard input")
      ->check(CheckTokenPath);
}

}  // namespace

void AddRotate(CLI::App& issuer, std::function<int()>& run) {
  const auto options = std::make_shared<RotateOptions>();
  CLI::App* command = issuer.add_subcommand(
      "rotate", "Plan the replacement of the key that signs tokens, or report which step a cluster has reached");
  command->footer(
      "Prints the steps, each with its earliest time. Changes nothing.\n\n"
      "Examples:\n"
      "  irsa issuer rotate --current sa.pub --next sa-new.pub\n"
      "  kubectl create token default >token\n"
      "  irsa issuer rotate --current sa.pub --next sa-new.pub --check \\\n"
      "    --issuer https://oidc.example.com --token token");
  command->option_defaults()->group("Keys");
  AddKeyOptions(*command, *options);
  command->option_defaults()->group("Times");
  AddTimeOptions(*command, *options);
  command->option_defaults()->group("Check");
  AddCheckOptions(*command, *options);
  command->option_defaults()->group("Output");
  AddOption(*command, "--publish-dir DIR", options->publish_directory,
            "Print the irsa issuer publish commands that publish the keys in DIR");
  AddOutputOption(*command, options->output, {"text", "json"}, "What to print");
  command->callback([options, command, &run] {
    CheckOptions(*options, *command);
    run = [options, start = ParsedStart(*options)] { return Rotate(*options, start); };
  });
}

}  // namespace irsa::cli
