// irsa trust-policy, run as a program.
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/iam/trust_policy_writer.h"

#include "test/testing/process.h"
#include "test/testing/temporary_directory.h"

namespace irsa {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

testing::ProcessResult TrustPolicy(const std::vector<std::string>& arguments, std::string_view stdin_text = {}) {
  std::vector<std::string> command = {IRSA_BINARY, "trust-policy"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return testing::RunProcess(command, stdin_text);
}

const std::vector<std::string> kCart = {"--issuer",          "https://oidc.example.test/id/ABC",
                                        "--account",         "111122223333",
                                        "--namespace",       "shop",
                                        "--service-account", "cart"};

std::vector<std::string> CartAnd(const std::vector<std::string>& more) {
  std::vector<std::string> arguments = kCart;
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

iam::RolePlan CartPlan() {
  iam::RolePlan plan;
  plan.issuer = "https://oidc.example.test/id/ABC";
  plan.account = "111122223333";
  plan.service_accounts = {{"shop", "cart"}};
  plan.role_name = "shop-cart";
  return plan;
}

constexpr const char* kWildcardPolicy = R"({"Version": "2012-10-17", "Statement": {
  "Effect": "Allow",
  "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/i.test"},
  "Action": "sts:AssumeRoleWithWebIdentity",
  "Condition": {"StringEquals": {"i.test:sub": "system:serviceaccount:shop:*", "i.test:aud": "sts.amazonaws.com"}}}})";

constexpr const char* kNoAudiencePolicy = R"({"Version": "2012-10-17", "Statement": {
  "Effect": "Allow",
  "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/i.test"},
  "Action": "sts:AssumeRoleWithWebIdentity",
  "Condition": {"StringEquals": {"i.test:sub": "system:serviceaccount:shop:cart"}}}})";

TEST(TrustPolicyCommand, PrintsThePolicyByDefault) {
  const testing::ProcessResult expected{0, iam::WriteTrustPolicy(CartPlan()), ""};
  EXPECT_EQ(TrustPolicy(kCart), expected);
  EXPECT_EQ(TrustPolicy(CartAnd({"-o", "policy"})), expected);
}

TEST(TrustPolicyCommand, PrintsTheOtherFormats) {
  EXPECT_EQ(TrustPolicy(CartAnd({"-o", "aws-cli"})), (testing::ProcessResult{0, iam::WriteAwsCli(CartPlan()), ""}));
  EXPECT_EQ(TrustPolicy(CartAnd({"-o", "terraform"})),
            (testing::ProcessResult{0, iam::WriteTerraform(CartPlan()), ""}));
  EXPECT_EQ(TrustPolicy(CartAnd({"-o", "json"})), (testing::ProcessResult{0, iam::WritePlanJson(CartPlan()), ""}));
}

TEST(TrustPolicyCommand, TakesEveryOption) {
  iam::RolePlan plan = CartPlan();
  plan.partition = "aws-cn";
  plan.audience = "my-audience";
  plan.annotation_prefix = "example.test";
  plan.role_name = "reader";
  plan.service_accounts = {{"shop", "cart"}, {"bank", "till-*"}};
  EXPECT_EQ(
      TrustPolicy(CartAnd({"--partition", "aws-cn", "--audience", "my-audience", "--annotation-prefix", "example.test",
                           "--role-name", "reader", "--service-account", "bank/till-*", "-o", "aws-cli"})),
      (testing::ProcessResult{0, iam::WriteAwsCli(plan), ""}));
}

TEST(TrustPolicyCommand, SaysWhatWillNotWorkInWhatItPrints) {
  iam::RolePlan plan = CartPlan();
  plan.service_accounts = {{"*", "cart"}};
  EXPECT_EQ(TrustPolicy({"--issuer", plan.issuer, "--account", plan.account, "--service-account", "*/cart"}),
            (testing::ProcessResult{0, iam::WriteTrustPolicy(plan),
                                    "irsa trust-policy: statement 1: warning: \"system:serviceaccount:*:cart\" for "
                                    "\"oidc.example.test/id/ABC:sub\" matches in every namespace: anyone who can "
                                    "create a service account in any namespace can "
                                    "assume the role [any-namespace]\n"
                                    "  fix: name the namespace: \"system:serviceaccount:<namespace>:cart\"\n"}));
  const auto misspelt = TrustPolicy({"--issuer", "https://oidc.eu-west-1.eks.amazonaws.com/id/ABC", "--account",
                                     plan.account, "--service-account", "shop/cart"});
  EXPECT_EQ(misspelt.exit_status, 1);
  EXPECT_THAT(misspelt.out, StartsWith("{\n  \"Version\""));
  EXPECT_THAT(misspelt.err, HasSubstr("[eks-host]"));
}

