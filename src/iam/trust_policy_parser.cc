#include <algorithm>
#include <array>
#include <set>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/iam/trust_policy.h"

namespace irsa::iam {
namespace {

using base::IsAlphanumeric;
using base::Json;
using base::Quoted;
using base::WrongType;

Error Invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }

Error Unknown(std::string_view what, std::string_view name, const std::vector<std::string_view>& known) {
  std::string message = "unknown " + std::string(what) + " " + Quoted(name);
  if (const std::string_view meant = base::LikelyMeant(name, known); !meant.empty()) {
    message.append(" (").append(meant).append("?)");
  }
  return Invalid(std::move(message));
}

// Refuses members that are not in `known`; `where` is "the policy" or the like.
Status CheckElements(const Json& object, std::string_view where, const std::vector<std::string_view>& known) {
  if (!object.is_object()) return WrongType(where, "an object", object);
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) == known.end()) return Unknown("element", name, known);
    if (value.is_null()) return Invalid(name + " is null");
  }
  return {};
}

// A string, or a list of them; an empty list is allowed.
Result<std::vector<std::string>> ReadStrings(const Json& json, std::string_view element) {
  if (json.is_string()) return std::vector{json.get<std::string>()};
  if (!json.is_array()) return WrongType(element, "a string or a list of strings", json);
  std::vector<std::string> strings;
  for (const Json& item : json) {
    if (!item.is_string()) return WrongType("an item of " + std::string(element), "a string", item);
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

Status RefuseVariables(const std::vector<std::string>& texts, std::string_view element, Variables variables) {
  for (const std::string& text : texts) {
    if (variables == Variables::kExpanded && HasVariables(text)) {
      return Invalid(std::string(element) + " " + Quoted(text) +
                     " has a policy variable, which only the values of conditions may have");
    }
  }
  return {};
}

Result<Variables> ReadVersion(const Json& policy) {
  const Json* version = base::FindMember(policy, "Version");
  if (version == nullptr) return Variables::kLiteral;  // 2008-10-17 is the default
  if (!version->is_string()) return WrongType("Version", "a string", *version);
  if (*version == "2012-10-17") return Variables::kExpanded;
  if (*version == "2008-10-17") return Variables::kLiteral;
  return Invalid("Version " + Quoted(version->get<std::string>()) + " is neither 2012-10-17 nor 2008-10-17");
}

Result<Principals> ReadPrincipals(const Json& json, Variables variables) {
  Principals principals;
  if (json.is_string()) {
    if (json != "*") return Invalid("Principal " + Quoted(json.get<std::string>()) + " is neither * nor an object");
    principals.anyone = true;
    return principals;
  }
  if (!json.is_object()) return WrongType("Principal", "* or an object", json);
  for (const auto& [kind, names] : json.items()) {
    std::vector<std::string>* target = kind == "Federated"       ? &principals.federated
                                       : kind == "AWS"           ? &principals.aws
                                       : kind == "Service"       ? &principals.service
                                       : kind == "CanonicalUser" ? &principals.canonical_user
                                                                 : nullptr;
    if (target == nullptr) return Unknown("principal", kind, {"Federated", "AWS", "Service", "CanonicalUser"});
    const std::string element = "Principal." + kind;
    Result<std::vector<std::string>> read = ReadStrings(names, element);
    if (!read.ok()) return std::move(read).error();
    if (Status status = RefuseVariables(*read, element, variables); !status.ok()) return std::move(status).error();
    *target = *std::move(read);
  }
  principals.anyone = std::ranges::find(principals.aws, "*") != principals.aws.end();
  return principals;
}

Result<std::string> ReadConditionValue(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_boolean() || json.is_number()) return json.dump();
  return WrongType("the value", "a string, number or boolean", json);
}

Result<Condition> ReadCondition(const ConditionOperator& op, const std::string& key, const Json& json,
                                Variables variables) {
  if (key.find(':') == std::string::npos) return Invalid("it is not of the form prefix:name");
  if (variables == Variables::kExpanded && HasVariables(key)) return Invalid("it has a policy variable");
  Condition condition{op, key, {}};
  const Json list = json.is_array() ? json : Json::array({json});
  for (const Json& item : list) {
    Result<std::string> value = ReadConditionValue(item);
    if (!value.ok()) return std::move(value).error();
    if (Status status = CheckConditionValue(op, *value, variables); !status.ok()) return std::move(status).error();
    condition.values.push_back(*std::move(value));
  }
  return condition;
}

// The tests of one operator, one for each key.
Status ReadOperator(const std::string& name, const Json& keys, Variables variables,
                    std::vector<Condition>& conditions) {
  const Result<ConditionOperator> op = ParseConditionOperator(name);
  if (!op.ok()) return op.error();
  if (!keys.is_object()) return WrongType("Condition." + name, "an object", keys);
  std::set<std::string, KeyLess> seen;
  for (const auto& [key, values] : keys.items()) {
    const std::string where = name + " on condition key " + Quoted(key);
    if (!seen.insert(key).second) return Invalid(where + ": the key occurs twice, in different case");
    Result<Condition> condition = ReadCondition(*op, key, values, variables);
    if (!condition.ok()) return WithContext(std::move(condition).error(), where);
    conditions.push_back(*std::move(condition));
  }
  return {};
}

Result<std::vector<Condition>> ReadConditions(const Json& json, Variables variables) {
  std::vector<Condition> conditions;
  if (!json.is_object()) return WrongType("Condition", "an object", json);
  for (const auto& [name, keys] : json.items()) {
    if (Status status = ReadOperator(name, keys, variables, conditions); !status.ok()) return std::move(status).error();
  }
  return conditions;
}

Status ReadSid(const Json& json, std::string& sid) {
  if (!json.is_string()) return WrongType("Sid", "a string", json);
  sid = json.get<std::string>();
  if (std::ranges::all_of(sid, IsAlphanumeric)) return {};
  return Invalid("Sid " + Quoted(sid) + " has characters other than letters and digits");
}

Status ReadEffect(const Json& json, Effect& effect) {
  if (!json.is_string()) return WrongType("Effect", "a string", json);
  if (json != "Allow" && json != "Deny") {
    return Invalid("Effect " + Quoted(json.get<std::string>()) + " is neither Allow nor Deny");
  }
  effect = json == "Allow" ? Effect::kAllow : Effect::kDeny;
  return {};
}

// Elements of the language that IAM refuses in a trust policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
Status RefuseForeignElements(const Json& json) {
  for (const std::string_view element : {"Resource", "NotResource", "NotPrincipal"}) {
    if (json.is_object() && json.contains(element)) {
      return Invalid(std::string(element) + " is not allowed in a trust policy");
    }
  }
  return {};
}

Status ReadActions(const Json& json, Variables variables, Statement& statement) {
  const Json* action = base::FindMember(json, "Action");
  const Json* not_action = base::FindMember(json, "NotAction");
  if (action != nullptr && not_action != nullptr) return Invalid("it has both Action and NotAction");
  if (action == nullptr && not_action == nullptr) return Invalid("Action is missing");
  statement.not_action = not_action != nullptr;
  const std::string element = statement.not_action ? "NotAction" : "Action";
  Result<std::vector<std::string>> actions = ReadStrings(statement.not_action ? *not_action : *action, element);
  if (!actions.ok()) return std::move(actions).error();
  if (Status status = RefuseVariables(*actions, element, variables); !status.ok()) return status;
  for (const std::string& name : *actions) {
    const size_t colon = name.find(':');
    if (name != "*" && (colon == std::string::npos || colon == 0 || colon + 1 == name.size())) {
      return Invalid(element + " " + Quoted(name) + " is not of the form service:action");
    }
  }
  statement.actions = *std::move(actions);
  return {};
}

// Everything but the Sid.
Status ReadStatement(const Json& json, Variables variables, Statement& statement) {
  if (Status status = RefuseForeignElements(json); !status.ok()) return status;
  Status known = CheckElements(json, "it", {"Sid", "Effect", "Principal", "Action", "NotAction", "Condition"});
  if (!known.ok()) return known;
  const Json* effect = base::FindMember(json, "Effect");
  if (effect == nullptr) return Invalid("Effect is missing");
  if (Status status = ReadEffect(*effect, statement.effect); !status.ok()) return status;
  const Json* principal = base::FindMember(json, "Principal");
  if (principal == nullptr) return Invalid("Principal is missing");
  Result<Principals> principals = ReadPrincipals(*principal, variables);
  if (!principals.ok()) return std::move(principals).error();
  statement.principals = *std::move(principals);
  if (Status status = ReadActions(json, variables, statement); !status.ok()) return status;
  if (const Json* condition = base::FindMember(json, "Condition"); condition != nullptr) {
    Result<std::vector<Condition>> conditions = ReadConditions(*condition, variables);
    if (!conditions.ok()) return std::move(conditions).error();
    statement.conditions = *std::move(conditions);
  }
  return {};
}

Result<std::vector<Statement>> ReadStatements(const Json& json, Variables variables) {
  const Json list = json.is_array() ? json : Json::array({json});
  std::vector<Statement> statements;
  std::set<std::string> sids;
  for (const Json& item : list) {
    Statement statement;
    const size_t number = statements.size() + 1;
    // First, so that every other error can name it.
    if (const Json* sid = base::FindMember(item, "Sid"); sid != nullptr) {
      Status status = ReadSid(*sid, statement.sid);
      if (!status.ok()) return WithContext(std::move(status).error(), StatementName(number, ""));
    }
    const std::string name = StatementName(number, statement.sid);
    if (Status status = ReadStatement(item, variables, statement); !status.ok()) {
      return WithContext(std::move(status).error(), name);
    }
    if (!statement.sid.empty() && !sids.insert(statement.sid).second) {
      return Invalid(name + ": an earlier statement has the same Sid");
    }
    statements.push_back(std::move(statement));
  }
  return statements;
}

}  // namespace

std::string StatementName(size_t number, std::string_view sid) {
  std::string name = "statement " + std::to_string(number);
  if (!sid.empty()) name.append(" (").append(Quoted(sid)).append(")");
  return name;
}

Result<TrustPolicy> ParseTrustPolicy(std::string_view text) {
  const Result<Json> json = base::ReadJson(text, {.max_bytes = kMaxPolicyBytes});
  if (!json.ok()) return json.error();
  if (Status status = CheckElements(*json, "the policy", {"Version", "Id", "Statement"}); !status.ok()) {
    return std::move(status).error();
  }
  const Result<Variables> variables = ReadVersion(*json);
  if (!variables.ok()) return variables.error();
  const Json* id = base::FindMember(*json, "Id");
  if (id != nullptr && !id->is_string()) return WrongType("Id", "a string", *id);
  const Json* statement = base::FindMember(*json, "Statement");
  if (statement == nullptr) return Invalid("Statement is missing");
  Result<std::vector<Statement>> statements = ReadStatements(*statement, *variables);
  if (!statements.ok()) return std::move(statements).error();
  return TrustPolicy{*variables, *std::move(statements), id == nullptr ? std::string() : id->get<std::string>()};
}

}  // namespace irsa::iam
