#include "irsa/iam/condition.h"

#include <algorithm>

#include "irsa/base/base64.h"

#include "condition_value.h"

namespace irsa::iam {
namespace {

constexpr size_t kArnParts = 6;

template <typename Value>
bool Holds(Comparison comparison, const Value& actual, const Value& expected) {
  switch (comparison) {
    case Comparison::kEqual:
      return actual == expected;
    case Comparison::kLess:
      return actual < expected;
    case Comparison::kLessOrEqual:
      return actual <= expected;
    case Comparison::kGreater:
      return actual > expected;
    case Comparison::kGreaterOrEqual:
      break;
  }
  return actual >= expected;
}

// False unless both could be read.
template <typename Value>
bool BothHold(Comparison comparison, const std::optional<Value>& actual, const std::optional<Value>& expected) {
  return actual && expected && Holds(comparison, *actual, *expected);
}

bool ArnMatches(const Pattern& pattern, std::string_view arn) {
  const std::vector<Pattern> parts = pattern.Split(':', kArnParts);
  if (parts.size() != kArnParts) return false;
  for (size_t i = 0; i + 1 < kArnParts; ++i) {
    const size_t colon = arn.find(':');
    if (colon == std::string_view::npos || !parts[i].Matches(arn.substr(0, colon))) return false;
    arn.remove_prefix(colon + 1);
  }
  return parts.back().Matches(arn);
}

bool IpMatches(std::string_view actual, std::string_view expected) {
  const std::optional<IpRange> range = ParseIpRange(expected);
  const std::optional<IpRange> address = ParseIpRange(actual);
  return range && address && Contains(*range, *address);
}

bool BinaryMatches(std::string_view actual, std::string_view expected) {
  const Result<std::string> bytes = base::DecodeBase64(expected);
  return bytes.ok() && *bytes == actual;
}

// Patterns of the policy's values, for the operators that compare text.
bool TextMatches(OperatorFamily family, const Pattern& pattern, std::string_view actual) {
  if (family == OperatorFamily::kArn) return ArnMatches(pattern, actual);
  return family == OperatorFamily::kStringIgnoringCase ? pattern.MatchesIgnoringCase(actual) : pattern.Matches(actual);
}

bool ValueMatches(const ConditionOperator& op, std::string_view actual, std::string_view expected) {
  switch (op.family) {
    case OperatorFamily::kNumeric:
      return BothHold(op.comparison, ParseNumber(actual), ParseNumber(expected));
    case OperatorFamily::kDate:
      return BothHold(op.comparison, ParseDate(actual), ParseDate(expected));
    case OperatorFamily::kBool:
      return BothHold(op.comparison, ParseBool(actual), ParseBool(expected));
    case OperatorFamily::kBinary:
      return BinaryMatches(actual, expected);
    case OperatorFamily::kIpAddress:
      return IpMatches(actual, expected);
    default:
      return false;
  }
}

// The policy's values as patterns. One whose variable has no value is equal to nothing and like nothing, so it has
// none; the others still count.
struct ExpandedValues {
  std::vector<Pattern> patterns;
  std::string unresolved;  // the first variable without a value, in words; else empty
};

ExpandedValues ExpandValues(const Condition& condition, const RequestContext& context, Variables variables) {
  ExpandedValues expanded;
  if (!ComparesText(condition.op.family)) return expanded;
  for (const std::string& value : condition.values) {
    Result<Pattern> pattern = PatternOf(condition.op, value, variables, context);
    if (pattern.ok()) {
      expanded.patterns.push_back(*std::move(pattern));
    } else if (expanded.unresolved.empty()) {
      expanded.unresolved = pattern.error().message;
    }
  }
  return expanded;
}

bool ValuesMeet(const Condition& condition, const std::vector<Pattern>& patterns,
                const std::vector<std::string>& actual) {
  const ConditionOperator& op = condition.op;
  const auto matches = [&](const std::string& value) {
    return std::ranges::any_of(patterns,
                               [&](const Pattern& pattern) { return TextMatches(op.family, pattern, value); }) ||
           std::ranges::any_of(condition.values,
                               [&](const std::string& expected) { return ValueMatches(op, value, expected); });
  };
  const auto meets = [&](const std::string& value) { return matches(value) != op.negated; };
  const bool no_values = std::ranges::all_of(actual, [](const std::string& v) { return v.empty(); });
  switch (op.quantifier) {
    case Quantifier::kForAllValues:
      return no_values || std::ranges::all_of(actual, meets);
    case Quantifier::kForAnyValue:
      return !no_values && std::ranges::any_of(actual, meets);
    case Quantifier::kNone:
      break;
  }
  return std::ranges::any_of(actual, matches) != op.negated;
}

bool NullIsMet(const Condition& condition, bool absent) {
  return std::ranges::any_of(condition.values,
                             [absent](const std::string& value) { return ParseBool(value) == absent; });
}

}  // namespace

Result<Pattern> PatternOf(const ConditionOperator& op, std::string_view value, Variables variables,
                          const RequestContext& context) {
  const bool like = op.family == OperatorFamily::kStringLike || op.family == OperatorFamily::kArn;
  if (variables == Variables::kExpanded) return Expand(value, like ? Wildcards::kMatch : Wildcards::kLiteral, context);
  Pattern pattern;
  like ? pattern.AppendWildcards(value) : pattern.AppendLiteral(value);
  return pattern;
}

bool IsMet(const Condition& condition, const RequestContext& context, Variables variables) {
  const std::vector<std::string> actual = ValuesOf(context, condition.key);
  if (condition.op.family == OperatorFamily::kNull) return NullIsMet(condition, actual.empty());
  if (condition.op.if_exists && actual.empty()) return true;
  return ValuesMeet(condition, ExpandValues(condition, context, variables).patterns, actual);
}

std::optional<ConditionMismatch> FindMismatch(const Condition& condition, const RequestContext& context,
                                              Variables variables) {
  if (IsMet(condition, context, variables)) return std::nullopt;
  return ConditionMismatch{condition.op.name, condition.key, condition.values, ValuesOf(context, condition.key),
                           ExpandValues(condition, context, variables).unresolved};
}

}  // namespace irsa::iam
