#include <algorithm>
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
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/base/url.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/web_identity.h"
#include "irsa/kube/config/exec_plugin.h"
#include "irsa/serve/cluster_connection.h"
#include "irsa/sts/assume_role_check.h"
#include "irsa/telemetry/stderr_log.h"

#include "cli/options/cluster_options.h"
#include "cli/options/command.h"
#include "cli/options/mutation_options.h"
#include "cli/options/option_types.h"
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
  const std::string instead = token.ok() ? "" : WhatIsNoToken(given_token);
  if (!instead.empty()) token = Error{ErrorCode::kMalformed, instead};
  const oidc::Jwt* readable = token.ok() ? &*token : nullptr;
  const Result<Registry> registry =
      MakeRegistry(options, readable, role_arn, caller->cluster ? &*caller->cluster : nullptr);
  if (!registry.ok()) return Fail(kExplain, registry.error());
  note(registry->notices);

  sts::RoleRequest request{role_arn, registry->trust_policy ? &*registry->trust_policy : nullptr};
  request.lint_policy = true;
  request.condition_keys["aws:SecureTransport"] = "true";  // STS is there over TLS only
  for (const std::string& text : options.condition_keys) {
    const size_t equals = text.find('=');
    request.condition_keys[text.substr(0, equals)] = text.substr(equals + 1);
  }
  const base::SystemTime now = options.at.empty() ? base::SystemClock().Now() : *base::ParseRfc3339(options.at);
  sts::AssumeRoleReport report = sts::CheckAssumeRole(token, request, registry->providers, registry->keys, now);
  if (!instead.empty()) report.wrong_token = instead;
  const std::string text =
      options.output == "json" ? ExplainJson(report) : ExplainText(report, {readable, role_arn, now});
  return PrintResult(text, report.Allowed() ? kDone : kFailed);
}

std::string CheckAccountName(const std::string& name) {
  return base::IsDnsSubdomain(name) ? "" : "'" + name + "' is not a valid service account name";
}

void AddTokenOptions(CLI::App& command, ExplainOptions& options) {
  CLI::Option* token = AddOption(command, "--token FILE", options.token_file,
                                 "File with the service account's token, which is never printed; - is standard input")
                           ->check(CheckTokenPath);
  AddOption(command, "-n,--namespace NAME", options.namespace_name,
            "Instead of --token: namespace of a service account in a cluster; irsa requests a token like the one its "
            "pods get")
      ->check(CheckNamespaceName)
      ->excludes(token);
  AddOption(command, "--service-account NAME", options.service_account, "Name of that service account")
      ->check(CheckAccountName)
      ->excludes(token);
}

void AddProviderOptions(CLI::App& command, ExplainOptions& options) {
  AddOption(command, "--role-arn ARN", options.role_arn,
            "Role to assume (default: the one in the service account's role-arn annotation)");
  AddKeySetOptions(command, options.key_set,
                   "Issuer that is registered as an OIDC provider in the role's account (default: the token's)");
  AddOption(command, "--client-id ID", options.client_ids,
            "Client id (audience) of the provider; may be repeated (default: sts.amazonaws.com)")
      ->allow_extra_args(false)
      ->check(CheckNotEmpty);
  AddOption(command, "--trust-policy FILE", options.trust_policy_file,
            "Trust policy of the role: the output of aws iam get-role, or the policy alone; - is standard input");
  CLI::Option* provider =
      AddOption(command, "--provider FILE", options.provider_file,
                "Configuration of irsa sts with providers and roles, instead of --issuer, --jwks, --client-id and "
                "--trust-policy");
  for (const char* name : {"--issuer", "--jwks", "--client-id", "--trust-policy"}) provider->excludes(name);
  AddOption(command, "--condition-key KEY=VALUE", options.condition_keys,
            "Additional condition key of the request, such as aws:SourceIp=192.0.2.1; may be repeated")
      ->allow_extra_args(false);
  AddOption(command, "--at TIME", options.at, "Time of the check (RFC 3339; default: now)");
}

void CheckStandardInput(const ExplainOptions& options) {
  const std::string* files[] = {&options.token_file, &options.key_set.jwks, &options.trust_policy_file};
  const auto readers = std::ranges::count_if(files, [](const auto* file) { return *file == "-"; });
  if (readers > 1) throw CLI::ValidationError("-", "standard input (-) can be used only once");
}

void AddOptions(CLI::App& command, ExplainOptions& options) {
  command.option_defaults()->group("Token");
  AddTokenOptions(command, options);
  AddTokenSettings(command, options.settings);
  AddComposition(command, options.settings.composition);
  command.option_defaults()->group("Role and provider");
  AddProviderOptions(command, options);
  command.option_defaults()->group("Cluster");
  AddClusterOptions(command, options.cluster);
  command.option_defaults()->group("Output");
  AddOutputOption(command, options.output, {"text", "json"}, "What to print");
  AddQuietOption(command, options.quiet);
}

// Throws what CLI11 throws when the options make no sense together.
void CheckOptions(const ExplainOptions& options, const CLI::App& command) {
  const bool names_account = !options.namespace_name.empty() && !options.service_account.empty();
  if (options.IsLive() && !names_account) {
    throw CLI::ValidationError("--token FILE is required, or --namespace and --service-account");
  }
  for (const char* name : {"--kubeconfig", "--context", "--kube-api", "--annotation-prefix", "--token-audience",
                           "--token-expiration", "--compose-role-arn", "--aws-partition", "--aws-account-id"}) {
    if (!options.IsLive() && command.count(name) > 0) {
      throw CLI::ValidationError(name, "needs --namespace and --service-account");
    }
  }
  CheckComposition(options.settings.composition);
  if (!options.IsLive() && options.role_arn.empty()) throw CLI::ValidationError("--role-arn is required with --token");
  if (options.provider_file == kStandardInput) {
    throw CLI::ValidationError("--provider", "standard input (-) is not accepted: pass a file");
  }
  if (options.provider_file.empty()) {
    if (options.trust_policy_file.empty()) throw CLI::ValidationError("--trust-policy or --provider is required");
    if (!options.IsLive() && options.key_set.empty()) {
      throw CLI::ValidationError("--jwks, --issuer or --provider is required");
    }
  }
  for (const std::string& text : options.condition_keys) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw CLI::ValidationError("--condition-key", "'" + text + "' is not KEY=VALUE");
    }
    if (iam::IsDecidedByRequest(text.substr(0, equals))) {
      throw CLI::ValidationError("--condition-key", "the token and the request say what " + text.substr(0, equals) +
                                                        " is; it cannot be given another value");
    }
    if (iam::IsAddressKey(text.substr(0, equals)) && !base::IsAddress(text.substr(equals + 1))) {
      throw CLI::ValidationError("--condition-key", "'" + text + "' is not KEY=ADDRESS: " + text.substr(0, equals) +
                                                        " is an IPv4 or IPv6 address");
    }
  }
  CheckKeySetOptions(options.key_set);
  if (!options.key_set.issuer.empty()) {
    if (const Status status = iam::CheckIssuer(options.key_set.issuer); !status.ok()) {
      throw CLI::ValidationError("--issuer", "IAM cannot register it: " + status.error().message);
    }
  }
  if (const auto time = base::ParseRfc3339(options.at); !options.at.empty() && !time.ok()) {
    throw CLI::ValidationError("--at", time.error().message);
  }
  CheckStandardInput(options);
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
  AddOptions(*command, *options);
  command->callback([options, command, &run] {
    CheckOptions(*options, *command);
    run = [options] { return Explain(*options); };
  });
}

}  // namespace irsa::cli