TEST(TrustPolicyCommand, NeedsNoRoleNameWhereItPrintsNone) {
  const std::string longest(63, 'a');
  const std::vector<std::string> arguments = {"--issuer", "https://i.test",    "--account", "111122223333", "-n",
                                              longest,    "--service-account", "cart",      "--output"};
  const auto with = [&arguments](std::vector<std::string> more) {
    more.insert(more.begin(), arguments.begin(), arguments.end());
    return TrustPolicy(more);
  };
  EXPECT_EQ(with({"policy"}).exit_status, 0);
  const testing::ProcessResult result = with({"terraform"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("the role's default name, \"" + longest +
                                    "-cart\", is longer than 64 characters: pass --role-name"));
  EXPECT_EQ(with({"terraform", "--role-name", "x"}).exit_status, 0);
}

TEST(TrustPolicyCommand, TakesAServiceAccountGivenTwiceOnce) {
  for (const char* format : {"policy", "terraform"}) {
    EXPECT_EQ(TrustPolicy(CartAnd({"--service-account", "shop/cart", "-o", format})),
              TrustPolicy(CartAnd({"-o", format})));
  }
  EXPECT_EQ(TrustPolicy({"--lint", "-", "--service-account", "shop/cart", "--service-account", "shop/cart"},
                        iam::WriteTrustPolicy(CartPlan()))
                .exit_status,
            0);
}

TEST(TrustPolicyCommand, RefusesWrongUsageWithTwo) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "--issuer, --account and --service-account are required, or --lint FILE"},
      {{"--issuer", "https://i.test", "--account", "111122223333"}, "--service-account are required"},
      {{"--issuer", "https://i.test", "--account", "111122223333", "--service-account", "cart"},
       "--service-account cart has no namespace: use NAMESPACE/cart or --namespace"},
      {CartAnd({"-o", "text"}), "--output text: not one of policy, aws-cli, terraform, json"},
      {CartAnd({"--service-account", "till", "-o", "json"}),
       "--role-name is required with --output json for several service accounts or a wildcard"},
      {CartAnd({"--partition", "x"}), "partition \"x\" is not an AWS partition"},
      {CartAnd({"surplus"}), "surplus"},
      {{"--lint", "x", "-o", "terraform"}, "--output terraform: not one of text, json, policy"},
      {{"--lint", "x", "--account", "1"}, "account \"1\" is not 12 digits"},
      {{"--lint", "x", "--issuer", "x"}, "issuer \"x\" does not begin with https://"},
      {{"--lint", "x", "--role-name", "x"}, "excludes"},
      {{"--lint", "x", "--partition", "foo"}, "partition \"foo\" is not an AWS partition"},
      {{"--lint", "x", "--audience", "a b"}, "audience \"a b\" is not 1 to 255 printable ASCII characters"},
      {{"--lint", "x", "--audience", ""}, "audience \"\" is not 1 to 255 printable ASCII characters"},
      {{"--lint", "x", "-n", "shop"}, "--namespace: needs --service-account"},
      {{"--lint", "x", "--service-account", "shop/Cart"}, "service account \"Cart\" is not a DNS subdomain"},
      {{"--lint", "x", "--service-account", "shop/*"}, "--service-account: --lint accepts no wildcard"},
      {{"--lint", "x", "--service-account", "shop/a", "--service-account", "shop/b"}, "--lint accepts only one"},
      {{"--lint", ""}, "--lint: the value is empty"},
      {{"--lint", "x", "--account", ""}, "--account: the value is empty"},
  };
  for (const auto& [arguments, message] : cases) {
    const testing::ProcessResult result = TrustPolicy(arguments);
    EXPECT_EQ(result.exit_status, 2) << message;
    EXPECT_EQ(result.out, "") << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

TEST(TrustPolicyCommand, DescribesItsOptions) {
  const testing::ProcessResult result = TrustPolicy({"--help"});
  EXPECT_EQ(result.exit_status, 0);
  for (const char* text :
       {"--audience NAME", "default: sts.amazonaws.com", "--partition NAME", "default: aws", "--annotation-prefix NAME",
        "(default:\n                        eks.amazonaws.com", "default: policy"}) {
    EXPECT_THAT(result.out, HasSubstr(text));
  }
}

TEST(TrustPolicyCommand, LintsAFile) {
  const testing::TemporaryDirectory directory;
  const std::string file = directory.Write("policy.json", kWildcardPolicy);
  EXPECT_EQ(TrustPolicy({"--lint", file}),
            (testing::ProcessResult{1,
                                    file + ": statement 1: error: StringEquals takes the wildcard in "
                                           "\"system:serviceaccount:shop:*\" for \"i.test:sub\" literally "
                                           "[equals-wildcard]\n  fix: use StringLike\n",
                                    ""}));
}

TEST(TrustPolicyCommand, LintsAPolicyWithATemplatesVariable) {
  std::string policy = kNoAudiencePolicy;
  policy.replace(policy.find("shop"), 4, "${var.namespace}");
  const testing::ProcessResult result = TrustPolicy({"--lint", "-"}, policy);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("[unfilled]"));
  EXPECT_EQ(result.err, "");
}

