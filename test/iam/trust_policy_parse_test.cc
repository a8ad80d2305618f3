#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/iam/trust_policy.h"

namespace irsa::iam {
namespace {

using ::testing::HasSubstr;

// A statement that is right but for what `members` adds; members of the same name cannot be given twice.
std::string PolicyWith(const std::string& statement) {
  return R"({"Version": "2012-10-17", "Statement": )" + statement + "}";
}

std::string StatementWithCondition(const std::string& condition) {
  return R"({"Effect": "Allow", "Principal": "*", "Action": "sts:*", "Condition": )" + condition + "}";
}

TEST(ParseTrustPolicy, ReadsEveryElement) {
  const auto policy = ParseTrustPolicy(R"({
    "Version": "2012-10-17",
    "Id": "anything",
    "Statement": [
      {
        "Sid": "AllowPods",
        "Effect": "Allow",
        "Principal": {"Federated": ["arn:a", "arn:b"], "AWS": "111122223333", "Service": "ec2.amazonaws.com",
                      "CanonicalUser": ["x"]},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:Tag*"],
        "Condition": {
          "StringEquals": {"i:aud": "sts", "i:sub": ["one", "two"]},
          "NumericLessThan": {"a:n": 10, "a:m": [1.5, "2"]},
          "Bool": {"a:b": true}
        }
      },
      {"Effect": "Deny", "Principal": "*", "NotAction": "*", "Condition": {}}
    ]
  })");
  ASSERT_TRUE(policy.ok()) << policy.error().message;
  const auto op = [](const char* name) { return ParseConditionOperator(name).value(); };
  const TrustPolicy expected{Variables::kExpanded,
                             {{"AllowPods",
                               Effect::kAllow,
                               {false, {"arn:a", "arn:b"}, {"111122223333"}, {"ec2.amazonaws.com"}, {"x"}},
                               false,
                               {"sts:AssumeRoleWithWebIdentity", "sts:Tag*"},
                               {{op("Bool"), "a:b", {"true"}},
                                {op("NumericLessThan"), "a:m", {"1.5", "2"}},
                                {op("NumericLessThan"), "a:n", {"10"}},
                                {op("StringEquals"), "i:aud", {"sts"}},
                                {op("StringEquals"), "i:sub", {"one", "two"}}}},
                              {"", Effect::kDeny, {true, {}, {}, {}, {}}, true, {"*"}, {}}},
                             "anything"};
  EXPECT_EQ(*policy, expected);
}

TEST(ParseTrustPolicy, TakesOneStatementWithoutAList) {
  const auto policy = ParseTrustPolicy(PolicyWith(R"({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"})"));
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->statements,
            (std::vector<Statement>{{"", Effect::kAllow, {true, {}, {"*"}, {}, {}}, false, {"*"}, {}}}));
}

// Access Analyzer calls empty lists legal and without effect.
TEST(ParseTrustPolicy, TakesEmptyLists) {
  EXPECT_TRUE(ParseTrustPolicy(R"({"Statement": []})").ok());
  EXPECT_TRUE(ParseTrustPolicy(PolicyWith(R"({"Sid": "", "Effect": "Allow", "Principal": {}, "Action": [],
                                              "Condition": {"StringEquals": {"a:b": []}, "Bool": {}}})"))
                  .ok());
}

TEST(ParseTrustPolicy, HasVariablesOnlyInTheNewVersion) {
  const std::string statement =
      R"("Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {"StringEquals": {"a:b": "${"}}}})";
  EXPECT_EQ(ParseTrustPolicy("{" + statement)->variables, Variables::kLiteral);
  EXPECT_EQ(ParseTrustPolicy(R"({"Version": "2008-10-17", )" + statement)->variables, Variables::kLiteral);
  EXPECT_EQ(ParseTrustPolicy(R"({"Version": "2012-10-17", )" + statement).error().message,
            R"(statement 1: StringEquals on condition key "a:b": "${" has a malformed policy variable)");
}

struct Refused {
  std::string text;
  std::string message;
};

