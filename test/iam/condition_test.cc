#include "irsa/iam/condition.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::iam {
namespace {

constexpr const char* kKey = "test:Key";

RequestContext ContextWith(const std::vector<std::string>& values) {
  RequestContext context;
  for (const std::string& value : values) context.keys.emplace(kKey, value);
  return context;
}

Condition ConditionOf(const std::string& op, const std::vector<std::string>& values) {
  return {ParseConditionOperator(op).value(), kKey, values};
}

bool IsMet(const std::string& op, const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  return !FindMismatch(ConditionOf(op, expected), ContextWith(actual), Variables::kExpanded);
}

struct Case {
  std::string op;
  std::vector<std::string> expected;
  std::string actual;
  bool matches;  // of the operator without a Not
};

// For the operators that have a negated twin: both are tried, and have to disagree.
void ExpectTwins(const std::vector<Case>& cases, const std::function<std::string(std::string)>& negated) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.op + " " + ::testing::PrintToString(test.expected) + " " + test.actual);
    EXPECT_EQ(IsMet(test.op, test.expected, {test.actual}), test.matches);
    EXPECT_EQ(IsMet(negated(test.op), test.expected, {test.actual}), !test.matches);
  }
}

// "StringEquals" to "StringNotEquals".
std::string WithNot(std::string op) {
  for (const std::string_view family : {"String", "Arn", "Numeric", "Date"}) {
    if (op.starts_with(family)) return op.insert(family.size(), "Not");
  }
  return "Not" + op;
}

TEST(Condition, StringOperatorsCompareTheWholeText) {
  ExpectTwins({{"StringEquals", {"Ab"}, "Ab", true},
               {"StringEquals", {"Ab"}, "ab", false},
               {"StringEquals", {"Ab"}, "Abc", false},
               {"StringEquals", {"a*"}, "ab", false},
               {"StringEquals", {"a*"}, "a*", true},
               {"StringEquals", {""}, "", true},
               {"StringEquals", {"x", "y"}, "y", true},
               {"StringEquals", {}, "y", false},
               {"StringEqualsIgnoreCase", {"Ab"}, "aB", true},
               {"StringEqualsIgnoreCase", {"Ab"}, "abc", false},
               {"StringEqualsIgnoreCase", {"a*"}, "ab", false},
               {"StringLike", {"a*"}, "abc", true},
               {"StringLike", {"a*"}, "Abc", false},
               {"StringLike", {"a?c"}, "abc", true},
               {"StringLike", {"a?c"}, "ac", false},
               {"StringLike", {"b"}, "abc", false},
               {"StringLike", {"x", "*c"}, "abc", true}},
              WithNot);
}

// The second is the documentation's example of what StringLike matches and ArnLike does not.
TEST(Condition, ArnOperatorsMatchEachOfTheSixParts) {
  for (const std::string op : {"ArnEquals", "ArnLike"}) {
    ExpectTwins({{op, {"arn:aws:iam::111122223333:role/*"}, "arn:aws:iam::111122223333:role/a:b", true},
                 {op,
                  {"arn:aws:someservice:*:111122223333:finance/*"},
                  "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
                  false},
                 {op, {"arn:aws:iam::*:role/?"}, "arn:aws:iam::111122223333:role/a", true},
                 {op, {"arn:*:iam::1:role/a"}, "arn:aws:iam::1:role/A", false},
                 {op, {"arn:aws:iam::*"}, "arn:aws:iam::1:role/a", false},
                 {op, {"*:*:*:*:*:*"}, "not an arn", false},
                 {op, {"arn:aws:s3:::b"}, "arn:aws:s3:::b", true}},
                WithNot);
  }
}

