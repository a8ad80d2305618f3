#include "irsa/iam/web_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/iam/request_context.h"

namespace irsa::iam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(WithoutScheme, LeavesWhatHasNone) {
  EXPECT_EQ(WithoutScheme("https://a/b"), "a/b");
  EXPECT_EQ(WithoutScheme("a/b"), "a/b");
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
      {"https://a.test/x y", "has a character that an issuer's URL must not have"},
      {"https://a_b.test", "has a character that an issuer's URL must not have"},
      {"https://a.test/x:y", "has a character that an issuer's URL must not have"},
  };
  for (const auto& [url, fault] : cases) {
    EXPECT_EQ(CheckIssuer(url).error(), (base::Error{base::ErrorCode::kInvalid, "issuer \"" + url + "\" " + fault}));
  }
  EXPECT_EQ(CheckIssuer("https://" + std::string(248, 'a')).error().code, base::ErrorCode::kInvalid);
  EXPECT_TRUE(CheckIssuer("https://" + std::string(247, 'a')).ok());
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
