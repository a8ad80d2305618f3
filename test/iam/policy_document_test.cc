#include "irsa/iam/policy_document.h"

#include <gtest/gtest.h>

#include "irsa/iam/trust_policy.h"

namespace irsa::iam {
namespace {

constexpr const char* kPolicy = R"({"Version": "2012-10-17", "Statement": []})";
constexpr const char* kEncoded = "%7B%22Version%22%3A%20%222012-10-17%22%2C%20%22Statement%22%3A%20%5B%5D%7D";

std::string TextOf(const std::string& text) {
  const auto document = ReadPolicyDocument(text);
  return document.ok() ? document->text : document.error().message;
}

TEST(ReadPolicyDocument, TakesThePolicyInEveryFormOfAwsTools) {
  EXPECT_EQ(TextOf(kPolicy), kPolicy);
  EXPECT_EQ(TextOf("\xEF\xBB\xBF" + std::string(kPolicy)), kPolicy);
  EXPECT_EQ(TextOf(kEncoded), kPolicy);
  EXPECT_EQ(TextOf(std::string(kEncoded) + "\n"), kPolicy);
  EXPECT_EQ(TextOf("\"" + std::string(kEncoded) + "\"\n"), kPolicy);
  EXPECT_EQ(TextOf(R"("{\"Version\": \"2012-10-17\", \"Statement\": []}")"), kPolicy);
}

TEST(ReadPolicyDocument, TakesTheWholeOutputOfGetRole) {
  const std::string head = R"({"Role": {"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r", )"
                           R"("AssumeRolePolicyDocument": )";
  const auto object = ReadPolicyDocument(head + kPolicy + "}}");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(object->role_arn, "arn:aws:iam::111122223333:role/r");
  EXPECT_EQ(ParseTrustPolicy(object->text).value(), ParseTrustPolicy(kPolicy).value());
  EXPECT_EQ(ReadPolicyDocument(head + "\"" + kEncoded + "\"}}").value(),
            (PolicyDocument{kPolicy, "arn:aws:iam::111122223333:role/r"}));
  EXPECT_EQ(TextOf("{\"AssumeRolePolicyDocument\": \"" + std::string(kEncoded) + "\"}"), kPolicy);
}

TEST(ReadPolicyDocument, LeavesTheRestToTheParser) {
  for (const char* text : {"", "{", "[]", "{}", "1", R"({"Role": {}})", "%41"}) EXPECT_EQ(TextOf(text), text);
}

TEST(ReadPolicyDocument, NamesAnEncodingThatIsBroken) {
  for (const char* text : {"%7B%2", "%7B%zz", "\"%7B%\"", R"({"AssumeRolePolicyDocument": "%7B%2g"})"}) {
    EXPECT_EQ(TextOf(text), "the URL-encoded policy has a % without two hexadecimal digits");
  }
}

TEST(WritePolicy, WritesWhatParsesToTheSame) {
  for (const char* text :
       {R"({"Version": "2012-10-17", "Id": "x", "Statement": [{"Sid": "A", "Effect": "Allow", "Principal": "*",
            "NotAction": ["sts:TagSession", "sts:AssumeRole"], "Condition": {"StringLike": {"i.test:sub": ["a", "b*"]},
            "Bool": {"aws:SecureTransport": true}, "Null": {"i.test:aud": []}}}]})",
        R"({"Statement": {"Effect": "Deny", "Principal": {"Federated": ["p", "q"], "AWS": "*", "Service": "s",
            "CanonicalUser": "c"}, "Action": []}})",
        R"({"Statement": {"Effect": "Deny", "Principal": {}, "Action": "sts:*"}})"}) {
    const TrustPolicy policy = ParseTrustPolicy(text).value();
    const auto again = ParseTrustPolicy(WritePolicy(policy));
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(*again, policy) << WritePolicy(policy);
  }
}

}  // namespace
}  // namespace irsa::iam
