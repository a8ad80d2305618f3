#include "irsa/sts/answers.h"

#include <gtest/gtest.h>

#include "test/sts/test_issuer.h"

namespace irsa::sts {
namespace {

constexpr base::SystemTime kTime{std::chrono::seconds(kNow)};

TEST(IdentityOf, LeavesOutTheRolesPath) {
  const iam::Signer plain = IdentityOf({kRole, "cart", kTime});
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

const iam::Signer kIdentity{"arn:aws:sts::1:assumed-role/r/s", "AROA1:s", "1"};
const iam::Signer kOfAnn{kIdentity.arn, kIdentity.user_id, "1", {}, {{}, {}, "ann"}};
const Credentials kCredentials{"ASIA1", "secret", "token==", kTime};
const ExchangedToken kToken{"system:serviceaccount:shop:cart", "sts.amazonaws.com", kIssuer};

std::string Assumed(const iam::Signer& identity, const std::optional<ExchangedToken>& token, AnswerFormat format) {
  return AnswerCall(token ? "AssumeRoleWithWebIdentity" : "AssumeRole",
                    AssumedRoleResult(identity, kCredentials, token), {format, "id-1"})
      .body;
}

std::string Identity(AnswerFormat format) {
  return AnswerCall("GetCallerIdentity", CallerIdentityResult(kIdentity), {format, "id-2"}).body;
}

TEST(Answers, AreTheXmlOfAwssReference) {
  EXPECT_EQ(Assumed(kIdentity, kToken, AnswerFormat::kXml),
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
  EXPECT_EQ(Identity(AnswerFormat::kXml),
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
  EXPECT_EQ(AnswerError({"AccessDenied", "Not <you>"}, {AnswerFormat::kXml, "id-3"}).body,
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

// As aws-iam-authenticator and Kong read it. https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
TEST(Answers, AreJsonOfTheSameNames) {
  EXPECT_EQ(Assumed(kOfAnn, kToken, AnswerFormat::kJson),
            R"({"AssumeRoleWithWebIdentityResponse":{"AssumeRoleWithWebIdentityResult":{)"
            R"("SubjectFromWebIdentityToken":"system:serviceaccount:shop:cart","Audience":"sts.amazonaws.com",)"
            R"("AssumedRoleUser":{"Arn":"arn:aws:sts::1:assumed-role/r/s","AssumedRoleId":"AROA1:s"},)"
            R"("Credentials":{"AccessKeyId":"ASIA1","SecretAccessKey":"secret","SessionToken":"token==",)"
            R"("Expiration":1790000000},"Provider":"https://oidc.example.test/id/ABC","SourceIdentity":"ann"},)"
            R"("ResponseMetadata":{"RequestId":"id-1"}}})"
            "\n");
  EXPECT_EQ(Identity(AnswerFormat::kJson),
            R"({"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Arn":"arn:aws:sts::1:assumed-role/r/s",)"
            R"("UserId":"AROA1:s","Account":"1"},"ResponseMetadata":{"RequestId":"id-2"}}})"
            "\n");
  EXPECT_EQ(AnswerError({"AccessDenied", "Not \"you\""}, {AnswerFormat::kJson, "id-3"}).body,
            R"({"Error":{"Type":"Sender","Code":"AccessDenied","Message":"Not \"you\""},"RequestId":"id-3"})"
            "\n");
}

TEST(Answers, SayNothingOfATokenWhereThereWasNone) {
  EXPECT_EQ(Assumed(kOfAnn, std::nullopt, AnswerFormat::kXml),
            R"(<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
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
    <SourceIdentity>ann</SourceIdentity>
  </AssumeRoleResult>
  <ResponseMetadata>
    <RequestId>id-1</RequestId>
  </ResponseMetadata>
</AssumeRoleResponse>
)");
  EXPECT_EQ(Assumed(kOfAnn, std::nullopt, AnswerFormat::kJson),
            R"({"AssumeRoleResponse":{"AssumeRoleResult":{)"
            R"("AssumedRoleUser":{"Arn":"arn:aws:sts::1:assumed-role/r/s","AssumedRoleId":"AROA1:s"},)"
            R"("Credentials":{"AccessKeyId":"ASIA1","SecretAccessKey":"secret","SessionToken":"token==",)"
            R"("Expiration":1790000000},"SourceIdentity":"ann"},"ResponseMetadata":{"RequestId":"id-1"}}})"
            "\n");
}

// Also for IAM, which is in another namespace; and of the headers.
TEST(Answers, AreOfTheirNamespaceAndType) {
  const http::Response empty = AnswerCall("DeleteRole", std::nullopt, {AnswerFormat::kXml, "id-4", kIamNamespace});
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.content_type, "text/xml");
  EXPECT_EQ(empty.headers, (std::vector<std::pair<std::string, std::string>>{{"x-amzn-RequestId", "id-4"}}));
  EXPECT_EQ(empty.body,
            R"(<DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
  <ResponseMetadata>
    <RequestId>id-4</RequestId>
  </ResponseMetadata>
</DeleteRoleResponse>
)");
  const http::Response refused = AnswerError({"AccessDenied", ""}, {AnswerFormat::kJson, "id-5"});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.content_type, "application/json");
}

TEST(Answers, NameTheSourceIdentityWhereThereIsOne) {
  EXPECT_EQ(Assumed(kIdentity, std::nullopt, AnswerFormat::kXml).find("SourceIdentity"), std::string::npos);
  EXPECT_NE(Assumed(kOfAnn, kToken, AnswerFormat::kXml).find("    <SourceIdentity>ann</SourceIdentity>\n"),
            std::string::npos);
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

TEST(AnswerTree, HoldsWhatNeitherFormatMayHold) {
  const AnswerNode tree{"A",
                        std::vector<AnswerNode>{{"B", std::string("\xff<\x01")}, {"C", kTime}, {"D", std::string()}}};
  EXPECT_EQ(WriteXml(tree),
            "<A xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <B>\xef\xbf\xbd&lt;\xef\xbf\xbd</B>\n"
            "  <C>2026-09-21T14:13:20Z</C>\n  <D></D>\n</A>\n");
  EXPECT_EQ(WriteJson({&tree, 1}), "{\"A\":{\"B\":\"\xef\xbf\xbd<\\u0001\",\"C\":1790000000,\"D\":\"\"}}\n");
}

TEST(FormatFor, IsJsonWhereItIsPreferredToXml) {
  const std::pair<const char*, AnswerFormat> cases[] = {
      {"", AnswerFormat::kXml},
      {"*/*", AnswerFormat::kXml},
      {"application/json", AnswerFormat::kJson},
      {"Application/JSON", AnswerFormat::kJson},
      {"application/json; charset=utf-8", AnswerFormat::kJson},
      {"application/json, text/plain, */*", AnswerFormat::kJson},
      {"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", AnswerFormat::kXml},
      {"text/xml, application/json", AnswerFormat::kXml},
      {"application/json, text/xml", AnswerFormat::kJson},
      {"text/xml;q=0.5, application/json;q=0.501", AnswerFormat::kJson},
      {"text/xml;q=0.9,application/json ; Q=0.8", AnswerFormat::kXml},
      {"application/json;q=0", AnswerFormat::kXml},
      {"application/json;q=1.000", AnswerFormat::kJson},
      {"application/json;q=x", AnswerFormat::kXml},
      {"application/json;q=", AnswerFormat::kXml},
      {"application/json+x", AnswerFormat::kXml},
      {",,;,", AnswerFormat::kXml},
  };
  for (const auto& [accept, format] : cases) EXPECT_EQ(FormatFor(accept), format) << accept;
}

}  // namespace
}  // namespace irsa::sts