TEST(Condition, NumericOperatorsCompareValuesNotText) {
  ExpectTwins({{"NumericEquals", {"10"}, "10.0", true},
               {"NumericEquals", {"10"}, "11", false},
               {"NumericEquals", {"1", "2"}, "2", true},
               {"NumericEquals", {"10"}, "ten", false}},
              WithNot);
  EXPECT_TRUE(IsMet("NumericLessThan", {"10"}, {"9.5"}));
  EXPECT_FALSE(IsMet("NumericLessThan", {"10"}, {"10"}));
  EXPECT_TRUE(IsMet("NumericLessThanEquals", {"10"}, {"10"}));
  EXPECT_FALSE(IsMet("NumericLessThanEquals", {"10"}, {"11"}));
  EXPECT_TRUE(IsMet("NumericGreaterThan", {"9"}, {"10"}));  // as text it is not
  EXPECT_FALSE(IsMet("NumericGreaterThan", {"10"}, {"10"}));
  EXPECT_TRUE(IsMet("NumericGreaterThanEquals", {"10"}, {"10"}));
  EXPECT_FALSE(IsMet("NumericGreaterThanEquals", {"10"}, {"-10"}));
  for (const char* op :
       {"NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"}) {
    EXPECT_FALSE(IsMet(op, {"10"}, {"ten"})) << op;
    EXPECT_FALSE(IsMet(op, {"10"}, {})) << op;
  }
}

TEST(Condition, DateOperatorsCompareInstants) {
  ExpectTwins({{"DateEquals", {"2024-05-06T07:08:09Z"}, "1714979289", true},
               {"DateEquals", {"2024-05-06T09:08:09+02:00"}, "2024-05-06T07:08:09Z", true},
               {"DateEquals", {"2024-05-06"}, "2024-05-07", false},
               {"DateEquals", {"2024-05-06"}, "yesterday", false}},
              WithNot);
  EXPECT_TRUE(IsMet("DateLessThan", {"2024-05-06"}, {"2024-05-05T23:59:59Z"}));
  EXPECT_FALSE(IsMet("DateLessThan", {"2024-05-06"}, {"2024-05-06"}));
  EXPECT_TRUE(IsMet("DateLessThanEquals", {"2024-05-06"}, {"2024-05-06T00:00Z"}));
  EXPECT_FALSE(IsMet("DateLessThanEquals", {"2024-05-06"}, {"2024-05-06T00:01Z"}));
  EXPECT_TRUE(IsMet("DateGreaterThan", {"2020-01-01T00:00:01Z"}, {"2020-01-01T00:00:02Z"}));
  EXPECT_FALSE(IsMet("DateGreaterThan", {"2020-01-01T00:00:01Z"}, {"2020-01-01T00:00:01Z"}));
  EXPECT_TRUE(IsMet("DateGreaterThanEquals", {"2020-01-01"}, {"1577836800"}));
  EXPECT_FALSE(IsMet("DateGreaterThanEquals", {"2020-01-01"}, {"1577836799"}));
}

TEST(Condition, BoolIgnoresCase) {
  EXPECT_TRUE(IsMet("Bool", {"true"}, {"TRUE"}));
  EXPECT_TRUE(IsMet("Bool", {"False"}, {"false"}));
  EXPECT_FALSE(IsMet("Bool", {"true"}, {"false"}));
  EXPECT_FALSE(IsMet("Bool", {"false"}, {"0"}));
  EXPECT_FALSE(IsMet("Bool", {"false"}, {}));
  EXPECT_TRUE(IsMet("BoolIfExists", {"true"}, {}));
}

TEST(Condition, BinaryEqualsComparesTheBytesThatTheBase64StandsFor) {
  EXPECT_TRUE(IsMet("BinaryEquals", {"QmluYXJ5VmFsdWVJbkJhc2U2NA=="}, {"BinaryValueInBase64"}));
  EXPECT_FALSE(IsMet("BinaryEquals", {"QmluYXJ5VmFsdWVJbkJhc2U2NA=="}, {"QmluYXJ5VmFsdWVJbkJhc2U2NA=="}));
  EXPECT_FALSE(IsMet("BinaryEquals", {"QQ=="}, {}));
}

TEST(Condition, IpAddressComparesRanges) {
  ExpectTwins({{"IpAddress", {"203.0.113.0/24", "2001:db8::/32"}, "203.0.113.9", true},
               {"IpAddress", {"203.0.113.0/24", "2001:db8::/32"}, "2001:db8::9", true},
               {"IpAddress", {"203.0.113.0/24"}, "198.51.100.1", false},
               {"IpAddress", {"203.0.113.9"}, "203.0.113.9", true},
               {"IpAddress", {"203.0.113.9"}, "localhost", false}},
              WithNot);
  EXPECT_FALSE(IsMet("IpAddress", {"0.0.0.0/0"}, {}));
  EXPECT_TRUE(IsMet("NotIpAddress", {"0.0.0.0/0"}, {}));
}

