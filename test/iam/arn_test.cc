#include "irsa/iam/arn.h"

#include <string>

#include <gtest/gtest.h>

namespace irsa::iam {
namespace {

TEST(ParseArn, SplitsIntoItsFields) {
  EXPECT_EQ(ParseArn("arn:aws-cn:s3:cn-north-1:111122223333:bucket/a:b").value(),
            (Arn{"aws-cn", "s3", "cn-north-1", "111122223333", "bucket/a:b"}));
  EXPECT_EQ(ParseArn("arn:aws:iam::aws:policy/ReadOnlyAccess").value(),
            (Arn{"aws", "iam", "", "aws", "policy/ReadOnlyAccess"}));
  EXPECT_EQ(ParseArn("arn:aws:s3:::bucket").value(), (Arn{"aws", "s3", "", "", "bucket"}));
}

TEST(ParseArn, RefusesAnythingElseAndQuotesIt) {
  for (const std::string text :
       {"", "role", "arn:aws:iam", "arn:aws:iam::111122223333", "ARN:aws:iam::111122223333:role/r",
        "arn:gcp:iam::111122223333:role/r", "arn:AWS:iam::111122223333:role/r", "arn:aws:::111122223333:role/r",
        "arn:aws:iam::11112222333:role/r", "arn:aws:iam::11112222333x:role/r", "arn:aws:iam::111122223333:"}) {
    const auto arn = ParseArn(text);
    ASSERT_FALSE(arn.ok()) << text;
    EXPECT_EQ(arn.error(), (Error{ErrorCode::kInvalid,
                                  "\"" + text + "\" is not an ARN (arn:partition:service:region:account:resource)"}));
  }
}

TEST(IsRoleArn, TakesEveryPartitionPathAndName) {
  const std::string path_512 = "/" + std::string(510, 'p') + "/";
  for (const std::string& text :
       {std::string("arn:aws:iam::111122223333:role/r"), std::string("arn:aws-cn:iam::111122223333:role/cn"),
        std::string("arn:aws-us-gov:iam::111122223333:role/gov"), std::string("arn:aws-iso-b:iam::111122223333:role/r"),
        std::string("arn:aws:iam::111122223333:role/division/app/r+=,.@_-x"),
        std::string("arn:aws:iam::111122223333:role/!\"~/r"), "arn:aws:iam::111122223333:role/" + std::string(64, 'r'),
        "arn:aws:iam::111122223333:role" + path_512 + "r"}) {
    EXPECT_TRUE(IsRoleArn(text)) << text;
  }
}

TEST(IsRoleArn, RefusesWhatIsNoRoleOrBreaksTheRulesForNames) {
  const std::string path_513 = "/" + std::string(511, 'p') + "/";
  for (const std::string& text : {std::string(),
                                  std::string("s3-reader"),
                                  std::string("arn:aws:iam::111122223333:user/u"),
                                  std::string("arn:aws:iam::111122223333:role"),
                                  std::string("arn:aws:iam::111122223333:role/"),
                                  std::string("arn:aws:iam::111122223333:Role/r"),
                                  std::string("arn:aws:iam::111122223333:role/path/"),
                                  std::string("arn:aws:iam::111122223333:role//r"),
                                  std::string("arn:aws:iam::111122223333:role/a b"),
                                  std::string("arn:aws:iam::111122223333:role/a b/r"),
                                  std::string("arn:aws:iam::111122223333:role/\x7f/r"),
                                  std::string("arn:aws:iam::111122223333:role/r\n"),
                                  std::string("arn:aws:iam::111122223333:role/r\xc3\xa9"),
                                  std::string(" arn:aws:iam::111122223333:role/r"),
                                  std::string("arn:aws:iam::11112222333:role/r"),
                                  std::string("arn:aws:iam::1111222233334:role/r"),
                                  std::string("arn:aws:iam::aws:role/r"),
                                  std::string("arn:aws:iam:::role/r"),
                                  std::string("arn:aws:iam:us-east-1:111122223333:role/r"),
                                  std::string("arn:aws:sts::111122223333:role/r"),
                                  std::string("arn:aws:sts::111122223333:assumed-role/r/s"),
                                  std::string("arn:aw:iam::111122223333:role/r"),
                                  "arn:aws:iam::111122223333:role/" + std::string(65, 'r'),
                                  "arn:aws:iam::111122223333:role" + path_513 + "r"}) {
    EXPECT_FALSE(IsRoleArn(text)) << text;
  }
}

}  // namespace
}  // namespace irsa::iam
