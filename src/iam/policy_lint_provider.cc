#include <algorithm>

#include "irsa/base/ascii.h"
#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/web_identity.h"

#include "policy_lint_checks.h"

namespace irsa::iam {
namespace {

using base::EqualsIgnoringCase;
using base::Quoted;

std::vector<std::string> SplitHost(std::string_view host) {
  std::vector<std::string> labels(1);
  for (const char c : host) c == '.' ? void(labels.emplace_back()) : labels.back().push_back(c);
  return labels;
}

// The issuer with its host's labels put right where it is oidc.<region>.eks…; else empty.
std::string WithEksHostCorrected(std::string_view issuer) {
  const std::string_view host = IssuerHost(issuer);
  std::vector<std::string> labels = SplitHost(host);
  if (labels.size() < 5 || labels[0] != "oidc" || labels[2] != "eks" || labels[3] != "amazonaws") return {};
  std::swap(labels[1], labels[2]);
  std::string corrected;
  for (const std::string& label : labels) corrected.append(corrected.empty() ? "" : ".").append(label);
  return corrected.append(WithoutScheme(issuer).substr(host.size()));
}

bool HasPort(std::string_view issuer) { return IssuerHost(issuer).find(':') != std::string_view::npos; }

std::string WithoutPort(std::string_view issuer) {
  const std::string_view host = IssuerHost(issuer);
  return std::string(host.substr(0, host.find(':'))).append(WithoutScheme(issuer).substr(host.size()));
}

// Port and order of labels: slips that an ARN and a condition key have alike. `where` is what the issuer is part of,
// `rewrite` makes the same with another issuer.
template <typename Rewrite>
bool CheckIssuerText(size_t number, std::string_view where, std::string_view issuer, Rewrite rewrite,
                     std::vector<Finding>& findings) {
  if (HasPort(issuer)) {
    findings.push_back({"port", Severity::kError, number,
                        std::string(where) + " has an issuer with a port, which IAM does not support",
                        "serve the issuer on port 443 and write " + Quoted(rewrite(WithoutPort(issuer)))});
    return false;
  }
  if (const std::string corrected = WithEksHostCorrected(issuer); !corrected.empty()) {
    findings.push_back({"eks-host", Severity::kError, number,
                        std::string(where) + " has the host " + Quoted(IssuerHost(issuer)) +
                            ", but EKS names its issuers oidc.eks.<region>",
                        "write " + Quoted(rewrite(corrected))});
    return false;
  }
  return true;
}

std::string OrPlaceholder(const std::string& text, std::string_view placeholder) {
  return text.empty() ? std::string(placeholder) : text;
}

// The ARN that should stand where `federated` does, as far as that is known.
std::string RightArn(std::string_view federated, const LintContext& context) {
  constexpr std::string_view kResource = "oidc-provider/";
  const size_t resource = federated.find(kResource);
  std::string_view issuer = federated.substr(resource == std::string_view::npos ? 0 : resource + kResource.size());
  if (!context.issuer.empty()) issuer = context.issuer;
  if (issuer.starts_with("arn:") || issuer == "*") issuer = "<issuer>";
  return ProviderArn(OrPlaceholder(context.partition, "aws"), OrPlaceholder(context.account, "<account>"), issuer);
}

void CheckArnFields(size_t number, const std::string& where, const Arn& arn, const LintContext& context,
                    std::vector<Finding>& findings) {
  Arn right = arn;
  if (!context.account.empty()) right.account = context.account;
  if (!context.partition.empty()) right.partition = context.partition;
  const std::string fix = "write " + Quoted(ProviderArn(right.partition, right.account, ProviderIssuer(where)));
  const std::string name = "the provider's ARN " + Quoted(where);
  if (arn.account != right.account) {
    findings.push_back({"account", Severity::kError, number,
                        name + " is of account " + arn.account + ", the role of " + right.account +
                            "; STS looks for the provider in the role's account",
                        fix});
  }
  if (arn.partition != right.partition) {
    findings.push_back({"partition", Severity::kError, number,
                        name + " is of partition " + arn.partition + ", the role of " + right.partition, fix});
  }
}

void CheckFederated(size_t number, const std::string& federated, const LintContext& context,
                    std::vector<Finding>& findings) {
  const std::string issuer = ProviderIssuer(federated);
  const base::Result<Arn> arn = ParseArn(federated);
  if (issuer.empty() || !arn.ok() || !IsAccountId(arn->account) || issuer.find("://") != std::string::npos) {
    findings.push_back({"provider", Severity::kError, number,
                        "Principal.Federated " + Quoted(federated) + " is not the ARN of an OIDC provider",
                        "write " + Quoted(RightArn(federated, context))});
    return;
  }
  CheckArnFields(number, federated, *arn, context, findings);
  const auto rewrite = [&](const std::string& right) { return ProviderArn(arn->partition, arn->account, right); };
  const std::string where = "the provider's ARN " + Quoted(federated);
  if (!CheckIssuerText(number, where, issuer, rewrite, findings)) return;
  if (!context.issuer.empty() && issuer != WithoutScheme(context.issuer)) {
    findings.push_back({"issuer", Severity::kError, number,
                        where + " is not that of the cluster's issuer " + Quoted(context.issuer),
                        "write " + Quoted(rewrite(context.issuer))});
  }
}

void CheckAction(const LintedStatement& linted, std::vector<Finding>& findings) {
  const Statement& statement = linted.statement;
  if (statement.effect == Effect::kDeny || AllowsWebIdentity(statement)) return;
  findings.push_back({"action", Severity::kError, linted.number,
                      (statement.not_action ? "NotAction has " : "Action has ") +
                          OrPlaceholder(QuotedList(statement.actions), "nothing") + ", but a token is exchanged by " +
                          std::string(kAssumeRoleWithWebIdentity),
                      "write \"Action\": \"" + std::string(kAssumeRoleWithWebIdentity) + "\""});
}

// The issuers of the statement's providers.
std::vector<std::string> IssuersOf(const Statement& statement) {
  std::vector<std::string> issuers;
  for (const std::string& federated : statement.principals.federated) {
    std::string issuer(WithoutScheme(ProviderIssuer(federated)));
    if (!issuer.empty()) issuers.push_back(std::move(issuer));
  }
  return issuers;
}

bool Has(const std::vector<std::string>& issuers, std::string_view issuer) {
  return std::any_of(issuers.begin(), issuers.end(),
                     [&](const std::string& known) { return EqualsIgnoringCase(known, issuer); });
}

void CheckKey(size_t number, const std::string& key, const std::vector<std::string>& issuers,
              std::vector<Finding>& findings) {
  const std::string written(KeyIssuer(key));
  const std::string_view claim = std::string_view(key).substr(written.size() + 1);
  const auto rewrite = [&](std::string_view right) { return ConditionKey(right, claim); };
  const std::string where = "the condition key " + Quoted(key);
  std::string_view issuer = WithoutScheme(written);
  const bool slash = issuer.ends_with('/') && !Has(issuers, issuer);
  if (slash) issuer.remove_suffix(1);
  if (written.size() != WithoutScheme(written).size()) {
    findings.push_back({"key-scheme", Severity::kError, number,
                        where + " has the issuer's scheme, so that no request has such a key",
                        "write " + Quoted(rewrite(issuer))});
  }
  if (slash) {
    findings.push_back({"key-slash", Severity::kError, number,
                        where + " has a slash before the claim, so that no request has such a key",
                        "write " + Quoted(rewrite(issuer))});
  }
  if (!CheckIssuerText(number, where, issuer, rewrite, findings)) return;
  if (!issuers.empty() && !Has(issuers, issuer)) {
    findings.push_back({"key-issuer", Severity::kError, number,
                        where + " is not of the statement's provider, whose issuer is " + QuotedList(issuers),
                        "write " + Quoted(rewrite(issuers.front()))});
  }
}

}  // namespace

std::string_view KeyIssuer(std::string_view key) {
  const std::string_view prefix = key.substr(0, key.rfind(':'));
  return prefix.find_first_of("./") == std::string_view::npos ? std::string_view() : prefix;
}

void CheckProvider(const LintedStatement& linted, const LintContext& context, std::vector<Finding>& findings) {
  const Principals& principals = linted.statement.principals;
  if (principals.anyone && linted.statement.effect == Effect::kAllow) {
    findings.push_back({"provider", Severity::kError, linted.number,
                        "the principal is *: the users of every provider may assume the role",
                        R"(write "Principal": {"Federated": )" + Quoted(RightArn("*", context)) + "}"});
  }
  for (const std::string& federated : principals.federated) {
    CheckFederated(linted.number, federated, context, findings);
  }
  CheckAction(linted, findings);
}

void CheckConditionKeys(const LintedStatement& linted, std::vector<Finding>& findings) {
  const std::vector<std::string> issuers = IssuersOf(linted.statement);
  std::vector<std::string> checked;
  for (const Condition& condition : linted.statement.conditions) {
    if (KeyIssuer(condition.key).empty() || std::count(checked.begin(), checked.end(), condition.key) > 0) continue;
    CheckKey(linted.number, condition.key, issuers, findings);
    checked.push_back(condition.key);
  }
}

}  // namespace irsa::iam
