#include "explain_options.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/web_identity.h"

#include "cli/options/mutation_options.h"
#include "cli/options/option_types.h"
#include "cli/options/token_file.h"

namespace irsa::cli {
namespace {

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
      ->allow_extra_args(false);
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

}  // namespace

void AddExplainOptions(CLI::App& command, ExplainOptions& options) {
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

void CheckExplainOptions(const ExplainOptions& options, const CLI::App& command) {
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

}  // namespace irsa::cli
