#include "irsa/iam/trust_policy_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/iam/lint/policy_lint.h"
#include "irsa/iam/trust_policy.h"
#include "irsa/iam/web_identity.h"

namespace irsa::iam {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

RolePlan Plan(std::vector<ServiceAccountPattern> service_accounts = {{"shop", "cart"}}) {
  RolePlan plan;
  plan.issuer = "https://oidc.example.test/id/ABC";
  plan.account = "111122223333";
  plan.service_accounts = std::move(service_accounts);
  plan.role_name = "shop-cart";
  return plan;
}

TEST(WriteTrustPolicy, WritesIamsLayout) {
  EXPECT_EQ(WriteTrustPolicy(Plan()), R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {
        "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.test/id/ABC"
      },
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.example.test/id/ABC:aud": "sts.amazonaws.com",
          "oidc.example.test/id/ABC:sub": "system:serviceaccount:shop:cart"
        }
      }
    }
  ]
}
)");
}

TEST(WriteTrustPolicy, UsesStringLikeForSubjectsOnlyWhenOneHasAWildcard) {
  EXPECT_THAT(WriteTrustPolicy(Plan({{"shop", "cart"}, {"shop", "till-*"}})), HasSubstr(R"("Condition": {
        "StringEquals": {
          "oidc.example.test/id/ABC:aud": "sts.amazonaws.com"
        },
        "StringLike": {
          "oidc.example.test/id/ABC:sub": [
            "system:serviceaccount:shop:cart",
            "system:serviceaccount:shop:till-*"
          ]
        }
      })"));
}

bool Allows(const RolePlan& plan, const std::string& issuer, const std::string& subject, const std::string& audience) {
  const auto policy = ParseTrustPolicy(WriteTrustPolicy(plan));
  return policy.ok() &&
         Evaluate(*policy, WebIdentityRequest(
                               {ProviderArn(plan.partition, plan.account, issuer), issuer, subject, audience}, {}))
             .Allowed();
}

// What is written is read back by the parser, passes the linter, and admits exactly the accounts meant.
TEST(WriteTrustPolicy, IsCleanAndAdmitsWhomItShould) {
  for (const char* partition : {"aws", "aws-cn", "aws-us-gov"}) {
    for (const char* audience : {"sts.amazonaws.com", "a\"b\\c"}) {
      RolePlan plan = Plan({{"shop", "cart"}, {"team-?", "*"}});
      plan.partition = partition;
      plan.audience = audience;
      ASSERT_TRUE(CheckRolePlan(plan).ok());
      // A pattern of namespaces is worth a warning, whoever asked for it.
      EXPECT_FALSE(HasErrors(
          LintTrustPolicy(WriteTrustPolicy(plan), {plan.account, plan.partition, plan.issuer, plan.audience})));
      EXPECT_TRUE(Allows(plan, plan.issuer, "system:serviceaccount:shop:cart", audience));
      EXPECT_TRUE(Allows(plan, plan.issuer, "system:serviceaccount:team-a:anyone", audience));
      EXPECT_FALSE(Allows(plan, plan.issuer, "system:serviceaccount:shop:carter", audience));
      EXPECT_FALSE(Allows(plan, plan.issuer, "system:serviceaccount:team-ab:anyone", audience));
      EXPECT_FALSE(Allows(plan, plan.issuer, "system:serviceaccount:shop:cart", "other"));
      EXPECT_FALSE(Allows(plan, "https://other.test", "system:serviceaccount:shop:cart", audience));
    }
  }
}

TEST(CheckRolePlan, NamesTheFieldAtFault) {
  const auto fault = [](void (*change)(RolePlan&)) {
    RolePlan plan = Plan();
    change(plan);
    const Status status = CheckRolePlan(plan);
    return status.ok() ? "" : status.error().message;
  };
  EXPECT_EQ(fault([](RolePlan&) {}), "");
  EXPECT_EQ(fault([](RolePlan& plan) { plan.role_name = ""; }), "");
  EXPECT_EQ(fault([](RolePlan& plan) { plan.issuer = "http://x"; }),
            "issuer \"http://x\" does not begin with https://");
  EXPECT_EQ(fault([](RolePlan& plan) { plan.account = "1"; }), "account \"1\" is not 12 digits");
  EXPECT_EQ(fault([](RolePlan& plan) { plan.partition = "azure"; }),
            "partition \"azure\" is not an AWS partition: aws, aws-cn, aws-us-gov, …");
  for (const auto& [audience, message] :
       {std::pair("", "audience \"\" is not 1 to 255 printable ASCII characters"),
        std::pair("a b", "audience \"a b\" is not 1 to 255 printable ASCII characters"),
        std::pair("a*", "audience \"a*\" has a wildcard"),
        std::pair("${a}", "audience \"${a}\" has a policy variable")}) {
    RolePlan plan = Plan();
    plan.audience = audience;
    EXPECT_EQ(CheckRolePlan(plan).error(), (Error{ErrorCode::kInvalid, message}));
  }
  EXPECT_EQ(fault([](RolePlan& plan) { plan.service_accounts.clear(); }), "no service account is given");
  EXPECT_EQ(fault([](RolePlan& plan) {
              plan.service_accounts = {{"Shop", "cart"}};
            }),
            "namespace \"Shop\" is not a DNS label: lower-case letters, digits and inner hyphens");
  EXPECT_EQ(fault([](RolePlan& plan) {
              plan.service_accounts = {{"shop", "a/b"}};
            }),
            "service account \"a/b\" is not a DNS subdomain: lower-case letters, digits, and inner hyphens and dots");
  EXPECT_EQ(fault([](RolePlan& plan) {
              plan.service_accounts = {{"shop", "a"}, {"*", "*"}};
            }),
            "service account \"*/*\" matches every service account of the cluster: name a namespace");
  EXPECT_EQ(fault([](RolePlan& plan) { plan.role_name = "a b"; }),
            "role name \"a b\" is not 1 to 64 letters, digits and characters of _+=,.@-");
  EXPECT_EQ(fault([](RolePlan& plan) { plan.annotation_prefix = "a/b"; }),
            "annotation prefix \"a/b\" is not a DNS subdomain");
}