TEST(Condition, NullAsksWhetherTheKeyIsThere) {
  EXPECT_TRUE(IsMet("Null", {"true"}, {}));
  EXPECT_FALSE(IsMet("Null", {"true"}, {"x"}));
  EXPECT_TRUE(IsMet("Null", {"FALSE"}, {"x"}));
  EXPECT_FALSE(IsMet("Null", {"false"}, {}));
  EXPECT_TRUE(IsMet("Null", {"true", "false"}, {}));
  EXPECT_FALSE(IsMet("Null", {}, {}));
}

TEST(Condition, AMissingKeyFailsAConditionAndMeetsANegatedOne) {
  for (const char* op : {"StringEquals", "StringLike", "StringEqualsIgnoreCase"}) {
    EXPECT_FALSE(IsMet(op, {"x"}, {})) << op;
    EXPECT_TRUE(IsMet(WithNot(op), {"x"}, {})) << op;
  }
  EXPECT_FALSE(IsMet("ArnLike", {"arn:aws:s3:::*"}, {}));
  EXPECT_TRUE(IsMet("ArnNotLike", {"arn:aws:s3:::*"}, {}));
  EXPECT_FALSE(IsMet("NumericEquals", {"1"}, {}));
  EXPECT_TRUE(IsMet("NumericNotEquals", {"1"}, {}));
  EXPECT_FALSE(IsMet("DateEquals", {"2024"}, {}));
  EXPECT_TRUE(IsMet("DateNotEquals", {"2024"}, {}));
}

TEST(Condition, IfExistsIsMetByAMissingKeyOnly) {
  for (const char* op : {"StringEqualsIfExists", "StringNotEqualsIfExists", "ForAnyValue:StringEqualsIfExists",
                         "ForAllValues:StringEqualsIfExists"}) {
    EXPECT_TRUE(IsMet(op, {"x"}, {})) << op;
  }
  EXPECT_TRUE(IsMet("StringEqualsIfExists", {"x"}, {"x"}));
  EXPECT_FALSE(IsMet("StringEqualsIfExists", {"x"}, {"y"}));
  EXPECT_FALSE(IsMet("StringNotEqualsIfExists", {"x"}, {"x"}));
  EXPECT_FALSE(IsMet("ForAnyValue:StringEqualsIfExists", {"x"}, {"y"}));
}

TEST(Condition, ForAllValuesWantsEveryValueOfTheRequest) {
  const std::vector<std::string> tags = {"PostDateTime", "Message", "Tags"};
  EXPECT_TRUE(IsMet("ForAllValues:StringEquals", tags, {"Tags", "Message"}));
  EXPECT_FALSE(IsMet("ForAllValues:StringEquals", tags, {"Tags", "UserName"}));
  EXPECT_TRUE(IsMet("ForAllValues:StringNotEquals", tags, {"UserName", "ID"}));
  EXPECT_FALSE(IsMet("ForAllValues:StringNotEquals", tags, {"UserName", "Tags"}));
  EXPECT_TRUE(IsMet("ForAllValues:StringLike", {"T*", "M*"}, {"Tags", "Message"}));
  EXPECT_TRUE(IsMet("ForAllValues:StringEquals", tags, {}));
  EXPECT_TRUE(IsMet("ForAllValues:StringEquals", tags, {""}));
  EXPECT_FALSE(IsMet("ForAllValues:StringEquals", tags, {"", "ID"}));
}

TEST(Condition, ForAnyValueWantsOneValueOfTheRequest) {
  const std::vector<std::string> secret = {"ID", "PostDateTime"};
  EXPECT_TRUE(IsMet("ForAnyValue:StringEquals", secret, {"UserName", "PostDateTime"}));
  EXPECT_FALSE(IsMet("ForAnyValue:StringEquals", secret, {"UserName", "Message"}));
  EXPECT_TRUE(IsMet("ForAnyValue:StringNotEquals", secret, {"ID", "Message"}));
  EXPECT_FALSE(IsMet("ForAnyValue:StringNotEquals", secret, {"ID", "PostDateTime"}));
  EXPECT_FALSE(IsMet("ForAnyValue:StringEquals", secret, {}));
  EXPECT_FALSE(IsMet("ForAnyValue:StringNotEquals", secret, {}));
  EXPECT_FALSE(IsMet("ForAnyValue:StringNotEquals", secret, {""}));
}

