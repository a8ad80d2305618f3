#include "irsa/cli/installed_webhook.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "irsa/cli/serve_options.h"
#include "irsa/kube/object_view.h"

namespace irsa::cli {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;
using base::Result;

const Json* MemberOf(const Json* object, std::string_view key) {
  return object == nullptr ? nullptr : base::FindMember(*object, key);
}

std::vector<std::string> Texts(const Json* list) {
  std::vector<std::string> texts;
  if (list == nullptr || !list->is_array()) return texts;
  for (const Json& item : *list) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

struct CommandLine {
  bool has_webhook;  // irsa serve
  std::vector<std::string> arguments;
};

// Nothing for a container that serves nothing.
std::optional<CommandLine> ReadCommandLine(const Json& container) {
  std::vector<std::string> words = Texts(base::FindMember(container, "command"));
  for (std::string& word : Texts(base::FindMember(container, "args"))) words.push_back(std::move(word));
  const auto command = std::find_if(words.begin(), words.end(),
                                    [](const std::string& word) { return word == "serve" || word == "controller"; });
  if (command == words.end()) return std::nullopt;
  return CommandLine{*command == "serve", {command + 1, words.end()}};
}

// The Secret that the container finds its certificate in; empty: none.
std::string SecretAt(const Json& pod_spec, const Json& container, const std::string& certificate_path) {
  const std::string folder = std::filesystem::path(certificate_path).parent_path().string();
  std::string volume_name;
  const Json* mounts = base::FindMember(container, "volumeMounts");
  for (const Json& mount : mounts != nullptr && mounts->is_array() ? *mounts : Json::array()) {
    const auto path = base::StringMember(mount, "mountPath");
    const auto name = base::StringMember(mount, "name");
    if (path.ok() && name.ok() && std::filesystem::path(*path) == folder) volume_name = *name;
  }
  const Json* volumes = base::FindMember(pod_spec, "volumes");
  for (const Json& volume : volumes != nullptr && volumes->is_array() ? *volumes : Json::array()) {
    const auto name = base::StringMember(volume, "name");
    const Json* secret = base::FindMember(volume, "secret");
    if (!name.ok() || *name != volume_name || secret == nullptr) continue;
    const auto secret_name = base::StringMember(*secret, "secretName");
    if (secret_name.ok()) return *secret_name;
  }
  return {};
}

Result<ServeOptions> ParseServe(std::vector<std::string> arguments) {
  ServeOptions options;
  CLI::App app;
  AddServeOptions(app, options);
  std::reverse(arguments.begin(), arguments.end());  // the parser takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return Error{ErrorCode::kInvalid, std::string("its flags cannot be understood: ") + error.what()};
  }
  return options;
}

audit::Installation InstallationOf(const Json& deployment, const ServeOptions& options) {
  audit::Installation installation;
  installation.namespace_name = options.namespace_name.empty() ? kube::MetadataText(deployment, "namespace")
                                                               : std::string_view(options.namespace_name);
  installation.service_name = options.service_name;
  if (!options.webhook_configuration.empty()) installation.mutating_configuration = options.webhook_configuration;
  // deploy/ gives both configurations one name, and the guard that and a suffix.
  installation.validating_configuration =
      options.validating_configuration.empty() ? installation.mutating_configuration : options.validating_configuration;
  installation.guard_name = installation.mutating_configuration + "-guard";
  installation.seen_name = installation.mutating_configuration + "-record-seen";
  installation.policy_name = installation.mutating_configuration + "-identity";
  installation.keeps_record = options.identity_record;
  installation.watches_config_map = options.watch_config_map;
  return installation;
}

}  // namespace

Result<InstalledWebhook> ReadInstalledWebhook(const Json& deployment) {
  const Json* pod = MemberOf(MemberOf(&deployment, "spec"), "template");
  const Json* spec = MemberOf(pod, "spec");
  const Json* containers = MemberOf(spec, "containers");
  for (const Json& container : containers != nullptr && containers->is_array() ? *containers : Json::array()) {
    auto line = ReadCommandLine(container);
    if (!line) continue;
    const Result<ServeOptions> options = ParseServe(std::move(line->arguments));
    if (!options.ok()) return options.error();
    InstalledWebhook installed{InstallationOf(deployment, *options), options->settings};
    installed.installation.has_webhook = line->has_webhook;
    installed.installation.keeps_record |= !line->has_webhook;  // what irsa controller is for
    installed.installation.pod_labels = audit::ReadLabels(*pod);
    installed.installation.certificate_secret =
        options->tls_self_managed ? options->tls_secret : SecretAt(*spec, container, options->certificate_path);
    return installed;
  }
  return Error{ErrorCode::kInvalid, "none of its containers runs irsa serve"};
}

}  // namespace irsa::cli
