#include "irsa/iam/condition_key.h"

#include <gtest/gtest.h>

namespace irsa::iam {
namespace {

TEST(KindOfKey, SaysWhereAKeysValueComesFrom) {
  const std::pair<const char*, KeyKind> cases[] = {
      {"i.test:sub", KeyKind::kSubject},
      {"I.TEST/x:SUB", KeyKind::kSubject},
      {"https://i.test/:aud", KeyKind::kAudience},
      {"localhost/x:aud", KeyKind::kAudience},
      {"i.test:amr", KeyKind::kOptionalClaim},
      {"i.test:iss", KeyKind::kUnmappedClaim},
      {"i.test:kubernetes.io/namespace", KeyKind::kUnmappedClaim},
      {"aws:currenttime", KeyKind::kTime},
      {"aws:RequestTag/a.b:sub", KeyKind::kSession},
      {"sts:SourceIdentity", KeyKind::kSession},
      {"aws:SourceIp", KeyKind::kRequest},
      {"aws:SourceVpce", KeyKind::kSomeRequests},
      {"iam:ResourceTag/team", KeyKind::kSomeRequests},
      {"aws:RequestTag/", KeyKind::kNeverInRequest},
      {"aws:PrincipalTag/team", KeyKind::kNeverInRequest},
      {"sts:ExternalId", KeyKind::kNeverInRequest},
      {"made:up", KeyKind::kNeverInRequest},
      {"var.namespace", KeyKind::kNeverInRequest},
      {"a/b", KeyKind::kNeverInRequest},
      {"i.test:", KeyKind::kUnmappedClaim},
      {"", KeyKind::kNeverInRequest},
  };
  for (const auto& [key, kind] : cases) EXPECT_EQ(KindOfKey(key), kind) << key;
}

TEST(KeyIssuer, IsWhatComesBeforeTheClaim) {
  EXPECT_EQ(KeyIssuer("https://i.test/id/A:sub"), "https://i.test/id/A");
  EXPECT_EQ(KeyIssuer("i.test:6443:sub"), "i.test:6443");
  EXPECT_EQ(KeyIssuer("aws:SourceIp"), "");
  EXPECT_EQ(KeyIssuer("aws:PrincipalTag/a.b"), "");
  EXPECT_EQ(KeyIssuer("aws:RequestTag/a.b:c"), "");
  EXPECT_EQ(KeyIssuer("var.namespace"), "");
}

TEST(IsDecidedByRequest, IsTrueOfWhatMayBeGivenNoOtherValue) {
  for (const char* key : {"i.test:sub", "i.test:iss", "aws:CurrentTime", "aws:TagKeys", "sts:SourceIdentity",
                          "aws:requesttag/team", "AWS:SecureTransport"}) {
    EXPECT_TRUE(IsDecidedByRequest(key)) << key;
  }
  for (const char* key : {"aws:SourceIp", "sts:RoleSessionName", "aws:SourceVpc", "made:up"}) {
    EXPECT_FALSE(IsDecidedByRequest(key)) << key;
  }
}

TEST(IsAddressKey, IsTrueOfTheKeysForWhereARequestComesFrom) {
  for (const char* key : {"aws:SourceIp", "AWS:SOURCEIP", "aws:VpcSourceIp"}) EXPECT_TRUE(IsAddressKey(key)) << key;
  for (const char* key : {"aws:SourceVpc", "aws:UserAgent", "i.test:sub", ""}) EXPECT_FALSE(IsAddressKey(key)) << key;
}

}  // namespace
}  // namespace irsa::iam