TEST(TrustPolicyCommand, LintsStandardInput) {
  EXPECT_EQ(TrustPolicy({"--lint", "-"}, iam::WriteTrustPolicy(CartPlan())),
            (testing::ProcessResult{0, "standard input: no problems found\n", ""}));
  EXPECT_EQ(TrustPolicy({"--lint", "-"}, "{"),
            (testing::ProcessResult{1,
                                    "standard input: error: not valid JSON at byte 2 [malformed]\n  fix: correct the "
                                    "JSON; IAM refuses a policy with this error, or reads it otherwise than meant\n",
                                    ""}));
}

TEST(TrustPolicyCommand, FailsOnErrorsOnly) {
  const testing::ProcessResult result = TrustPolicy({"--lint", "-"}, kNoAudiencePolicy);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr("warning: no condition on \"i.test:aud\""));
}

TEST(TrustPolicyCommand, LintsAgainstWhatItIsToldOfTheRole) {
  const std::string policy = iam::WriteTrustPolicy(CartPlan());
  const auto codes = [&](const std::vector<std::string>& options) {
    std::vector<std::string> arguments = {"--lint", "-"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return TrustPolicy(arguments, policy).out;
  };
  EXPECT_THAT(codes({"--account", "444455556666"}), HasSubstr("[account]"));
  EXPECT_THAT(codes({"--partition", "aws-cn"}), HasSubstr("[partition]"));
  EXPECT_THAT(codes({"--issuer", "https://other.test"}), HasSubstr("[issuer]"));
  EXPECT_THAT(codes({"--audience", "other"}), HasSubstr("[audience]"));
}

TEST(TrustPolicyCommand, LintsAsJson) {
  EXPECT_EQ(TrustPolicy({"--lint", "-", "-o", "json"}, kNoAudiencePolicy), (testing::ProcessResult{0, R"({
  "findings": [
    {
      "code": "no-audience",
      "severity": "warning",
      "statement": 1,
      "message": "no condition on \"i.test:aud\": tokens for every client id of the provider are accepted",
      "fix": "add \"StringEquals\": {\"i.test:aud\": \"sts.amazonaws.com\"}",
      "fixedPolicy": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Effect": "Allow",
            "Principal": {
              "Federated": "arn:aws:iam::111122223333:oidc-provider/i.test"
            },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
              "StringEquals": {
                "i.test:sub": "system:serviceaccount:shop:cart",
                "i.test:aud": "sts.amazonaws.com"
              }
            }
          }
        ]
      }
    }
  ]
}
)",
                                                                                                   ""}));
  const testing::ProcessResult whole = TrustPolicy({"--lint", "-", "-o", "json"}, "{}");
  EXPECT_EQ(whole.exit_status, 1);
  EXPECT_THAT(whole.out, HasSubstr("\"statement\": null"));
  EXPECT_EQ(TrustPolicy({"--lint", "-", "-o", "json"}, iam::WriteTrustPolicy(CartPlan())),
            (testing::ProcessResult{0, "{\n  \"findings\": []\n}\n", ""}));
}