void ExpectRefused(const std::vector<Refused>& cases) {
  for (const auto& [text, message] : cases) {
    const auto policy = ParseTrustPolicy(text);
    ASSERT_FALSE(policy.ok()) << text;
    EXPECT_EQ(policy.error(), (Error{ErrorCode::kInvalid, message})) << text;
  }
}

TEST(ParseTrustPolicy, RefusesBrokenJson) {
  EXPECT_EQ(ParseTrustPolicy("{\"Version\": ").error(), (Error{ErrorCode::kMalformed, "not valid JSON at byte 13"}));
  EXPECT_EQ(ParseTrustPolicy(std::string(200, '[')).error().message, "not acceptable JSON: nested deeper than 64");
  EXPECT_EQ(ParseTrustPolicy(R"({"Statement": [], "Statement": []})").error().message,
            "not acceptable JSON: a key occurs twice in an object");
  EXPECT_EQ(ParseTrustPolicy(std::string(131073, ' ')).error().code, ErrorCode::kTooLarge);
}

TEST(ParseTrustPolicy, NamesTheFaultOfThePolicy) {
  ExpectRefused({
      {"[]", "the policy is not an object but of type array"},
      {"{}", "Statement is missing"},
      {R"({"statement": []})", R"(unknown element "statement" (Statement?))"},
      {R"({"Statement": [], "Comment": ""})", R"(unknown element "Comment")"},
      {R"({"Statement": null})", "Statement is null"},
      {R"({"Version": "2012-10-18", "Statement": []})", R"(Version "2012-10-18" is neither 2012-10-17 nor 2008-10-17)"},
      {R"({"Version": 2012, "Statement": []})", "Version is not a string but of type number"},
      {R"({"Id": 1, "Statement": []})", "Id is not a string but of type number"},
  });
}

TEST(ParseTrustPolicy, NamesTheFaultOfAStatement) {
  ExpectRefused({
      {PolicyWith("3"), "statement 1: it is not an object but of type number"},
      {PolicyWith("[null]"), "statement 1: it is not an object but of type null"},
      {PolicyWith("{}"), "statement 1: Effect is missing"},
      {PolicyWith(R"({"Sid": "a-b"})"), R"(statement 1: Sid "a-b" has characters other than letters and digits)"},
      {PolicyWith(R"({"Sid": 1})"), "statement 1: Sid is not a string but of type number"},
      {PolicyWith(R"({"Effect": "allow"})"), R"(statement 1: Effect "allow" is neither Allow nor Deny)"},
      {PolicyWith(R"({"Effect": true})"), "statement 1: Effect is not a string but of type boolean"},
      {PolicyWith(R"({"Sid": "A", "Effect": "Deny"})"), R"(statement 1 ("A"): Principal is missing)"},
      {PolicyWith(R"({"Effect": "Deny", "Principal": "*"})"), "statement 1: Action is missing"},
      {PolicyWith(R"({"Effect": "Deny", "Principal": "*", "Action": "*", "NotAction": "a:b"})"),
       "statement 1: it has both Action and NotAction"},
      {PolicyWith(R"({"Effect": "Deny", "Principal": "*", "Action": "*", "Conditions": {}})"),
       R"(statement 1: unknown element "Conditions" (Condition?))"},
      {PolicyWith(R"({"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": null})"),
       "statement 1: Condition is null"},
      {PolicyWith(R"({"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "Action": "*"})"),
       "statement 1: NotPrincipal is not allowed in a trust policy"},
      {PolicyWith(R"({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})"),
       "statement 1: Resource is not allowed in a trust policy"},
      {PolicyWith(R"({"NotResource": "*"})"), "statement 1: NotResource is not allowed in a trust policy"},
  });
}

TEST(ParseTrustPolicy, NumbersStatementsAndRefusesASidTwice) {
  const std::string fine = R"({"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "*"})";
  const std::string unnamed = R"({"Effect": "Allow", "Principal": "*", "Action": "*"})";
  EXPECT_TRUE(ParseTrustPolicy(PolicyWith("[" + unnamed + "," + unnamed + "]")).ok());
  ExpectRefused({
      {PolicyWith("[" + fine + "," + fine + "]"), R"(statement 2 ("A"): an earlier statement has the same Sid)"},
      {PolicyWith("[" + fine + ", {}]"), "statement 2: Effect is missing"},
  });
}