TEST(Condition, WithoutASetOperatorOneMatchAmongSeveralValuesCounts) {
  EXPECT_TRUE(IsMet("StringEquals", {"b"}, {"a", "b"}));
  EXPECT_FALSE(IsMet("StringEquals", {"c"}, {"a", "b"}));
  EXPECT_FALSE(IsMet("StringNotEquals", {"b"}, {"a", "b"}));
  EXPECT_TRUE(IsMet("StringNotEquals", {"c"}, {"a", "b"}));
}

TEST(Condition, KeysAreComparedWithoutRegardToCase) {
  RequestContext context;
  context.keys.emplace("TEST:kEY", "x");
  EXPECT_FALSE(FindMismatch(ConditionOf("StringEquals", {"x"}), context, Variables::kExpanded));
}

TEST(Condition, MismatchSaysWhatWasExpectedAndFound) {
  EXPECT_EQ(FindMismatch(ConditionOf("ForAnyValue:StringLikeIfExists", {"a*", "b"}), ContextWith({"x", "y"}),
                         Variables::kExpanded),
            (ConditionMismatch{"ForAnyValue:StringLikeIfExists", kKey, {"a*", "b"}, {"x", "y"}, ""}));
  EXPECT_EQ(FindMismatch(ConditionOf("Null", {"false"}), {}, Variables::kExpanded),
            (ConditionMismatch{"Null", kKey, {"false"}, {}, ""}));
}

TEST(Condition, ExpandsVariablesInTextOperators) {
  RequestContext context = ContextWith({"user/ann*"});
  context.keys.emplace("aws:username", "ann*");
  const auto is_met = [&](const char* op, const char* value, Variables variables) {
    return !FindMismatch(ConditionOf(op, {value}), context, variables);
  };
  EXPECT_TRUE(is_met("StringEquals", "user/${aws:UserName}", Variables::kExpanded));
  EXPECT_TRUE(is_met("StringLike", "?ser/${aws:username}", Variables::kExpanded));
  EXPECT_TRUE(is_met("StringEquals", "user/ann${*}", Variables::kExpanded));
  EXPECT_FALSE(is_met("StringEquals", "user/${aws:username}", Variables::kLiteral));
  EXPECT_TRUE(is_met("StringLike", "user*", Variables::kLiteral));
}

TEST(Condition, AVariableWithoutAValueIsEqualToNothing) {
  const std::string unresolved = "policy variable \"aws:username\" has no single value in the request";
  EXPECT_EQ(FindMismatch(ConditionOf("StringEquals", {"${aws:username}"}), ContextWith({"x"}), Variables::kExpanded),
            (ConditionMismatch{"StringEquals", kKey, {"${aws:username}"}, {"x"}, unresolved}));
  EXPECT_FALSE(IsMet("StringLike", {"*${aws:username}*"}, {"x"}));
  EXPECT_FALSE(IsMet("ForAllValues:StringLike", {"${aws:username}"}, {"x"}));
  EXPECT_FALSE(IsMet("ArnLike", {"arn:aws:iam::1:user/${aws:username}"}, {"arn:aws:iam::1:user/"}));
  EXPECT_TRUE(IsMet("StringEqualsIfExists", {"${aws:username}"}, {}));
}

TEST(Condition, ANegatedOperatorIsMetByAVariableWithoutAValue) {
  EXPECT_TRUE(IsMet("StringNotEquals", {"a-${aws:username}"}, {"x"}));
  EXPECT_TRUE(IsMet("StringNotLike", {"*${aws:username}*"}, {"x"}));
  EXPECT_TRUE(IsMet("ForAnyValue:StringNotEquals", {"${aws:username}"}, {"x"}));
  EXPECT_TRUE(IsMet("ArnNotLike", {"arn:aws:iam::1:user/${aws:username}"}, {"arn:aws:iam::1:user/"}));
}

TEST(Condition, ValuesBesideAVariableWithoutAValueStillCount) {
  EXPECT_TRUE(IsMet("StringEquals", {"${aws:username}", "x"}, {"x"}));
  EXPECT_TRUE(IsMet("ForAllValues:StringLike", {"x*", "${aws:username}"}, {"x", "xy"}));
  EXPECT_FALSE(IsMet("StringNotEquals", {"${aws:username}", "x"}, {"x"}));
}

