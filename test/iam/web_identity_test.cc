#include "irsa/iam/web_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/url.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/request_context.h"

namespace irsa::iam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(WithoutScheme, LeavesWhatHasNone) {
  EXPECT_EQ(base::WithoutScheme("https://a/b"), "a/b");
  EXPECT_EQ(base::WithoutScheme("a/b"), "a/b");
}

TEST(CheckIssuer, AcceptsWhatIamRegisters) {
  for (const char* url : {"https://oidc.example.test", "https://oidc.example.test/id/ABC", "https://x.test/a_b~c/"}) {
    EXPECT_TRUE(CheckIssuer(url).ok()) << url;
  }
}

TEST(CheckIssuer, SaysWhatIsWrong) {
  const std::pair<std::string, const char*> cases[] = {
      {"http://a.test", "does not begin with https://"},
      {"a.test", "does not begin with https://"},
      {"https://", "has no host"},
      {"https:///x", "has no host"},
      {"https://u@a.test", "has a user name"},
      {"https://a.test:6443/x", "has a port, which IAM does not support"},
      {"https://a.test/x?y", "has a query or fragment"},
      {"https://a.test#y", "has a query or fragment"},
      {"https://a.test/x y", "has a character that an issuer's URL cannot have"},
      {"https://a_b.test", "has a character that an issuer's URL cannot have"},
      {"https://a.test/x:y", "has a character that an issuer's URL cannot have"},
  };
  for (const auto& [url, fault] : cases) {
    EXPECT_EQ(CheckIssuer(url).error(), (Error{ErrorCode::kInvalid, "issuer \"" + url + "\" " + fault}));
  }
  EXPECT_EQ(CheckIssuer("https://" + std::string(248, 'a')).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(CheckIssuer("https://i." + std::string(245, 'a')).ok());
}

TEST(ProviderArn, IsReadBackByProviderIssuer) {
  const std::string arn = ProviderArn("aws-cn", "111122223333", "https://oidc.example.test/id/ABC");
  EXPECT_EQ(arn, "arn:aws-cn:iam::111122223333:oidc-provider/oidc.example.test/id/ABC");
  EXPECT_EQ(ProviderIssuer(arn), "oidc.example.test/id/ABC");
  for (const char* other : {"", "oidc.example.test", "arn:aws:iam::111122223333:saml-provider/x",
                            "arn:aws:sts::111122223333:oidc-provider/x"}) {
    EXPECT_EQ(ProviderIssuer(other), "") << other;
  }
}

TEST(CheckIssuer, RefusesHostsThatAwsCannotReach) {
  for (const char* url :
       {"https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local", "https://kubernetes",
        "https://localhost/x", "https://issuer.svc", "https://ip-10-0-0-1.eu-west-1.compute.internal",
        "https://k8s.example.local", "https://10.0.0.1", "https://172.16.0.1/x", "https://192.168.1.1",
        "https://127.0.0.1", "https://kubernetes.default.svc.prod.example.com"}) {
    const Status status = CheckIssuer(url);
    ASSERT_FALSE(status.ok()) << url;
    EXPECT_EQ(status.error().message, "issuer \"" + std::string(url) + "\" has a host that AWS cannot reach");
  }
  for (const char* url : {"https://oidc.example.test", "https://svc.example.com/local", "https://172.15.0.1",
                          "https://8.8.8.8", "https://10.example.com"}) {
    EXPECT_TRUE(CheckIssuer(url).ok()) << url;
  }
}

TEST(WebIdentityRequest, HasTheKeysOfATokenExchange) {
  const RequestContext context = WebIdentityRequest({"arn:p", "https://i.test/x", "system:serviceaccount:a:b", "sts"},
                                                    base::SystemTime(std::chrono::seconds(1714979289)));
  EXPECT_EQ(context.action, "sts:AssumeRoleWithWebIdentity");
  EXPECT_EQ(context.federated_provider, "arn:p");
  EXPECT_THAT(context.keys,
              ElementsAre(Pair("aws:CurrentTime", "2024-05-06T07:08:09Z"), Pair("aws:EpochTime", "1714979289"),
                          Pair("i.test/x:aud", "sts"), Pair("i.test/x:sub", "system:serviceaccount:a:b")));
  EXPECT_THAT(ValuesOf(context, "I.TEST/x:SUB"), ElementsAre("system:serviceaccount:a:b"));
  EXPECT_THAT(ValuesOf(context, "i.test/x:amr"), IsEmpty());
}

TEST(AssumeRoleRequest, HasTheKeysOfTheSigner) {
  const base::SystemTime now(std::chrono::seconds(1714979289));
  const RequestContext session = AssumeRoleRequest({"arn:aws-cn:sts::111122223333:assumed-role/reader/cart",
                                                    "AROAX:cart",
                                                    "111122223333",
                                                    "arn:aws-cn:iam::111122223333:role/team/reader",
                                                    {{{"team", "shop"}}, {}, "ann"}},
                                                   now);
  EXPECT_EQ(session.action, "sts:AssumeRole");
  EXPECT_EQ(session.federated_provider, "");
  EXPECT_THAT(session.aws_principals, ElementsAre("arn:aws-cn:sts::111122223333:assumed-role/reader/cart",
                                                  "arn:aws-cn:iam::111122223333:role/team/reader", "111122223333",
                                                  "arn:aws-cn:iam::111122223333:root"));
  EXPECT_THAT(session.keys,
              ElementsAre(Pair("aws:CurrentTime", "2024-05-06T07:08:09Z"), Pair("aws:EpochTime", "1714979289"),
                          Pair("aws:MultiFactorAuthPresent", "false"), Pair("aws:PrincipalAccount", "111122223333"),
                          Pair("aws:PrincipalArn", "arn:aws-cn:iam::111122223333:role/team/reader"),
                          Pair("aws:PrincipalIsAWSService", "false"), Pair("aws:PrincipalTag/team", "shop"),
                          Pair("aws:PrincipalType", "AssumedRole"), Pair("aws:SourceIdentity", "ann"),
                          Pair("aws:userid", "AROAX:cart"), Pair("aws:ViaAWSService", "false")));

  const RequestContext user =
      AssumeRoleRequest({"arn:aws:iam::111122223333:user/team/ann", "AIDAX", "111122223333"}, now);
  EXPECT_THAT(user.aws_principals,
              ElementsAre("arn:aws:iam::111122223333:user/team/ann", "111122223333", "arn:aws:iam::111122223333:root"));
  EXPECT_THAT(ValuesOf(user, "aws:PrincipalArn"), ElementsAre("arn:aws:iam::111122223333:user/team/ann"));
  EXPECT_THAT(ValuesOf(user, "aws:PrincipalType"), ElementsAre("User"));
  EXPECT_THAT(ValuesOf(user, "aws:username"), ElementsAre("ann"));
  EXPECT_THAT(ValuesOf(user, "aws:MultiFactorAuthPresent"), IsEmpty());
}

TEST(SessionAttributes, BecomeKeys) {
  RequestContext context;
  AddKeys(SessionAttributes{{{"Team", "a"}, {"Env", "b"}}, {"Team"}, "ann"}, context);
  EXPECT_THAT(context.keys, ElementsAre(Pair("aws:RequestTag/Env", "b"), Pair("aws:RequestTag/Team", "a"),
                                        Pair("aws:TagKeys", "Env"), Pair("aws:TagKeys", "Team"),
                                        Pair("sts:SourceIdentity", "ann"), Pair("sts:TransitiveTagKeys", "Team")));
}

TEST(ReadSessionClaims, TakesBothFormsOfTags) {
  const SessionAttributes expected{{{"Team", "a"}, {"Env", "b"}}, {"Team"}, "ann"};
  EXPECT_EQ(ReadSessionClaims(R"({"sub": "x", "https://aws.amazon.com/source_identity": "ann",
      "https://aws.amazon.com/tags": {"principal_tags": {"Team": ["a"], "Env": "b"}, "transitive_tag_keys": ["Team"]}})")
                .value(),
            expected);
  EXPECT_EQ(ReadSessionClaims(R"({"https://aws.amazon.com/tags/principal_tags/Team": "a",
      "https://aws.amazon.com/tags/principal_tags/Env": "b", "https://aws.amazon.com/source_identity": "ann",
      "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"]})")
                .value(),
            expected);
  EXPECT_EQ(ReadSessionClaims(R"({"sub": "x", "kubernetes.io": {}})").value(), SessionAttributes());
}

