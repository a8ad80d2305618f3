#include "policy_edit.h"

#include <algorithm>
#include <utility>

#include "irsa/base/text.h"

namespace irsa::iam {
namespace {

using base::EqualsIgnoringCase;

bool Has(const Statement& statement, std::string_view op, std::string_view key) {
  return std::ranges::any_of(statement.conditions, [&](const Condition& condition) {
    return condition.op.name == op && EqualsIgnoringCase(condition.key, key);
  });
}

}  // namespace

void RenameKey(Statement& statement, std::string_view old_key, const std::string& new_key) {
  std::vector<Condition> renamed;
  for (const Condition& condition : statement.conditions) {
    if (condition.key != old_key) {
      renamed.push_back(condition);
    } else if (!Has(statement, condition.op.name, new_key) || EqualsIgnoringCase(old_key, new_key)) {
      renamed.push_back(condition);
      renamed.back().key = new_key;
    }
  }
  statement.conditions = std::move(renamed);
}

void ChangeOperator(Statement& statement, size_t condition, const std::string& new_operator) {
  Condition& changed = statement.conditions[condition];
  Result<ConditionOperator> op = ParseConditionOperator(new_operator);
  if (!op.ok()) return;
  if (Has(statement, new_operator, changed.key)) {
    statement.conditions.erase(statement.conditions.begin() + static_cast<std::ptrdiff_t>(condition));
  } else {
    changed.op = *std::move(op);
  }
}

bool AddNew(std::vector<std::string>& values, std::string value) {
  if (std::ranges::find(values, value) != values.end()) return false;
  values.push_back(std::move(value));
  return true;
}

void ReplaceValue(std::vector<std::string>& values, const std::string& value,
                  const std::vector<std::string>& replacements) {
  for (std::string& old : std::exchange(values, {})) {
    if (old != value) {
      AddNew(values, std::move(old));
    } else {
      for (const std::string& replacement : replacements) AddNew(values, replacement);
    }
  }
}

void Require(Statement& statement, const std::string& key, const std::string& value) {
  constexpr const char* kEquals = "StringEquals";
  for (Condition& condition : statement.conditions) {
    if (condition.op.name != kEquals || !EqualsIgnoringCase(condition.key, key)) continue;
    condition.values = {value};
    return;
  }
  statement.conditions.push_back({ParseConditionOperator(kEquals).value(), key, {value}});
}

void RemoveKey(Statement& statement, std::string_view key) {
  std::erase_if(statement.conditions,
                [key](const Condition& condition) { return EqualsIgnoringCase(condition.key, key); });
}

std::string LikeOperator(const ConditionOperator& op) {
  std::string name = op.negated ? "StringNotLike" : "StringLike";
  if (const size_t colon = op.name.find(':'); colon != std::string::npos) name.insert(0, op.name.substr(0, colon + 1));
  return op.if_exists ? name + "IfExists" : name;
}

std::string WithoutQuantifier(const ConditionOperator& op) { return op.name.substr(op.name.find(':') + 1); }

bool ComparesStrings(const ConditionOperator& op) {
  return ComparesText(op.family) && op.family != OperatorFamily::kArn;
}

bool Excludes(const Statement& statement, const Condition& condition) {
  return condition.op.negated != (statement.effect == Effect::kDeny);
}

bool NamesValues(const ConditionOperator& op) { return ComparesStrings(op) && !op.negated; }

}  // namespace irsa::iam
