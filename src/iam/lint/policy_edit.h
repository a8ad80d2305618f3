// Changes to a statement, from which fixes are made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "irsa/iam/trust_policy.h"

namespace irsa::iam {

// A condition that is already there under the new key or operator stays as it is, and the changed one is dropped: it
// was never met as meant.
void RenameKey(Statement& statement, std::string_view old_key, const std::string& new_key);
void ChangeOperator(Statement& statement, size_t condition, const std::string& new_operator);

// Appends the value unless it is there already; whether it did.
bool AddNew(std::vector<std::string>& values, std::string value);

// Puts `replacements` in place of one value; what is there already is not repeated.
void ReplaceValue(std::vector<std::string>& values, const std::string& value,
                  const std::vector<std::string>& replacements);

// StringEquals with that one value, instead of other values under StringEquals.
void Require(Statement& statement, const std::string& key, const std::string& value);

void RemoveKey(Statement& statement, std::string_view key);

// "StringLike" for "StringEquals" and the like, with the same prefix and suffix.
std::string LikeOperator(const ConditionOperator& op);
// "ForAllValues:StringEquals" to "StringEquals"; IfExists stays.
std::string WithoutQuantifier(const ConditionOperator& op);

// Whether the statement lets in all but the values of the condition: an Allow with a negated operator, a Deny without.
bool Excludes(const Statement& statement, const Condition& condition);

// Whether the condition names values that it wants: a string operator that is not negated.
bool NamesValues(const ConditionOperator& op);
bool ComparesStrings(const ConditionOperator& op);

}  // namespace irsa::iam
