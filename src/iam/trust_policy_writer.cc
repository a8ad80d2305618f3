#include "irsa/iam/trust_policy_writer.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/policy_text.h"
#include "irsa/iam/policy_variable.h"
#include "irsa/iam/request_context.h"
#include "irsa/iam/trust_policy.h"
#include "irsa/iam/web_identity.h"

namespace irsa::iam {
namespace {

using base::Quoted;

using OrderedJson = nlohmann::ordered_json;

Error Invalid(std::string_view what, std::string_view value, std::string_view fault) {
  return {ErrorCode::kInvalid, std::string(what) + " " + Quoted(value) + " " + std::string(fault)};
}

bool IsOnlyWildcards(std::string_view pattern) { return pattern.find_first_not_of('*') == std::string_view::npos; }

Status CheckServiceAccount(const ServiceAccountPattern& account) {
  if (!base::IsDnsLabel(WithWildcardsAs('a', account.namespace_name))) {
    return Invalid("namespace", account.namespace_name,
                   "is not a DNS label: lower-case letters, digits and inner hyphens");
  }
  if (!base::IsDnsSubdomain(WithWildcardsAs('a', account.name))) {
    return Invalid("service account", account.name,
                   "is not a DNS subdomain: lower-case letters, digits, and inner hyphens and dots");
  }
  if (IsOnlyWildcards(account.namespace_name) && IsOnlyWildcards(account.name)) {
    return Invalid("service account", account.namespace_name + "/" + account.name,
                   "matches every service account of the cluster: name a namespace");
  }
  return {};
}

bool IsPrintable(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// IAM's own layout has a string where a list has one item.
OrderedJson StringOrList(const std::vector<std::string>& values) {
  return values.size() == 1 ? OrderedJson(values.front()) : OrderedJson(values);
}

OrderedJson ToJson(const Principals& principals) {
  const auto groups = {std::pair("Federated", &principals.federated), std::pair("AWS", &principals.aws),
                       std::pair("Service", &principals.service),
                       std::pair("CanonicalUser", &principals.canonical_user)};
  OrderedJson json = OrderedJson::object();
  for (const auto& [kind, names] : groups) {
    if (!names->empty()) json[kind] = StringOrList(*names);
  }
  return principals.anyone && json.empty() ? OrderedJson("*") : json;
}

OrderedJson ToJson(const Statement& statement) {
  OrderedJson json;
  if (!statement.sid.empty()) json["Sid"] = statement.sid;
  json["Effect"] = statement.effect == Effect::kAllow ? "Allow" : "Deny";
  json["Principal"] = ToJson(statement.principals);
  json[statement.not_action ? "NotAction" : "Action"] = StringOrList(statement.actions);
  for (const Condition& condition : statement.conditions) {
    json["Condition"][condition.op.name][condition.key] = StringOrList(condition.values);
  }
  return json;
}

OrderedJson TrustPolicyJson(const RolePlan& plan) {
  OrderedJson condition;
  condition["StringEquals"][ConditionKey(plan.issuer, "aud")] = plan.audience;
  condition[SubjectOperator(plan)][ConditionKey(plan.issuer, "sub")] = StringOrList(SubjectsOf(plan));
  OrderedJson statement;
  statement["Effect"] = "Allow";
  statement["Principal"]["Federated"] = ProviderArn(plan.partition, plan.account, plan.issuer);
  statement["Action"] = kAssumeRoleWithWebIdentity;
  statement["Condition"] = std::move(condition);
  OrderedJson policy;
  policy["Version"] = "2012-10-17";
  policy["Statement"] = OrderedJson::array({std::move(statement)});
  return policy;
}

}  // namespace

// A parsed trust policy, written; see trust_policy.h.
std::string WritePolicy(const TrustPolicy& policy) {
  OrderedJson json;
  json["Version"] = policy.variables == Variables::kExpanded ? "2012-10-17" : "2008-10-17";
  if (!policy.id.empty()) json["Id"] = policy.id;
  json["Statement"] = OrderedJson::array();
  for (const Statement& statement : policy.statements) json["Statement"].push_back(ToJson(statement));
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

Status CheckRolePlan(const RolePlan& plan) {
  if (Status issuer = CheckIssuer(plan.issuer); !issuer.ok()) return issuer;
  if (!IsAccountId(plan.account)) return Invalid("account", plan.account, "is not 12 digits");
  if (!IsPartitionName(plan.partition)) {
    return Invalid("partition", plan.partition, "is not an AWS partition: aws, aws-cn, aws-us-gov, …");
  }
  if (!IsPrintable(plan.audience) || plan.audience.size() > kMaxClientIdBytes) {
    return Invalid("audience", plan.audience, "is not 1 to 255 printable ASCII characters");
  }
  if (HasWildcards(plan.audience)) return Invalid("audience", plan.audience, "has a wildcard");
  if (HasVariables(plan.audience)) {
    return Invalid("audience", plan.audience, "has a policy variable");
  }
  if (plan.service_accounts.empty()) return Error{ErrorCode::kInvalid, "no service account is given"};
  for (const ServiceAccountPattern& account : plan.service_accounts) {
    if (Status status = CheckServiceAccount(account); !status.ok()) return status;
  }
  if (!plan.role_name.empty() && !IsRoleName(plan.role_name)) {
    return Invalid("role name", plan.role_name, "is not 1 to 64 letters, digits and characters of _+=,.@-");
  }
  if (!base::IsDnsSubdomain(plan.annotation_prefix)) {
    return Invalid("annotation prefix", plan.annotation_prefix, "is not a DNS subdomain");
  }
  return {};
}

bool IsPattern(const ServiceAccountPattern& account) {
  return HasWildcards(account.namespace_name) || HasWildcards(account.name);
}

std::vector<std::string> SubjectsOf(const RolePlan& plan) {
  std::vector<std::string> subjects;
  for (const auto& [namespace_name, name] : plan.service_accounts) {
    subjects.push_back(ServiceAccountSubject(namespace_name, name));
  }
  return subjects;
}

const char* SubjectOperator(const RolePlan& plan) {
  return std::ranges::any_of(plan.service_accounts, IsPattern) ? "StringLike" : "StringEquals";
}

std::string WriteTrustPolicy(const RolePlan& plan) { return TrustPolicyJson(plan).dump(2) + "\n"; }

std::string RoleArn(const RolePlan& plan) {
  return "arn:" + plan.partition + ":iam::" + plan.account + ":role/" + plan.role_name;
}

std::string WritePlanJson(const RolePlan& plan) {
  OrderedJson json;
  json["provider"]["arn"] = ProviderArn(plan.partition, plan.account, plan.issuer);
  json["provider"]["url"] = plan.issuer;
  json["provider"]["clientIds"] = OrderedJson::array({plan.audience});
  json["role"]["arn"] = RoleArn(plan);
  json["role"]["name"] = plan.role_name;
  json["trustPolicy"] = TrustPolicyJson(plan);
  json["serviceAccounts"] = OrderedJson::array();
  for (const ServiceAccountPattern& account : plan.service_accounts) {
    OrderedJson item;
    item["namespace"] = account.namespace_name;
    item["name"] = account.name;
    json["serviceAccounts"].push_back(std::move(item));
  }
  json["annotation"][plan.annotation_prefix + "/role-arn"] = RoleArn(plan);
  return json.dump(2) + "\n";
}

}  // namespace irsa::iam
