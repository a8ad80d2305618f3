#include <algorithm>
#include <array>

#include "irsa/base/base64.h"
#include "irsa/base/text.h"
#include "irsa/iam/condition.h"

#include "condition_value.h"

namespace irsa::iam {
namespace {

using base::Quoted;

struct KnownOperator {
  std::string_view name;
  OperatorFamily family;
  bool negated = false;
  Comparison comparison = Comparison::kEqual;
};

using enum OperatorFamily;

constexpr std::array kOperators = {
    KnownOperator{"StringEquals", kString},
    KnownOperator{"StringNotEquals", kString, true},
    KnownOperator{"StringEqualsIgnoreCase", kStringIgnoringCase},
    KnownOperator{"StringNotEqualsIgnoreCase", kStringIgnoringCase, true},
    KnownOperator{"StringLike", kStringLike},
    KnownOperator{"StringNotLike", kStringLike, true},
    KnownOperator{"ArnEquals", kArn},
    KnownOperator{"ArnNotEquals", kArn, true},
    KnownOperator{"ArnLike", kArn},
    KnownOperator{"ArnNotLike", kArn, true},
    KnownOperator{"NumericEquals", kNumeric},
    KnownOperator{"NumericNotEquals", kNumeric, true},
    KnownOperator{"NumericLessThan", kNumeric, false, Comparison::kLess},
    KnownOperator{"NumericLessThanEquals", kNumeric, false, Comparison::kLessOrEqual},
    KnownOperator{"NumericGreaterThan", kNumeric, false, Comparison::kGreater},
    KnownOperator{"NumericGreaterThanEquals", kNumeric, false, Comparison::kGreaterOrEqual},
    KnownOperator{"DateEquals", kDate},
    KnownOperator{"DateNotEquals", kDate, true},
    KnownOperator{"DateLessThan", kDate, false, Comparison::kLess},
    KnownOperator{"DateLessThanEquals", kDate, false, Comparison::kLessOrEqual},
    KnownOperator{"DateGreaterThan", kDate, false, Comparison::kGreater},
    KnownOperator{"DateGreaterThanEquals", kDate, false, Comparison::kGreaterOrEqual},
    KnownOperator{"Bool", kBool},
    KnownOperator{"BinaryEquals", kBinary},
    KnownOperator{"IpAddress", kIpAddress},
    KnownOperator{"NotIpAddress", kIpAddress, true},
    KnownOperator{"Null", kNull},
};

bool Strip(std::string_view prefix, std::string_view& text) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

Error UnknownOperator(std::string_view name, std::string_view base_name) {
  std::vector<std::string_view> names;
  names.reserve(std::size(kOperators));
  for (const KnownOperator& known : kOperators) names.push_back(known.name);
  std::string message = "unknown condition operator " + Quoted(name);
  if (const std::string_view meant = base::LikelyMeant(base_name, names); !meant.empty()) {
    message.append(" (").append(meant).append("?)");
  }
  return {ErrorCode::kInvalid, std::move(message)};
}

// An ARN may come whole out of a variable, so only a text without any can be checked for its six parts.
bool IsArnPattern(std::string_view value, Variables variables) {
  constexpr auto kColons = 5;
  return (variables == Variables::kExpanded && HasVariables(value)) || std::ranges::count(value, ':') >= kColons;
}

// What the operator compares, or nothing when `value` is that.
std::string_view WantedInstead(OperatorFamily family, std::string_view value, Variables variables) {
  const auto unless = [](bool fits, std::string_view wanted) { return fits ? std::string_view() : wanted; };
  switch (family) {
    case kNumeric:
      return unless(ParseNumber(value).has_value(), "a number");
    case kDate:
      return unless(ParseDate(value).has_value(), "a date (2024-05-06T07:08:09Z) or seconds since 1970");
    case kBool:
    case kNull:
      return unless(ParseBool(value).has_value(), "true or false");
    case kBinary:
      return unless(base::DecodeBase64(value).ok(), "base64");
    case kIpAddress:
      return unless(ParseIpRange(value).has_value(), "an IP address or range");
    case kArn:
      return unless(IsArnPattern(value, variables), "an ARN (arn:partition:service:region:account:resource)");
    case kString:
    case kStringIgnoringCase:
    case kStringLike:
      break;
  }
  return {};
}

}  // namespace

Result<ConditionOperator> ParseConditionOperator(std::string_view name) {
  ConditionOperator op;
  op.name = name;
  std::string_view base_name = name;
  if (Strip("ForAnyValue:", base_name)) {
    op.quantifier = Quantifier::kForAnyValue;
  } else if (Strip("ForAllValues:", base_name)) {
    op.quantifier = Quantifier::kForAllValues;
  }
  constexpr std::string_view kIfExists = "IfExists";
  if (base_name.ends_with(kIfExists)) {
    op.if_exists = true;
    base_name.remove_suffix(kIfExists.size());
  }
  const auto* const known = std::ranges::find(kOperators, base_name, &KnownOperator::name);
  if (known == kOperators.end()) return UnknownOperator(name, base_name);
  op.family = known->family;
  op.comparison = known->comparison;
  op.negated = known->negated;
  if (op.family == kNull && op.name != known->name) {
    return Error{ErrorCode::kInvalid, "condition operator " + Quoted(name) + ": Null takes no prefix and no suffix"};
  }
  return op;
}

Status CheckConditionValue(const ConditionOperator& op, std::string_view value, Variables variables) {
  if (variables == Variables::kExpanded && HasVariables(value)) {
    if (ComparesText(op.family)) return CheckVariables(value);
    return Error{ErrorCode::kInvalid,
                 Quoted(value) + " has a policy variable, which only String and Arn operators allow"};
  }
  const std::string_view wanted = WantedInstead(op.family, value, variables);
  if (wanted.empty()) return {};
  return Error{ErrorCode::kInvalid, Quoted(value) + " is not " + std::string(wanted)};
}

}  // namespace irsa::iam
