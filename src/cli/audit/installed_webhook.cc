#include "installed_webhook.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "irsa/audit/facts/pod_facts.h"
#include "irsa/audit/facts/policy_facts.h"
#include "irsa/audit/facts/policy_variables.h"
#include "irsa/base/json.h"
#include "irsa/identity/rules/mount_path.h"
#include "irsa/kube/api/api_capabilities.h"
#include "irsa/kube/api/objects.h"

#include "cli/options/command_line.h"
#include "cli/options/serve_flags.h"

namespace irsa::cli {
namespace {

using base::Json;

struct CommandLine {
  audit::Process process;
  std::vector<std::string> arguments;
};

// Nothing for a container that serves nothing.
std::optional<CommandLine> ReadCommandLine(const Json& container) {
  std::vector<std::string> words;
  for (const char* key : {"command", "args"}) {
    for (const Json& word : base::ListAt(container, {key})) {
      if (word.is_string()) words.push_back(word.get<std::string>());
    }
  }
  const auto command =
      std::ranges::find_if(words, [](const std::string& word) { return word == "serve" || word == "controller"; });
  if (command == words.end()) return std::nullopt;
  return CommandLine{*command == "serve" ? audit::Process::kServe : audit::Process::kController,
                     {command + 1, words.end()}};
}

// The Secret that the container finds its certificate in; empty: none.
std::string SecretAt(const Json& pod, const Json& container, const std::string& certificate_path) {
  const std::string folder = identity::CleanMountPath(std::filesystem::path(certificate_path).parent_path().string());
  std::string_view volume_name;
  for (const Json& mount : base::ListAt(container, {"volumeMounts"})) {
    if (identity::CleanMountPath(base::TextAt(mount, {"mountPath"})) == folder) {
      volume_name = base::TextAt(mount, {"name"});
    }
  }
  if (volume_name.empty()) return {};
  for (const Json& volume : base::ListAt(pod, {"spec", "volumes"})) {
    const std::string_view secret_name = base::TextAt(volume, {"secret", "secretName"});
    if (base::TextAt(volume, {"name"}) == volume_name && !secret_name.empty()) return std::string(secret_name);
  }
  return {};
}

Result<serve::ServeOptions> ParseServe(const CommandLine& line) {
  serve::ServeOptions options;
  options.mutates_pods = line.process == audit::Process::kServe;
  CLI::App app;
  AddServeOptions(app, options);
  try {
    ParseArguments(app, line.arguments);
  } catch (const CLI::ParseError& error) {
    return Error{ErrorCode::kInvalid, std::string("its flags cannot be parsed: ") + error.what()};
  }
  options.reports_pods = options.reports_pods || !options.mutates_pods;  // irsa controller always does
  return options;
}

// Nothing where the process does not log in as the pod's service account.
std::optional<audit::ProcessDuties> DutiesOf(const Json& deployment, const Json& pod,
                                             const serve::ServeOptions& options) {
  if (!options.kubeconfig.empty()) return std::nullopt;
  return audit::ProcessDuties{
      .account = {std::string(base::TextAt(deployment, {"metadata", "namespace"})),
                  std::string(audit::ServiceAccountOf(pod))},
      .role_name = std::string(base::TextAt(deployment, {"metadata", "name"})),
      .watches_accounts = options.service_accounts_path.empty(),
      .manages_certificate = options.tls_self_managed,
      .manages_validating = options.tls_self_managed && !options.validating_configuration.empty(),
      .reports_pods = options.reports_pods};
}

audit::Installation InstallationOf(const Json& deployment, const serve::ServeOptions& options) {
  // deploy/ gives the Deployment and both configurations one name, and the policies that and a suffix.
  const std::string name(base::TextAt(deployment, {"metadata", "name"}));
  audit::Installation installation =
      audit::InstallationNamed(options.webhook_configuration.empty() ? name : options.webhook_configuration);
  installation.namespace_name = options.namespace_name.empty() ? base::TextAt(deployment, {"metadata", "namespace"})
                                                               : std::string_view(options.namespace_name);
  installation.service_name = options.service_name;
  if (!options.validating_configuration.empty()) {
    installation.validating_configuration = options.validating_configuration;
  }
  installation.watches_config_map = options.watch_config_map;
  installation.respects_env_from = options.settings.respects_env_from;
  installation.uses_default_roles = options.settings.uses_default_roles && options.service_accounts_path.empty();
  return installation;
}

// The one that is named, or else the only one there is that has irsa's label: a Helm release has its own name.
Result<Json> FindDeployment(kube::ApiServer& server, const base::Clock& clock, const DeploymentName& deployment) {
  auto named = kube::GetObject(
      server, clock, kube::ObjectPath("apis/apps/v1", deployment.namespace_name, "deployments", deployment.name));
  if (!named.FailedWith(ErrorCode::kNotFound) || deployment.is_given) return named;
  std::vector<Json> found;
  const Status listed = kube::ListObjects(
      server, clock,
      {.path = "/apis/apps/v1/deployments", .query = "labelSelector=app.kubernetes.io%2Fname%3Dirsa", .page_size = 10},
      [&found](const kube::ObjectView& object) { found.push_back(*object.json); });
  if (listed.FailedWith(ErrorCode::kUnavailable)) return listed.error();
  if (!listed.ok()) {
    return base::WithContext(listed.error(), "Deployment " + deployment.namespace_name + "/" + deployment.name +
                                                 " does not exist, and others cannot be found");
  }
  if (found.empty()) return named;
  if (found.size() == 1) return std::move(found.front());
  return Error{ErrorCode::kInvalid, "several Deployments have the label app.kubernetes.io/name=irsa"};
}

Result<InstalledWebhook> AssumeInstalled(kube::ApiServer& server, const base::Clock& clock,
                                         const DeploymentName& deployment, const Error& unread) {
  InstalledWebhook assumed{audit::InstallationNamed(deployment.name), {}, {}};
  audit::Installation& installation = assumed.installation;
  installation.namespace_name = deployment.namespace_name;
  const bool is_missing = unread.code == ErrorCode::kNotFound;
  installation.process = is_missing ? audit::Process::kNone : audit::Process::kUnknown;
  assumed.note = is_missing ? "there is no Deployment of irsa" : "irsa's flags are not known: " + unread.message;
  const std::string group = std::string(kube::kRegistrationGroup) + "/v1";
  const auto policy = kube::GetObject(
      server, clock, kube::ObjectPath(group, {}, "mutatingadmissionpolicies", installation.policy_name));
  if (policy.FailedWith(ErrorCode::kUnavailable)) return policy.error();
  if (policy.ok()) {
    assumed.settings = audit::SettingsOf(audit::ReadAdmissionPolicy(*policy).variables);
    assumed.note += "; using the settings of MutatingAdmissionPolicy " + installation.policy_name;
  } else {
    assumed.note += "; using the defaults";
  }
  return assumed;
}

}  // namespace

Result<InstalledWebhook> FindInstalledWebhook(kube::ApiServer& server, const base::Clock& clock,
                                              const DeploymentName& deployment) {
  const Result<Json> found = FindDeployment(server, clock, deployment);
  Result<InstalledWebhook> installed =
      found.ok() ? ReadInstalledWebhook(*found) : Result<InstalledWebhook>(found.error());
  if (installed.ok() || installed.FailedWith(ErrorCode::kUnavailable)) return installed;
  return AssumeInstalled(server, clock, deployment, installed.error());
}

Result<InstalledWebhook> ReadInstalledWebhook(const Json& deployment) {
  for (const Json& container : base::ListAt(deployment, {"spec", "template", "spec", "containers"})) {
    const auto line = ReadCommandLine(container);
    if (!line) continue;
    const Result<serve::ServeOptions> options = ParseServe(*line);
    if (!options.ok()) return options.error();
    const Json& pod = *base::At(deployment, {"spec", "template"});
    InstalledWebhook installed{InstallationOf(deployment, *options), options->settings, {}};
    installed.installation.process = line->process;
    installed.installation.duties = DutiesOf(deployment, pod, *options);
    installed.installation.rollout = audit::ReadRollout(deployment);
    installed.installation.pod_labels = audit::ReadLabels(pod);
    installed.installation.certificate_secret =
        options->tls_self_managed ? options->tls_secret : SecretAt(pod, container, options->certificate_path);
    return installed;
  }
  return Error{ErrorCode::kInvalid, "none of its containers runs irsa serve"};
}

}  // namespace irsa::cli
