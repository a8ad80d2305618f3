// One test of a policy's Condition block: an operator, a key and the values it is compared with.
//
// The rules are those of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html:
// - the policy's values are alternatives; a negated operator (…Not…) wants none of them to match;
// - a key that the request does not have fails a condition, meets a negated one, and meets every one with …IfExists;
// - ForAllValues: every value of the request meets it, also when there is none; ForAnyValue: at least one value does.
//   Empty strings alone count as no value here;
// - Null wants the key absent ("true") or present ("false");
// - a value of the request that is no number, date, … where the operator compares those does not match;
// - a value of the policy that holds a policy variable without a value matches nothing: a negated operator is met by
//   it, and the other values of the list still count
//   (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
// AWS leaves open what an operator without ForAnyValue or ForAllValues does with several values of the request: here
// one that matches is enough, and a negated operator wants none to match.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/iam/policy_variable.h"
#include "irsa/iam/request_context.h"

namespace irsa::iam {

enum class Quantifier { kNone, kForAnyValue, kForAllValues };

enum class OperatorFamily {
  kString,              // exact
  kStringIgnoringCase,  // exact but for case
  kStringLike,          // * and ? are wildcards
  kArn,                 // six parts between colons, each with wildcards; ArnEquals and ArnLike are the same
  kNumeric,
  kDate,
  kBool,
  kBinary,  // the policy's value is base64 of what the request's must be
  kIpAddress,
  kNull,
};

// Whether both sides are compared as text, so that the policy's value may have variables.
constexpr bool ComparesText(OperatorFamily family) {
  return family == OperatorFamily::kString || family == OperatorFamily::kStringIgnoringCase ||
         family == OperatorFamily::kStringLike || family == OperatorFamily::kArn;
}

enum class Comparison { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };  // others for numbers and dates only

struct ConditionOperator {
  std::string name;  // as the policy has it, with prefix and suffix: "ForAnyValue:StringLikeIfExists"
  Quantifier quantifier = Quantifier::kNone;
  OperatorFamily family = OperatorFamily::kString;
  Comparison comparison = Comparison::kEqual;
  bool negated = false;
  bool if_exists = false;

  bool operator==(const ConditionOperator&) const = default;
};

// kInvalid, naming it, for an unknown operator, and for Null with a prefix or suffix.
Result<ConditionOperator> ParseConditionOperator(std::string_view name);

struct Condition {
  ConditionOperator op;
  std::string key;                  // as the policy has it
  std::vector<std::string> values;  // numbers and booleans as text

  bool operator==(const Condition&) const = default;
};

// kInvalid, naming the value, when the operator cannot compare it: no number, date, boolean, base64, address or ARN; a
// malformed policy variable, or one where the operator allows none.
Status CheckConditionValue(const ConditionOperator& op, std::string_view value, Variables variables);

// A value that has passed CheckConditionValue, for an operator that compares text. Errors are Expand's.
Result<Pattern> PatternOf(const ConditionOperator& op, std::string_view value, Variables variables,
                          const RequestContext& context);

// Why a condition is not met.
struct ConditionMismatch {
  std::string op;
  std::string key;
  std::vector<std::string> expected;  // as the policy has them
  std::vector<std::string> actual;    // none: the request does not have the key
  std::string unresolved;             // a policy variable without a value, in words; else empty

  bool operator==(const ConditionMismatch&) const = default;
};

// Whether the condition is met; its values have passed CheckConditionValue.
bool IsMet(const Condition& condition, const RequestContext& context, Variables variables);

// Nothing when the condition is met. Its values have passed CheckConditionValue.
std::optional<ConditionMismatch> FindMismatch(const Condition& condition, const RequestContext& context,
                                              Variables variables);

}  // namespace irsa::iam