TEST(ParseConditionOperator, ReadsPrefixAndSuffix) {
  EXPECT_EQ(ParseConditionOperator("ForAllValues:NumericLessThanEqualsIfExists").value(),
            (ConditionOperator{"ForAllValues:NumericLessThanEqualsIfExists", Quantifier::kForAllValues,
                               OperatorFamily::kNumeric, Comparison::kLessOrEqual, false, true}));
  EXPECT_EQ(
      ParseConditionOperator("ArnNotEquals").value(),
      (ConditionOperator{"ArnNotEquals", Quantifier::kNone, OperatorFamily::kArn, Comparison::kEqual, true, false}));
}

TEST(ParseConditionOperator, NamesWhatItDoesNotKnow) {
  const std::pair<const char*, const char*> cases[] = {
      {"StringMatches", "unknown condition operator \"StringMatches\""},
      {"StringEqual", "unknown condition operator \"StringEqual\" (StringEquals?)"},
      {"stringlike", "unknown condition operator \"stringlike\" (StringLike?)"},
      {"ForAnyValue:Stringlike", "unknown condition operator \"ForAnyValue:Stringlike\" (StringLike?)"},
      {"ForSomeValues:StringLike", "unknown condition operator \"ForSomeValues:StringLike\""},
      {"IfExists", "unknown condition operator \"IfExists\""},
      {"", "unknown condition operator \"\""},
      {"NullIfExists", "condition operator \"NullIfExists\": Null takes no prefix and no suffix"},
      {"ForAnyValue:Null", "condition operator \"ForAnyValue:Null\": Null takes no prefix and no suffix"},
  };
  for (const auto& [name, message] : cases) {
    EXPECT_EQ(ParseConditionOperator(name).error(), (Error{ErrorCode::kInvalid, message}));
  }
}

std::string Fault(const char* op, const char* value, Variables variables = Variables::kExpanded) {
  const Status status = CheckConditionValue(ParseConditionOperator(op).value(), value, variables);
  return status.ok() ? "" : status.error().message;
}

TEST(CheckConditionValue, NamesTheValueThatCannotBeCompared) {
  EXPECT_EQ(Fault("NumericEquals", "ten"), "\"ten\" is not a number");
  EXPECT_EQ(Fault("DateLessThan", "soon"), "\"soon\" is not a date (2024-05-06T07:08:09Z) or seconds since 1970");
  EXPECT_EQ(Fault("Bool", "yes"), "\"yes\" is not true or false");
  EXPECT_EQ(Fault("Null", "x"), "\"x\" is not true or false");
  EXPECT_EQ(Fault("BinaryEquals", "?"), "\"?\" is not base64");
  EXPECT_EQ(Fault("IpAddress", "here"), "\"here\" is not an IP address or range");
  EXPECT_EQ(Fault("ArnLike", "*"), "\"*\" is not an ARN (arn:partition:service:region:account:resource)");
  EXPECT_EQ(Fault("StringLike", "${aws:username"), "\"${aws:username\" has a malformed policy variable");
  EXPECT_EQ(Fault("NumericEquals", "${a:b}"),
            "\"${a:b}\" has a policy variable, which only String and Arn operators allow");
}

TEST(CheckConditionValue, AcceptsWhatTheOperatorCompares) {
  const std::pair<const char*, const char*> cases[] = {{"NumericEquals", "-1.5"},
                                                       {"DateLessThan", "2024"},
                                                       {"Bool", "TRUE"},
                                                       {"Null", "false"},
                                                       {"BinaryEquals", "QQ=="},
                                                       {"NotIpAddress", "10.0.0.0/8"},
                                                       {"ArnLike", "arn:*:*:*:*:*"},
                                                       {"ArnLike", "${a:b}"},
                                                       {"StringLike", "${a:b, 'c'}"},
                                                       {"StringEquals", ""}};
  for (const auto& [op, value] : cases) EXPECT_EQ(Fault(op, value), "") << op;
  EXPECT_EQ(Fault("StringLike", "${aws:username", Variables::kLiteral), "");
}

}  // namespace
}  // namespace irsa::iam
