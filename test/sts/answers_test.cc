#include "irsa/sts/answers.h"

#include <gtest/gtest.h>

#include "src/sts/xml_writer.h"
#include "test/sts/test_issuer.h"

namespace irsa::sts {
namespace {

constexpr base::SystemTime kTime{std::chrono::seconds(kNow)};

TEST(IdentityOf, LeavesOutTheRolesPath) {
  const CallerIdentity plain = IdentityOf({kRole, "cart", kTime});
  EXPECT_EQ(plain.arn, "arn:aws:sts::111122223333:assumed-role/s3-reader/cart");
  EXPECT_EQ(plain.account, kAccount);
  EXPECT_EQ(plain.user_id.size(), 21 + std::string(":cart").size());
  EXPECT_TRUE(plain.user_id.starts_with("AROA") && plain.user_id.ends_with(":cart"));
  EXPECT_EQ(IdentityOf({"arn:aws-cn:iam::111122223333:role/team/a/s3-reader", "cart", kTime}).arn,
            "arn:aws-cn:sts::111122223333:assumed-role/s3-reader/cart");
}

TEST(IdentityOf, IsTheSameForTheSameRoleOnly) {
  const Session session{kRole, "cart", kTime};
  EXPECT_EQ(IdentityOf(session), IdentityOf(session));
  EXPECT_NE(IdentityOf(session).user_id, IdentityOf({std::string(kRole) + "2", "cart", kTime}).user_id);
}

TEST(Answers, AreTheXmlOfAwssReference) {
  const AssumedRole role{{"arn:aws:sts::1:assumed-role/r/s", "AROA1:s", "1"},
                         {"ASIA1", "secret", "token==", kTime},
                         "system:serviceaccount:shop:cart",
                         "sts.amazonaws.com",
                         kIssuer};
  EXPECT_EQ(WriteAssumedRole(role, "id-1"),
            R"(<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>system:serviceaccount:shop:cart</SubjectFromWebIdentityToken>
    <Audience>sts.amazonaws.com</Audience>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::1:assumed-role/r/s</Arn>
      <AssumedRoleId>AROA1:s</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIA1</AccessKeyId>
      <SecretAccessKey>secret</SecretAccessKey>
      <SessionToken>token==</SessionToken>
      <Expiration>2026-09-21T14:13:20Z</Expiration>
    </Credentials>
    <Provider>https://oidc.example.test/id/ABC</Provider>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata>
    <RequestId>id-1</RequestId>
  </ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>
)");
  EXPECT_EQ(WriteCallerIdentity(role.identity, "id-2"),
            R"(<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:sts::1:assumed-role/r/s</Arn>
    <UserId>AROA1:s</UserId>
    <Account>1</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>id-2</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
)");
  EXPECT_EQ(WriteError({"AccessDenied", "Not <you>"}, "id-3"),
            R"(<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>AccessDenied</Code>
    <Message>Not &lt;you&gt;</Message>
  </Error>
  <RequestId>id-3</RequestId>
</ErrorResponse>
)");
}

TEST(EscapeXml, EscapesMarkup) {
  EXPECT_EQ(EscapeXml("a&b<c>d\"e'f"), "a&amp;b&lt;c&gt;d&quot;e&apos;f");
  EXPECT_EQ(EscapeXml("]]>"), "]]&gt;");
  EXPECT_EQ(EscapeXml("tab\tline\nreturn\r"), "tab\tline\nreturn&#13;");
}

TEST(EscapeXml, KeepsUtf8) { EXPECT_EQ(EscapeXml("é€😀\xed\x9f\xbf\xef\xbf\xbd"), "é€😀\xed\x9f\xbf\xef\xbf\xbd"); }

TEST(EscapeXml, ReplacesWhatNoDocumentMayHold) {
  const std::string replacement = "\xef\xbf\xbd";
  for (const std::string& text : {std::string(1, '\0'), std::string("\x01"), std::string("\x1f"), std::string("\x80"),
                                  std::string("\xc0"), std::string("\xc3"), std::string("\xff"), std::string("\xf5")}) {
    EXPECT_EQ(EscapeXml(text + "x"), replacement + "x");
  }
  EXPECT_EQ(EscapeXml("\xed\xa0\x80"), replacement + replacement + replacement);  // a surrogate
  EXPECT_EQ(EscapeXml("\xef\xbf\xbe"), replacement + replacement + replacement);  // U+FFFE
  EXPECT_EQ(EscapeXml("\xc0\xaf"), replacement + replacement);                    // overlong
  EXPECT_EQ(EscapeXml("\xe2\x82"), replacement + replacement);                    // cut
}

TEST(XmlWriter, ClosesWhatIsOpen) {
  XmlWriter xml("A");
  xml.Open("B");
  xml.Element("C", "");
  EXPECT_EQ(xml.Finish(),
            "<A xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <B>\n    <C></C>\n  </B>\n</A>\n");
}

}  // namespace
}  // namespace irsa::sts
