#include "irsa/iam/trust_policy.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/clock.h"
#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/lint/policy_lint.h"
#include "irsa/iam/policy_text.h"
#include "irsa/iam/trust_policy_writer.h"
#include "irsa/iam/web_identity.h"

#include "cli/options/command.h"
#include "cli/options/option_types.h"
#include "cli/output/standard_streams.h"
#include "explain_report.h"

namespace irsa::cli {
namespace {

constexpr const char* kDefaultPartition = "aws";

struct Options {
  std::string issuer;
  std::string account;
  std::string partition;  // empty: not given
  std::string audience = "sts.amazonaws.com";
  std::string namespace_name;
  std::vector<std::string> service_accounts;  // NAME or NAMESPACE/NAME
  std::string role_name;
  std::string annotation_prefix = "eks.amazonaws.com";
  std::string lint_file;
  std::string output;
};

iam::ServiceAccountPattern ParseServiceAccount(const std::string& text, const std::string& namespace_name) {
  const size_t slash = text.find('/');
  if (slash != std::string::npos) return {text.substr(0, slash), text.substr(slash + 1)};
  if (namespace_name.empty()) {
    throw CLI::ValidationError("--service-account " + text + " has no namespace: use NAMESPACE/" + text +
                               " or --namespace");
  }
  return {namespace_name, text};
}

iam::LintContext LintContextOf(const Options& options) {
  iam::LintContext context{options.account, options.partition, options.issuer, options.audience};
  if (!options.service_accounts.empty()) {
    const auto [namespace_name, name] = ParseServiceAccount(options.service_accounts.front(), options.namespace_name);
    context.subject = iam::ServiceAccountSubject(namespace_name, name);
  }
  context.now = base::SystemClock().Now();
  return context;
}

int Lint(const Options& options) {
  const Result<std::string> text = ReadInput(options.lint_file, iam::kMaxPolicyBytes);
  if (!text.ok()) return Fail("irsa trust-policy", text.error());
  const iam::LintContext context = LintContextOf(options);
  const std::string subject = InputName(options.lint_file);
  if (options.output == "policy") {
    const iam::FixedPolicy fixed = iam::FixTrustPolicy(*text, context);
    for (const iam::Finding& finding : fixed.remaining) std::fputs(FindingText(subject, finding).c_str(), stderr);
    return PrintResult(fixed.text, iam::HasErrors(fixed.remaining) ? kFailed : kDone);
  }
  const std::vector<iam::Finding> findings = iam::LintTrustPolicy(*text, context);
  std::string result;
  if (options.output == "json") {
    result = JsonText({{"findings", FindingsJson(findings)}});
  } else if (findings.empty()) {
    result = subject + ": no problems found\n";
  } else {
    for (const iam::Finding& finding : findings) result += FindingText(subject, finding);
  }
  return PrintResult(result, iam::HasErrors(findings) ? kFailed : kDone);
}

// A plan that is well-formed but would not work (a policy over the quota, say) is printed all the same, with what is
// wrong on stderr.
int Write(const iam::RolePlan& plan, const std::string& output) {
  const std::string text = output == "aws-cli"     ? iam::WriteAwsCli(plan)
                           : output == "terraform" ? iam::WriteTerraform(plan)
                           : output == "json"      ? iam::WritePlanJson(plan)
                                                   : iam::WriteTrustPolicy(plan);
  const std::vector<iam::Finding> findings =
      iam::LintTrustPolicy(iam::WriteTrustPolicy(plan), {plan.account, plan.partition, plan.issuer, plan.audience});
  for (const iam::Finding& finding : findings) std::fputs(FindingText("irsa trust-policy", finding).c_str(), stderr);
  return PrintResult(text, iam::HasErrors(findings) ? kFailed : kDone);
}

// Of a single service account; several have no name in common.
std::string DefaultRoleName(const iam::RolePlan& plan) {
  if (plan.service_accounts.size() != 1) return {};
  const auto& [namespace_name, name] = plan.service_accounts.front();
  return iam::HasWildcards(namespace_name + name) ? std::string() : namespace_name + "-" + name;
}

void CheckOutput(const std::string& output, const std::vector<std::string>& possible) {
  if (output.empty() || std::ranges::find(possible, output) != possible.end()) return;
  throw CLI::ValidationError("--output " + output + ": not one of " + base::Joined(possible));
}

// As given, each service account once.
iam::RolePlan GivenPlan(const Options& options) {
  iam::RolePlan plan{options.issuer,
                     options.account,
                     options.partition.empty() ? kDefaultPartition : options.partition,
                     options.audience,
                     {},
                     options.role_name,
                     options.annotation_prefix};
  for (const std::string& text : options.service_accounts) {
    iam::ServiceAccountPattern account = ParseServiceAccount(text, options.namespace_name);
    auto& known = plan.service_accounts;
    if (std::ranges::find(known, account) == known.end()) known.push_back(std::move(account));
  }
  return plan;
}

// What is wrong with the arguments is thrown as CLI11 throws it, so that it is reported alike.
void CheckPlan(const iam::RolePlan& plan) {
  if (Status status = iam::CheckRolePlan(plan); !status.ok()) throw CLI::ValidationError(status.error().message);
}

void CheckLintContext(const Options& options) {
  iam::RolePlan plan = GivenPlan(options);
  if (plan.service_accounts.size() > 1) {
    throw CLI::ValidationError(
        "--service-account: --lint accepts only one, the service account that should get the role");
  }
  if (plan.service_accounts.empty()) {
    if (!options.namespace_name.empty()) throw CLI::ValidationError("--namespace", "needs --service-account");
    plan.service_accounts = {{"default", "default"}};
  } else if (iam::IsPattern(plan.service_accounts.front())) {
    throw CLI::ValidationError("--service-account",
                               "--lint accepts no wildcard: name the service account that should "
                               "get the role");
  }
  // The check wants a whole plan. What --lint is not told gets a value that passes.
  if (plan.issuer.empty()) plan.issuer = "https://oidc.example.com";
  if (plan.account.empty()) plan.account = "111122223333";
  CheckPlan(plan);
}

iam::RolePlan PlanOf(const Options& options) {
  if (options.issuer.empty() || options.account.empty() || options.service_accounts.empty()) {
    throw CLI::ValidationError("--issuer, --account and --service-account are required, or --lint FILE");
  }
  iam::RolePlan plan = GivenPlan(options);
  CheckPlan(plan);
  const bool prints_role = !options.output.empty() && options.output != "policy";
  if (!prints_role || !plan.role_name.empty()) return plan;
  plan.role_name = DefaultRoleName(plan);
  if (plan.role_name.empty()) {
    throw CLI::ValidationError("--role-name is required with --output " + options.output +
                               " for several service accounts or a wildcard");
  }
  if (!iam::IsRoleName(plan.role_name)) {
    throw CLI::ValidationError("the role's default name, " + base::Quoted(plan.role_name) +
                               ", is longer than 64 characters: pass --role-name");
  }
  return plan;
}

void AddOptions(CLI::App& command, Options& options) {
  AddOption(command, "--issuer URL", options.issuer, "URL of the cluster's OIDC issuer")->check(CheckNotEmpty);
  AddOption(command, "--account ID", options.account, "AWS account of the role, 12 digits")->check(CheckNotEmpty);
  AddOption(command, "--partition NAME", options.partition, "Partition of the account: aws, aws-cn, aws-us-gov, ...")
      ->check(CheckNotEmpty)
      ->default_str(kDefaultPartition);
  AddOption(command, "--audience NAME", options.audience,
            "Audience of the cluster's tokens, and client id of the provider")
      ->capture_default_str();
  CLI::Option* lint = AddOption(command, "--lint FILE", options.lint_file,
                                "Check the trust policy in FILE (- is standard input; the output of aws iam "
                                "get-role, or the policy alone) instead of printing one; it is checked against "
                                "--account, --partition, --issuer, --audience and --service-account where given")
                          ->check(CheckNotEmpty);
  AddOption(command, "-n,--namespace NAME", options.namespace_name, "Namespace of the service accounts")
      ->check(CheckNotEmpty);
  AddOption(command, "--service-account NAME", options.service_accounts,
            "NAME, in --namespace, or NAMESPACE/NAME; * and ? are wildcards; may be repeated. With --lint: the "
            "service account that should get the role")
      ->allow_extra_args(false);
  AddOption(command, "--role-name NAME", options.role_name,
            "Name of the role; for one service account the default is NAMESPACE-NAME")
      ->excludes(lint);
  AddOption(command, "--annotation-prefix NAME", options.annotation_prefix,
            "Prefix of the service account's annotation")
      ->capture_default_str()
      ->excludes(lint);
  AddOption(command, "-o,--output FORMAT:{policy,aws-cli,terraform,json,text}", options.output,
            "policy (the trust policy alone), aws-cli (commands for aws and kubectl), terraform or json; with "
            "--lint: text (the default), json or policy (with all fixes applied)")
      ->default_str("policy");
}

}  // namespace

void AddTrustPolicy(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand(
      "trust-policy", "Print the IAM trust policy and the commands for a service account's role, or check a policy");
  const auto options = std::make_shared<Options>();
  command->footer(
      "Examples:\n"
      "  irsa trust-policy --issuer https://oidc.example.com --account 111122223333 \\\n"
      "    -n shop --service-account cart -o aws-cli\n"
      "  aws iam get-role --role-name cart | irsa trust-policy --lint - \\\n"
      "    -n shop --service-account cart");
  AddOptions(*command, *options);
  command->callback([options, &run] {
    if (!options->lint_file.empty()) {
      CheckOutput(options->output, {"text", "json", "policy"});
      CheckLintContext(*options);
      run = [options] { return Lint(*options); };
    } else {
      CheckOutput(options->output, {"policy", "aws-cli", "terraform", "json"});
      run = [plan = PlanOf(*options), output = options->output] { return Write(plan, output); };
    }
  });
}

}  // namespace irsa::cli