TEST(ReadSessionClaims, NamesTheClaimThatIsWrong) {
  const auto fault = [](const std::string& claims) { return ReadSessionClaims(claims).error().message; };
  const std::string tags = R"({"https://aws.amazon.com/tags": )";
  EXPECT_EQ(fault(tags + "1}"), "claim \"https://aws.amazon.com/tags\" is not an object");
  EXPECT_EQ(fault(tags + R"({"principal_tags": []}})"),
            "claim \"https://aws.amazon.com/tags\" has principal_tags that are not an object");
  EXPECT_EQ(fault(tags + R"({"principal_tags": {"a": ["x", "y"]}}})"),
            "claim \"https://aws.amazon.com/tags/principal_tags/a\" is not one string");
  EXPECT_EQ(fault(tags + R"({"principal_tags": {"": "x"}}})"),
            "claim \"https://aws.amazon.com/tags/principal_tags/\" has a name that is not 1 to 128 characters");
  EXPECT_EQ(fault(tags + R"({"principal_tags": {"a": ")" + std::string(257, 'x') + "\"}}}"),
            "claim \"https://aws.amazon.com/tags/principal_tags/a\" has a value of more than 256 characters");
  EXPECT_EQ(fault(R"({"https://aws.amazon.com/tags/principal_tags/a": "x",
                      "https://aws.amazon.com/tags": {"principal_tags": {"a": "y"}}})"),
            "claim \"https://aws.amazon.com/tags/principal_tags/a\" occurs twice");
  EXPECT_EQ(fault(tags + R"({"transitive_tag_keys": "a"}})"),
            "claim \"https://aws.amazon.com/tags/transitive_tag_keys\" is not a list");
  EXPECT_EQ(fault(tags + R"({"transitive_tag_keys": [1]}})"),
            "claim \"https://aws.amazon.com/tags/transitive_tag_keys\" lists something other than a string");
  EXPECT_EQ(
      fault(R"({"https://aws.amazon.com/source_identity": "a b"})"),
      "claim \"https://aws.amazon.com/source_identity\" is not 2 to 64 letters, digits and characters of _+=,.@-");
  std::string many = tags + R"({"principal_tags": {)";
  for (int i = 0; i < 51; ++i) many += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + "\":\"x\"";
  EXPECT_EQ(fault(many + "}}}"), "claim \"https://aws.amazon.com/tags\" has more than 50 tags");
}

TEST(AwsNames, FollowItsRules) {
  EXPECT_TRUE(IsAccountId("111122223333"));
  EXPECT_FALSE(IsAccountId("11112222333"));
  EXPECT_FALSE(IsAccountId("11112222333x"));
  EXPECT_TRUE(IsPartitionName("aws-us-gov"));
  EXPECT_FALSE(IsPartitionName("azure"));
  EXPECT_FALSE(IsPartitionName("aws:x"));
  EXPECT_TRUE(IsRoleName("S3_Reader+=,.@-"));
  for (const std::string& name : std::vector<std::string>{"", "a/b", "a b", std::string(65, 'a')})
    EXPECT_FALSE(IsRoleName(name));
}

}  // namespace
}  // namespace irsa::iam
