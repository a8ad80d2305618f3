// A parsed trust policy, written; see trust_policy.h.
#include <nlohmann/json.hpp>

#include "irsa/iam/trust_policy.h"

namespace irsa::iam {
namespace {

using OrderedJson = nlohmann::ordered_json;

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

}  // namespace

std::string WritePolicy(const TrustPolicy& policy) {
  OrderedJson json;
  json["Version"] = policy.variables == Variables::kExpanded ? "2012-10-17" : "2008-10-17";
  if (!policy.id.empty()) json["Id"] = policy.id;
  json["Statement"] = OrderedJson::array();
  for (const Statement& statement : policy.statements) json["Statement"].push_back(ToJson(statement));
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace irsa::iam
