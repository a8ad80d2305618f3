#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/program.h"
#include "irsa/base/time_text.h"
#include "irsa/kube/config/exec_plugin.h"
#include "irsa/serve/cluster_connection.h"
#include "irsa/sts/assume_role_check.h"
#include "irsa/telemetry/stderr_log.h"

#include "cli/options/cluster_options.h"
#include "cli/options/command.h"
#include "cli/options/token_file.h"
#include "cli/output/standard_streams.h"
#include "explain_options.h"
#include "explain_report.h"
#include "live_account.h"
#include "provider_registry.h"

namespace irsa::cli {
namespace {

constexpr const char* kExplain = "irsa explain";

// For all requests to the apiserver together.
constexpr std::chrono::seconds kClusterTimeout{10};

// Whose token it is, and what is known of its cluster.
struct Caller {
  LiveAccount account;
  std::optional<ClusterIssuer> cluster;
};

Result<Caller> ReadFileCaller(const ExplainOptions& options) {
  Result<std::string> token = ReadTokenText(options.token_file);
  if (!token.ok()) return std::move(token).error();
  return Caller{{*std::move(token), options.role_arn, {}}, std::nullopt};
}

Result<Caller> AskCluster(const ExplainOptions& options, kube::ApiServer& server, base::SteadyTime deadline) {
  auto live = ReadLiveAccount(server, {options.namespace_name, options.service_account}, options.role_arn,
                              options.settings, deadline);
  if (!live.ok()) return std::move(live).error();
  Caller caller{*std::move(live), std::nullopt};
  if (!options.key_set.empty() || !options.provider_file.empty()) return caller;
  auto issuer = ReadClusterIssuer(server, deadline);
  if (!issuer.ok()) return std::move(issuer).error();
  caller.cluster = *std::move(issuer);
  return caller;
}

Result<Caller> ReadLiveCaller(const ExplainOptions& options) {
  const base::DiskFileReader files;
  const base::SystemClock clock;
  telemetry::StderrLog log(base::LogLevel::kWarning, telemetry::LogFormat::kText);
  auto config = FindCommandsCluster(
      options.cluster, [](const char* name) { return std::getenv(name); }, files);
  if (!config.ok()) return std::move(config).error();
  const kube::ClusterConfig cluster = *config;
  const auto progress = ShowProgressOf(cluster, "irsa explain: asking the cluster", options.quiet);
  const bool reads_input = options.trust_policy_file == "-" || options.key_set.jwks == "-";
  const base::ProcessRunner programs;
  const kube::ExecPluginRunner exec_plugins(
      programs, TerminalForPlugins(reads_input ? StandardInput::kRead : StandardInput::kUnused));
  serve::ClusterConnection connection(*std::move(config), {files, clock, log, nullptr, &exec_plugins});
  if (Status status = connection.Load(); !status.ok()) return std::move(status).error();
  auto caller = AskCluster(options, connection.api(), clock.SteadyNow() + kClusterTimeout);
  if (!caller.ok()) return WithCluster(std::move(caller).error(), cluster);
  return caller;
}

int Explain(const ExplainOptions& options) {
  const Result<Caller> caller = options.IsLive() ? ReadLiveCaller(options) : ReadFileCaller(options);
  if (!caller.ok()) return Fail(kExplain, caller.error());
  const auto note = [&options](const std::vector<std::string>& notices) {
    for (const std::string& notice : notices) {
      if (!options.quiet) Say(kExplain, notice);
    }
  };
  const auto& [given_token, role_arn, notices] = caller->account;
  note(notices);
  Result<oidc::Jwt> token = oidc::ParseJwt(given_token);
  if (const std::string instead = WhatIsNoToken(given_token); !token.ok() && !instead.empty()) {
    token = Error{ErrorCode::kMalformed, instead};
  }
  const oidc::Jwt* readable = token.ok() ? &*token : nullptr;
  const Result<Registry> registry =
      MakeRegistry(options, readable, role_arn, caller->cluster ? &*caller->cluster : nullptr);
  if (!registry.ok()) return Fail(kExplain, registry.error());
  note(registry->notices);

  sts::RoleRequest request{role_arn, registry->trust_policy ? &*registry->trust_policy : nullptr};
  request.lint_policy = true;
  request.facts.secure_transport = true;  // STS is there over TLS only
  for (const std::string& text : options.condition_keys) {
    const size_t equals = text.find('=');
    request.condition_keys[text.substr(0, equals)] = text.substr(equals + 1);
  }
  const base::SystemTime now = options.at.empty() ? base::SystemClock().Now() : *base::ParseRfc3339(options.at);
  const sts::AssumeRoleReport report = sts::CheckAssumeRole(token, request, registry->providers, registry->keys, now);
  const std::string text =
      options.output == "json" ? ExplainJson(report) : ExplainText(report, {readable, role_arn, now});
  return PrintResult(text) && report.Allowed() ? kDone : kFailed;
}

}  // namespace

void AddExplain(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App* command =
      app.add_subcommand("explain", "Explain why STS refuses, or would refuse, a service account's token for a role");
  command->footer(
      "Runs the six checks of AssumeRoleWithWebIdentity without calling AWS. For each check that fails, it prints the "
      "error that STS returns and the fix. The exit status is 1 when STS would refuse the role.\n\n"
      "Examples:\n"
      "  # A service account of the current context's cluster\n"
      "  aws iam get-role --role-name cart >role.json\n"
      "  irsa explain -n shop --service-account cart --trust-policy role.json\n"
      "  # A token from a pod\n"
      "  irsa explain --token token --role-arn arn:aws:iam::111122223333:role/cart \\\n"
      "    --trust-policy role.json --issuer https://oidc.example.com");
  AddExplainOptions(*command, *options);
  command->callback([options, command, &run] {
    CheckExplainOptions(*options, *command);
    run = [options] { return Explain(*options); };
  });
}

}  // namespace irsa::cli