TEST(ParseTrustPolicy, NamesTheFaultOfAPrincipal) {
  const auto with = [](const std::string& principal) {
    return PolicyWith(R"({"Effect": "Allow", "Action": "*", "Principal": )" + principal + "}");
  };
  ExpectRefused({
      {with(R"("arn:x")"), R"(statement 1: Principal "arn:x" is neither * nor an object)"},
      {with("[]"), "statement 1: Principal is not * or an object but of type array"},
      {with(R"({"federated": "x"})"), R"(statement 1: unknown principal "federated" (Federated?))"},
      {with(R"({"Federated": {}})"),
       "statement 1: Principal.Federated is not a string or a list of strings but of type object"},
      {with(R"({"AWS": ["x", 111122223333]})"),
       "statement 1: an item of Principal.AWS is not a string but of type number"},
      {with(R"({"Federated": "arn:${aws:x}"})"),
       R"(statement 1: Principal.Federated "arn:${aws:x}" has a policy variable, which only the values of conditions may have)"},
  });
}

TEST(ParseTrustPolicy, NamesTheFaultOfAnAction) {
  const auto with = [](const std::string& element) {
    return PolicyWith(R"({"Effect": "Allow", "Principal": "*", )" + element + "}");
  };
  ExpectRefused({
      {with(R"("Action": 1)"), "statement 1: Action is not a string or a list of strings but of type number"},
      {with(R"("NotAction": [1])"), "statement 1: an item of NotAction is not a string but of type number"},
      {with(R"("Action": "AssumeRole")"), R"(statement 1: Action "AssumeRole" is not of the form service:action)"},
      {with(R"("NotAction": ["sts:*", "sts:"])"), R"(statement 1: NotAction "sts:" is not of the form service:action)"},
      {with(R"("Action": "sts:${x}")"),
       R"(statement 1: Action "sts:${x}" has a policy variable, which only the values of conditions may have)"},
  });
}

TEST(ParseTrustPolicy, NamesTheFaultOfACondition) {
  const auto with = [](const std::string& condition) { return PolicyWith(StatementWithCondition(condition)); };
  ExpectRefused({
      {with("[]"), "statement 1: Condition is not an object but of type array"},
      {with(R"({"StringEqual": {"a:b": "c"}})"),
       R"(statement 1: unknown condition operator "StringEqual" (StringEquals?))"},
      {with(R"({"StringEquals": "c"})"), "statement 1: Condition.StringEquals is not an object but of type string"},
      {with(R"({"StringEquals": {"sub": "c"}})"),
       R"(statement 1: StringEquals on condition key "sub": it is not of the form prefix:name)"},
      {with(R"({"StringEquals": {"a:b": "c", "A:B": "d"}})"),
       R"(statement 1: StringEquals on condition key "a:b": the key occurs twice, in different case)"},
      {with(R"({"StringEquals": {"a:${x}": "c"}})"),
       R"(statement 1: StringEquals on condition key "a:${x}": it has a policy variable)"},
      {with(R"({"StringEquals": {"a:b": null}})"),
       R"(statement 1: StringEquals on condition key "a:b": the value is not a string, number or boolean but of type null)"},
      {with(R"({"StringEquals": {"a:b": ["c", {}]}})"),
       R"(statement 1: StringEquals on condition key "a:b": the value is not a string, number or boolean but of type object)"},
      {with(R"({"NumericEquals": {"a:b": "ten"}})"),
       R"(statement 1: NumericEquals on condition key "a:b": "ten" is not a number)"},
  });
}

TEST(ParseTrustPolicy, EscapesWhatItQuotes) {
  EXPECT_THAT(ParseTrustPolicy(R"({"a\u001b[31m": 1})").error().message, HasSubstr(R"("a\x1b[31m")"));
}

}  // namespace
}  // namespace irsa::iam