TEST(TrustPolicyCommand, PrintsThePolicyWithAllFixesMade) {
  const testing::ProcessResult result = TrustPolicy({"--lint", "-", "-o", "policy"}, kWildcardPolicy);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(TrustPolicy({"--lint", "-"}, result.out).out, "standard input: no problems found\n");
  EXPECT_THAT(result.out, HasSubstr("StringLike"));
}

// In whatever form it comes.
TEST(TrustPolicyCommand, PrintsThePolicyAloneWhereNothingIsToBeFixed) {
  const std::string policy = iam::WriteTrustPolicy(CartPlan());
  EXPECT_EQ(TrustPolicy({"--lint", "-", "-o", "policy"}, "\n" + policy + "\n\n"),
            (testing::ProcessResult{0, policy, ""}));
  const nlohmann::json document = nlohmann::json::parse(policy);
  for (const nlohmann::json& written : {document, nlohmann::json(policy)}) {
    const nlohmann::json role = {{"Role", {{"AssumeRolePolicyDocument", written}}}};
    const testing::ProcessResult result = TrustPolicy({"--lint", "-", "-o", "policy"}, role.dump());
    EXPECT_EQ(nlohmann::json::parse(result.out), document);
    EXPECT_THAT(result.out, ::testing::EndsWith("}\n"));
  }
  std::string encoded;
  for (const char c : document.dump()) {
    char text[4];
    std::snprintf(text, sizeof text, "%%%02X", static_cast<unsigned char>(c));
    encoded += text;
  }
  EXPECT_EQ(TrustPolicy({"--lint", "-", "-o", "policy"}, encoded),
            (testing::ProcessResult{0, document.dump() + "\n", ""}));
}

TEST(TrustPolicyCommand, PrintsNoPolicyThatCannotBeRead) {
  for (const char* text : {"{", "%7B%2", R"({"Version": "2012-10-17", "Statement": 7})"}) {
    const testing::ProcessResult result = TrustPolicy({"--lint", "-", "-o", "policy"}, text);
    EXPECT_EQ(result.exit_status, 1) << text;
    EXPECT_EQ(result.out, "") << text;
    EXPECT_THAT(result.err, HasSubstr("[malformed]"));
  }
}

TEST(TrustPolicyCommand, LintsForAServiceAccount) {
  const std::string policy = iam::WriteTrustPolicy(CartPlan());
  EXPECT_EQ(TrustPolicy({"--lint", "-", "--service-account", "shop/cart"}, policy).exit_status, 0);
  EXPECT_THAT(TrustPolicy({"--lint", "-", "-n", "shop", "--service-account", "till"}, policy).out,
              HasSubstr("[not-allowed]"));
  EXPECT_EQ(TrustPolicy({"--lint", "-", "--service-account", "shop/*"}, policy).exit_status, 2);
}

TEST(TrustPolicyCommand, FailsWhenTheFileCannotBeReadOrTheResultWritten) {
  const testing::TemporaryDirectory directory;
  const std::string none = directory.Path("none");
  EXPECT_EQ(
      TrustPolicy({"--lint", none}),
      (testing::ProcessResult{1, "", "irsa trust-policy: cannot read " + none + ": No such file or directory\n"}));
  const std::string large = directory.Write("large", std::string(131073, ' '));
  EXPECT_EQ(
      TrustPolicy({"--lint", large}),
      (testing::ProcessResult{1, "", "irsa trust-policy: " + large + " is larger than the limit of 131072 bytes\n"}));
  const auto full = testing::RunProcess({"sh", "-c", std::string(IRSA_BINARY) + " trust-policy --lint - > /dev/full"},
                                        iam::WriteTrustPolicy(CartPlan()));
  EXPECT_EQ(full, (testing::ProcessResult{1, "", "irsa: cannot write to standard output\n"}));
}

}  // namespace
}  // namespace irsa
