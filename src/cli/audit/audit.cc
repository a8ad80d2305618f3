#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/audit/cluster_audit.h"
#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/program.h"
#include "irsa/base/text.h"
#include "irsa/kube/config/exec_plugin.h"
#include "irsa/serve/cluster_connection.h"
#include "irsa/telemetry/stderr_log.h"

#include "audit_report.h"
#include "cli/options/cluster_options.h"
#include "cli/options/command.h"
#include "cli/options/command_line.h"
#include "cli/options/mutation_options.h"
#include "cli/options/option_types.h"
#include "cli/output/progress.h"
#include "cli/output/standard_streams.h"
#include "installed_webhook.h"

namespace irsa::cli {
namespace {

using audit::Area;

constexpr const char* kAudit = "irsa audit";

struct AuditCommand {
  kube::ClusterOptions cluster;
  std::string namespace_name;
  std::string deployment_namespace = "irsa-system";
  std::string deployment_name = "irsa";
  std::vector<std::string> client_ids;
  std::vector<std::string> only;
  std::string output = "table";
  bool quiet = false;
  identity::Settings settings;
  // Which of the settings were given, and so win over the Deployment's.
  const CLI::App* given = nullptr;
};

// What was given on the command line over what the cluster says.
identity::Settings Merged(const AuditCommand& command, identity::Settings settings) {
  CLI::App flags;
  AddMutationOptions(flags, settings);
  std::vector<std::string> given;
  for (const CLI::Option* flag : flags.get_options()) {
    const CLI::Option* said = command.given->get_option_no_throw(flag->get_name());
    if (said == nullptr) continue;
    for (const std::string& value : said->results()) given.push_back(flag->get_name() + "=" + value);
  }
  ParseArguments(flags, given);  // they were parsed before, so that none is wrong
  return settings;
}

std::set<Area> AreasOf(const std::vector<std::string>& names) {
  std::set<Area> areas;
  for (const Area area : audit::kAllAreas) {
    const bool is_named = std::ranges::find(names, audit::AreaName(area)) != names.end();
    if (names.empty() || is_named) areas.insert(area);
  }
  return areas;
}

int RunAudit(const AuditCommand& command) {
  const base::DiskFileReader files;
  const base::SystemClock clock;
  telemetry::StderrLog log(base::LogLevel::kWarning, telemetry::LogFormat::kText);
  auto config = FindCommandsCluster(
      command.cluster, [](const char* name) { return std::getenv(name); }, files);
  if (!config.ok()) return Fail(kAudit, config.error());
  const auto fail = [cluster = *config](const Error& error) { return Fail(kAudit, WithCluster(error, cluster)); };
  auto progress = ShowProgressOf(*config, "irsa audit: reading the cluster", command.quiet);
  const base::ProcessRunner programs;
  const kube::ExecPluginRunner exec_plugins(programs, TerminalForPlugins(StandardInput::kUnused));
  serve::ClusterConnection connection(*std::move(config), {files, clock, log, nullptr, &exec_plugins});
  if (const Status loaded = connection.Load(); !loaded.ok()) return fail(loaded.error());
  const bool is_named = command.given->count("--deployment") + command.given->count("--deployment-namespace") > 0;
  const auto installed =
      FindInstalledWebhook(connection.api(), clock, {command.deployment_namespace, command.deployment_name, is_named});
  if (!installed.ok()) return fail(installed.error());
  if (!installed->note.empty() && !command.quiet) {
    progress.reset();
    Say(kAudit, installed->note + " (--deployment and --deployment-namespace say where irsa runs)");
  }
  const auto report = audit::AuditCluster(connection.api(), clock,
                                          {.settings = Merged(command, installed->settings),
                                           .installation = installed->installation,
                                           .namespace_name = command.namespace_name,
                                           .client_ids = {command.client_ids},
                                           .areas = AreasOf(command.only)});
  progress.reset();
  if (!report.ok()) return fail(report.error());
  const std::string text = command.output == "json" ? AuditJson(*report) : AuditTable(*report);
  return PrintResult(text, report->IsClean() ? kDone : kFailed);
}

std::string CheckDeploymentName(const std::string& name) {
  return base::IsDnsSubdomain(name) ? "" : "'" + name + "' is not a valid Deployment name";
}

void AddScopeOptions(CLI::App& app, AuditCommand& command) {
  AddOption(app, "-n,--namespace NAME", command.namespace_name,
            "Check only the service accounts, pods and ReplicaSets of this namespace (default: of all namespaces)")
      ->check(CheckNamespaceName);
  std::vector<std::string> areas;
  for (const Area area : audit::kAllAreas) areas.emplace_back(audit::AreaName(area));
  AddOption(app, "--only AREAS", command.only,
            "What to check, separated by commas: " + base::Joined(areas) + " (default: all)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(areas).description(""));
  AddOption(app, "--client-id ID", command.client_ids,
            "Client id (audience) of the IAM OIDC provider; may be repeated (default: sts.amazonaws.com, and "
            "sts.amazonaws.com.cn for roles in China)")
      ->allow_extra_args(false)
      ->check(CheckNotEmpty);
  AddOption(app, "--deployment NAME", command.deployment_name,
            "Deployment of irsa: its flags are read, and the names of irsa's policies begin with its name")
      ->check(CheckDeploymentName)
      ->capture_default_str();
  AddOption(app, "--deployment-namespace NAME", command.deployment_namespace, "Namespace of that Deployment")
      ->check(CheckNamespaceName)
      ->capture_default_str();
  AddOutputOption(app, command.output, {"table", "json"}, "Output: table for people, json for programs");
  AddQuietOption(app, command.quiet);
}

}  // namespace

void AddAudit(CLI::App& app, std::function<int()>& run) {
  const auto command = std::make_shared<AuditCommand>();
  CLI::App* audit =
      app.add_subcommand("audit", "Find the pods of a cluster that should have an identity and do not, and why");
  audit->footer(
      "Checks pods, service accounts, the webhook, its certificate, the guard and the identity policy, and reports "
      "which of the webhook, guard and policy the cluster supports. Changes nothing. The exit status is 1 when "
      "something is wrong or could not be checked. docs/audit.md lists the findings and the rights that the audit "
      "needs.\n\n"
      "Examples:\n"
      "  irsa audit\n"
      "  irsa audit -n shop --only pods,service-accounts\n"
      "  irsa audit --context production -o json | jq .findings");
  AddScopeOptions(*audit, *command);
  audit->option_defaults()->group("Cluster");
  AddClusterOptions(*audit, command->cluster);
  audit->option_defaults()->group("Flags of irsa serve, if the Deployment and the policy do not have them");
  AddMutationOptions(*audit, command->settings);
  command->given = audit;
  audit->callback([command, &run] { run = [command] { return RunAudit(*command); }; });
}

}  // namespace irsa::cli
