#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "irsa/base/text.h"
#include "irsa/iam/trust_policy_writer.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/config_map_entries.h"
#include "irsa/identity/sources/namespace_pattern.h"
#include "irsa/manifest/manifest.h"
#include "irsa/serve/identity_service.h"

#include "cli/options/command.h"
#include "cli/options/mutation_options.h"
#include "cli/options/option_types.h"
#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

// Without a quote: some shells take what they are typed for a command even behind a #.
constexpr const char* kHead =
    "# The identities of the ConfigMap pod-identity-webhook, as annotations of the service accounts.\n"
    "# kubectl refuses where an account has one of the annotations: its own role wins over the ConfigMap.\n";

constexpr const char* kAnnotate = "irsa annotate";

struct AnnotateOptions {
  std::string config_map;
  std::string annotation_prefix = identity::Settings().annotation_prefix;
};

bool IsManifest(const std::vector<manifest::Document>& documents) {
  if (documents.size() != 1 || !documents.front().value.is_object()) return true;
  const manifest::Value& value = documents.front().value;
  return value.contains("kind") || value.contains("apiVersion");
}

// data.config of the one ConfigMap of that name among the objects.
Result<std::string> ConfigIn(std::vector<manifest::Document>& documents) {
  const Result<std::vector<manifest::Object>> objects = manifest::ObjectsIn(documents);
  if (!objects.ok()) return objects.error();
  const manifest::Object* config_map = nullptr;
  for (const manifest::Object& object : *objects) {
    if (object.kind != "ConfigMap" || object.name != serve::kIdentityConfigMap) continue;
    if (config_map != nullptr) {
      return Error{ErrorCode::kInvalid, "two ConfigMaps " + std::string(serve::kIdentityConfigMap) + ", at " +
                                            config_map->place + " and " + object.place +
                                            ": pass the one in irsa's namespace"};
    }
    config_map = &object;
  }
  if (config_map == nullptr)
    return Error{ErrorCode::kInvalid, "no ConfigMap " + std::string(serve::kIdentityConfigMap)};
  const auto data = config_map->value->find("data");
  if (data != config_map->value->end() && data->is_object()) {
    const auto config = data->find("config");
    if (config != data->end() && config->is_string()) return config->get<std::string>();
  }
  return Error{ErrorCode::kInvalid, "ConfigMap " + std::string(serve::kIdentityConfigMap) + " has no data.config"};
}

// Errors name the file.
Result<identity::ConfigMapDocument> ReadIdentities(const std::string& path) {
  Result<std::string> text = ReadInput(path, manifest::Limits().max_bytes);
  if (!text.ok()) return text.error();
  const std::string name = InputName(path);
  Result<std::vector<manifest::Document>> documents = manifest::ReadDocuments(*text);
  if (!documents.ok()) return base::WithContext(std::move(documents).error(), name);
  const bool is_manifest = IsManifest(*documents);
  const Result<std::string> config = is_manifest ? ConfigIn(*documents) : std::move(text);
  if (!config.ok()) return base::WithContext(config.error(), name);
  Result<identity::ConfigMapDocument> identities = identity::ParseConfigMapEntries(*config);
  if (!identities.ok()) {
    return base::WithContext(std::move(identities).error(), is_manifest ? name + ": data.config" : name);
  }
  return identities;
}

bool IsPrintable(std::string_view text) {
  while (!text.empty()) {
    const size_t length = base::PrintableLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::vector<iam::AccountAnnotation> AnnotationsOf(const identity::ConfigMapEntry& entry, const std::string& prefix) {
  std::vector<iam::AccountAnnotation> annotations;
  const auto add = [&](std::string_view name, const std::string& value) {
    annotations.push_back({prefix + "/" + std::string(name), value});
  };
  add(identity::kRoleArnAnnotation, entry.role_arn);
  if (entry.audience) add(identity::kAudienceAnnotation, *entry.audience);
  if (entry.regional_sts) add(identity::kStsRegionalEndpointsAnnotation, *entry.regional_sts ? "true" : "false");
  if (entry.token_expiration) {
    add(identity::kTokenExpirationAnnotation, std::to_string(entry.token_expiration->count()));
  }
  return annotations;
}

int Annotate(const AnnotateOptions& options) {
  const Result<identity::ConfigMapDocument> identities = ReadIdentities(options.config_map);
  if (!identities.ok()) return Fail(kAnnotate, identities.error());
  const std::string name = InputName(options.config_map);
  bool is_complete = true;
  const auto leave_out = [&](const std::string& why) {
    Say(kAnnotate, name + ": " + why);
    is_complete = false;
  };
  std::string commands;
  for (const identity::ConfigMapEntry& entry : identities->entries) {
    if (entry.role_arn.empty()) continue;  // said above
    const std::string subject = "entry " + base::Quoted(entry.key());
    for (const identity::Warning& warning : entry.warnings) Say(kAnnotate, name + ": " + warning.text);
    if (!IsPrintable(entry.role_arn) || !IsPrintable(entry.audience.value_or(""))) {
      leave_out(subject + ": a value has a control character, which is not safe in a command");
      continue;
    }
    if (identity::IsNamespacePattern(entry.namespace_name)) {
      leave_out(subject + ": an annotation cannot cover several namespaces: annotate each service account " +
                base::Quoted(entry.service_account));
    }
    commands += iam::AnnotateCommand({entry.namespace_name, entry.service_account},
                                     AnnotationsOf(entry, options.annotation_prefix));
  }
  for (const std::string& skipped : identities->skipped) leave_out(skipped);
  if (commands.empty() && is_complete) Say(kAnnotate, name + ": note: it contains no entries");
  return PrintResult(commands.empty() ? "" : kHead + commands, is_complete ? kDone : kFailed);
}

}  // namespace

void AddAnnotate(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<AnnotateOptions>();
  CLI::App* command = app.add_subcommand(
      "annotate", "Print the kubectl commands that move identities from the ConfigMap to annotations");
  command->footer(
      "The guard and the identity policy read the service account, so they do not know identities that are only in the "
      "ConfigMap pod-identity-webhook. Run the printed commands, then remove the entries from the ConfigMap. kubectl "
      "refuses a command for an account that already has one of the annotations.\n\n"
      "An entry for several namespaces (team-*/NAME, */NAME) becomes a comment. The exit status is then 1, as it is "
      "when an entry is invalid; the commands for the other entries are printed all the same.\n\n"
      "Examples:\n"
      "  kubectl get configmap pod-identity-webhook -n irsa-system -o yaml |\n"
      "    irsa annotate --config-map - | sh");
  AddOption(*command, "--config-map FILE", options->config_map,
            "The ConfigMap, as \"kubectl get configmap pod-identity-webhook -o yaml\" (or json) prints it, or the "
            "JSON of its data.config; - is standard input")
      ->required();
  AddAnnotationPrefix(*command, options->annotation_prefix);
  command->callback([options, &run] { run = [options] { return Annotate(*options); }; });
}

}  // namespace irsa::cli