TEST(WriteAwsCli, WritesCommandsToPaste) {
  RolePlan plan = Plan({{"shop", "cart"}, {"shop", "till-*"}});
  plan.partition = "aws-cn";
  plan.audience = "it's";
  EXPECT_EQ(WriteAwsCli(plan), R"(# Once per account: register the cluster's issuer at IAM.
aws iam create-open-id-connect-provider \
  --url https://oidc.example.test/id/ABC \
  --client-id-list 'it'\''s'

# The role, and who may assume it.
cat > trust-policy.json <<'EOF'
)" + WriteTrustPolicy(plan) + R"(EOF
aws iam create-role \
  --role-name shop-cart \
  --assume-role-policy-document file://trust-policy.json

# The service accounts that get the role; pods created from now on use it.
kubectl annotate serviceaccount --namespace shop cart \
  eks.amazonaws.com/role-arn=arn:aws-cn:iam::111122223333:role/shop-cart
# For each service account that matches shop/till-*:
# kubectl annotate serviceaccount --namespace shop NAME eks.amazonaws.com/role-arn=arn:aws-cn:iam::111122223333:role/shop-cart
)");
}

TEST(AnnotateCommand, TakesAnyNumberOfAnnotations) {
  const std::vector<AccountAnnotation> annotations = {{"a.b/c", "$(x)"}, {"a.b/d", "true"}};
  EXPECT_EQ(AnnotateCommand({"shop", "cart"}, annotations), R"(kubectl annotate serviceaccount --namespace shop cart \
  'a.b/c=$(x)' \
  a.b/d=true
)");
  EXPECT_EQ(AnnotateCommand({"*", "cart"}, annotations), R"(# For each service account that matches */cart:
# kubectl annotate serviceaccount --namespace NAMESPACE cart 'a.b/c=$(x)' a.b/d=true
)");
}

TEST(WriteTerraform, WritesResources) {
  RolePlan plan = Plan({{"shop", "cart.v2"}, {"shop", "till-*"}});
  plan.audience = R"(a"${b}%{c}\)";
  plan.role_name = "9.cart";
  EXPECT_EQ(WriteTerraform(plan), R"(# Once per account: the cluster's issuer.
resource "aws_iam_openid_connect_provider" "cluster" {
  url            = "https://oidc.example.test/id/ABC"
  client_id_list = ["a\"$${b}%%{c}\\"]
}

data "aws_iam_policy_document" "_9_cart_trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.cluster.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "oidc.example.test/id/ABC:aud"
      values   = ["a\"$${b}%%{c}\\"]
    }

    condition {
      test     = "StringLike"
      variable = "oidc.example.test/id/ABC:sub"
      values   = ["system:serviceaccount:shop:cart.v2", "system:serviceaccount:shop:till-*"]
    }
  }
}

resource "aws_iam_role" "_9_cart" {
  name               = "9.cart"
  assume_role_policy = data.aws_iam_policy_document._9_cart_trust.json
}

resource "kubernetes_annotations" "shop_cart_v2" {
  api_version = "v1"
  kind        = "ServiceAccount"

  metadata {
    name      = "cart.v2"
    namespace = "shop"
  }

  annotations = {
    "eks.amazonaws.com/role-arn" = aws_iam_role._9_cart.arn
  }
}

# Each service account that matches shop/till-* needs the annotation eks.amazonaws.com/role-arn = aws_iam_role._9_cart.arn
)");
}

TEST(WritePlanJson, HoldsEverythingForPrograms) {
  const std::string policy = WriteTrustPolicy(Plan());
  const std::string json = WritePlanJson(Plan());
  EXPECT_THAT(json, HasSubstr(R"({
  "provider": {
    "arn": "arn:aws:iam::111122223333:oidc-provider/oidc.example.test/id/ABC",
    "url": "https://oidc.example.test/id/ABC",
    "clientIds": [
      "sts.amazonaws.com"
    ]
  },
  "role": {
    "arn": "arn:aws:iam::111122223333:role/shop-cart",
    "name": "shop-cart"
  },
  "trustPolicy": {
    "Version": "2012-10-17",)"));
  EXPECT_THAT(json, HasSubstr(R"(
  "serviceAccounts": [
    {
      "namespace": "shop",
      "name": "cart"
    }
  ],
  "annotation": {
    "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/shop-cart"
  }
}
)"));
}

}  // namespace
}  // namespace irsa::iam
