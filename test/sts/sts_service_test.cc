#include "irsa/sts/sts_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/sts/query/signature_v4.h"
#include "test/sts/service_fixture.h"

namespace irsa::sts {

std::string ServiceFixture::Timestamp() const { return FormatTimestamp(clock.Now()); }

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::Pair;

// "403 AccessDenied"
std::string Outcome(const http::Response& response) {
  const std::string code = Element(response.body, "Code");
  return std::to_string(response.status) + (code.empty() ? "" : " " + code);
}

TEST(StsService, GivesCredentialsForAGoodToken) {
  ServiceFixture sts;
  const http::Response response = sts.Assume();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/xml");
  EXPECT_EQ(Element(response.body, "SubjectFromWebIdentityToken"), kSubject);
  EXPECT_EQ(Element(response.body, "Audience"), kAudience);
  EXPECT_EQ(Element(response.body, "Provider"), kIssuer);
  EXPECT_EQ(Element(response.body, "Arn"), "arn:aws:sts::111122223333:assumed-role/s3-reader/cart");
  EXPECT_EQ(Element(response.body, "Expiration"), "2026-09-21T15:13:20Z");
  const std::string request_id = Element(response.body, "RequestId");
  EXPECT_THAT(request_id, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_THAT(response.headers, ElementsAre(std::pair("x-amzn-RequestId", request_id)));
  EXPECT_THAT(sts.log.Lines(), ElementsAre(HasSubstr("role assumed role=arn:aws:iam::111122223333:role/s3-reader")));
}

TEST(StsService, TakesATokenWithSpaceAroundIt) {
  ServiceFixture sts;
  EXPECT_EQ(Outcome(sts.Assume(sts.issuer.Token() + "\n")), "200");
  EXPECT_EQ(Outcome(sts.Assume("\r\n " + sts.issuer.Token())), "200");
  EXPECT_EQ(Outcome(sts.Assume(" \n\n ")), "400 InvalidIdentityToken");
  std::string split = sts.issuer.Token();
  EXPECT_EQ(Outcome(sts.Assume(split.insert(split.find('.'), "\n"))), "400 InvalidIdentityToken");
}

TEST(StsService, TakesItsParametersFromTheUrlToo) {
  ServiceFixture sts;
  http::Request request{"GET", "/", sts.AssumeParameters(sts.issuer.Token()), {}, {}, {}};
  EXPECT_EQ(Outcome(sts.service->Handle(request)), "200");
}

TEST(StsService, KnowsTheCallerByTheCredentials) {
  ServiceFixture sts;
  const http::Response response = sts.service->Handle(sts.SignedRequest(sts.Assume().body));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(Element(response.body, "Arn"), "arn:aws:sts::111122223333:assumed-role/s3-reader/cart");
  EXPECT_EQ(Element(response.body, "Account"), kAccount);
  EXPECT_THAT(Element(response.body, "UserId"), MatchesRegex("AROA[A-Z2-7]{17}:cart"));
}

TEST(StsService, KeepsCredentialsGoodUntilTheyExpire) {
  ServiceFixture sts;
  const std::string credentials = sts.Assume().body;
  sts.clock.Advance(std::chrono::seconds(3599));
  EXPECT_EQ(Outcome(sts.service->Handle(sts.SignedRequest(credentials))), "200");
  sts.clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Outcome(sts.service->Handle(sts.SignedRequest(credentials))), "403 ExpiredToken");
}

TEST(StsService, RefusesCredentialsThatItDidNotGive) {
  ServiceFixture sts;
  ServiceFixture other;
  const std::string credentials = sts.Assume().body;
  EXPECT_EQ(Outcome(sts.service->Handle(sts.SignedRequest(other.Assume().body))), "403 InvalidClientTokenId");

  http::Request without_token = sts.SignedRequest(credentials);
  std::erase_if(without_token.headers, [](const auto& header) { return header.first == "X-Amz-Security-Token"; });
  EXPECT_EQ(Outcome(sts.service->Handle(without_token)), "400 IncompleteSignature");

  http::Request unsigned_request = sts.SignedRequest(credentials);
  std::erase_if(unsigned_request.headers, [](const auto& header) { return header.first == "Authorization"; });
  EXPECT_EQ(Outcome(sts.service->Handle(unsigned_request)), "403 MissingAuthenticationToken");

  http::Request changed = sts.SignedRequest(credentials);
  changed.body += "&x=y";
  EXPECT_EQ(Outcome(sts.service->Handle(changed)), "403 SignatureDoesNotMatch");

  const http::Request old = sts.SignedRequest(credentials);
  sts.clock.Advance(std::chrono::seconds(901));
  EXPECT_EQ(Outcome(sts.service->Handle(old)), "403 SignatureDoesNotMatch");
}

TEST(StsService, TakesAPresignedUrlForAQuarterOfAnHour) {
  ServiceFixture sts;
  const std::string credentials = sts.Assume().body;
  for (const char* method : {"GET", "POST"}) {
    http::Request request = sts.PresignedRequest(credentials, method);
    EXPECT_EQ(Outcome(sts.service->Handle(request)), "200") << method;
    request.headers[1].second = "cluster-2";
    EXPECT_EQ(Outcome(sts.service->Handle(request)), "403 SignatureDoesNotMatch");
    request.headers.pop_back();
    EXPECT_EQ(Outcome(sts.service->Handle(request)), "400 IncompleteSignature");
  }
  const http::Request request = sts.PresignedRequest(credentials);
  sts.clock.Advance(std::chrono::seconds(900));
  EXPECT_EQ(Outcome(sts.service->Handle(request)), "200");
  sts.clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Outcome(sts.service->Handle(request)), "403 SignatureDoesNotMatch");
}

TEST(StsService, AnswersInJsonWhenAskedTo) {
  ServiceFixture sts;
  http::Request request = sts.PresignedRequest(sts.Assume().body);
  request.headers.emplace_back("accept", "application/json");
  http::Response response = sts.service->Handle(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, MatchesRegex(R"(\{"GetCallerIdentityResponse":\{"GetCallerIdentityResult":\{)"
                                          R"("Arn":"arn:aws:sts::111122223333:assumed-role/s3-reader/cart",)"
                                          R"("UserId":"AROA[A-Z2-7]{17}:cart","Account":"111122223333"\},)"
                                          R"("ResponseMetadata":\{"RequestId":"[0-9a-f-]{36}"\}\}\}.)"));
  request.query.pop_back();
  response = sts.service->Handle(request);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body,
              MatchesRegex(R"(\{"Error":\{"Type":"Sender","Code":"IncompleteSignature","Message":".*"\},)"
                           R"("RequestId":"[0-9a-f-]{36}"\}.)"));
  EXPECT_THAT(response.headers, ElementsAre(Pair("x-amzn-RequestId", MatchesRegex("[0-9a-f-]{36}"))));
}

TEST(StsService, PutsWhatHttpRefusesInItsOwnForm) {
  const http::Response xml = AnswerRefusal({413, "the body has more than the limit of 7 bytes", {}}, "*/*");
  EXPECT_EQ(xml.status, 413);
  EXPECT_EQ(xml.content_type, "text/xml");
  EXPECT_EQ(Element(xml.body, "Code"), "RequestEntityTooLargeException");
  EXPECT_EQ(Element(xml.body, "Message"), "the body has more than the limit of 7 bytes");
  EXPECT_THAT(xml.headers, ElementsAre(Pair("x-amzn-RequestId", Element(xml.body, "RequestId"))));
  const http::Response json = AnswerRefusal({404, "no such path", {}}, "application/json");
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_THAT(json.body, HasSubstr(R"("Code":"UnknownOperationException","Message":"no such path; STS)"));
}

TEST(StsService, AnswersEachFailedCheckWithItsError) {
  ServiceFixture sts;
  const TestIssuer stranger;
  const auto with = [](std::string TestClaims::*claim, const std::string& value) {
    TestClaims claims;
    claims.*claim = value;
    return claims;
  };
  EXPECT_EQ(Outcome(sts.Assume(stranger.Token())), "400 InvalidIdentityToken");
  EXPECT_EQ(Outcome(sts.Assume("no token at all")), "400 InvalidIdentityToken");
  EXPECT_EQ(Outcome(sts.Assume(with(&TestClaims::iss, "\"https://b.test\""))), "400 InvalidIdentityToken");
  EXPECT_EQ(Outcome(sts.Assume(with(&TestClaims::aud, "\"vault\""))), "400 InvalidIdentityToken");
  EXPECT_EQ(Outcome(sts.Assume(with(&TestClaims::exp, "1"))), "400 ExpiredTokenException");
  EXPECT_EQ(Outcome(sts.Assume(with(&TestClaims::sub, "\"system:serviceaccount:shop:till\""))), "403 AccessDenied");
  sts.config.roles.clear();
  sts.service->SetRegistry(sts.Registry());
  EXPECT_EQ(Outcome(sts.Assume()), "403 AccessDenied");
}

TEST(StsService, LogsWhyARoleWasRefusedButNoToken) {
  ServiceFixture sts;
  TestClaims claims;
  claims.sub = "\"system:serviceaccount:shop:till\"";
  const std::string token = sts.issuer.Token(claims);
  const http::Response response = sts.Assume(token);
  EXPECT_EQ(Element(response.body, "Message"), "Not authorized to perform sts:AssumeRoleWithWebIdentity");
  ASSERT_EQ(sts.log.Lines().size(), 1U);
  EXPECT_THAT(sts.log.Lines().front(), HasSubstr("check=subject code=AccessDenied detail=sub"));
  EXPECT_THAT(sts.log.Lines().front(), Not(HasSubstr(token)));
}

TEST(StsService, SaysWhenKeysCannotBeHad) {
  ServiceFixture sts;
  sts.files.files.clear();
  EXPECT_EQ(Outcome(sts.Assume()), "400 IDPCommunicationError");
  sts.config.providers[0].jwks.clear();
  sts.service->SetRegistry(sts.Registry());
  EXPECT_EQ(Outcome(sts.Assume()), "400 IDPCommunicationError");
  EXPECT_EQ(sts.client.requests.size(), 1U);
  sts.config.providers[0].jwks = "https://keys.test/jwks";
  http::ClientResponse keys;
  keys.status = 200;
  keys.body = sts.issuer.jwks();
  sts.client.answers.insert_or_assign("https://keys.test/jwks", Result<http::ClientResponse>(keys));
  sts.service->SetRegistry(sts.Registry());
  EXPECT_EQ(Outcome(sts.Assume()), "200");
}

// Every call of the IAM API that writes makes a registry, and so does every reload.
TEST(StsService, KeepsAnIssuersKeysWhileOthersChange) {
  ServiceFixture sts;
  sts.config.providers[0].jwks = "https://keys.test/jwks";
  http::ClientResponse keys;
  keys.status = 200;
  keys.body = sts.issuer.jwks();
  sts.client.answers.insert_or_assign("https://keys.test/jwks", Result<http::ClientResponse>(keys));
  sts.service->SetRegistry(sts.Registry());
  EXPECT_EQ(Outcome(sts.Assume()), "200");

  sts.client.answers.clear();
  sts.config.providers.insert(sts.config.providers.begin(), {{"444455556666", kIssuer, {kAudience}}, "keys.json"});
  sts.config.providers[1].provider.client_ids.push_back("vault");
  sts.service->SetRegistry(sts.Registry());
  EXPECT_EQ(Outcome(sts.Assume()), "200");
  EXPECT_EQ(sts.client.requests.size(), 1U);
  sts.clock.Advance(std::chrono::minutes(11));
  EXPECT_EQ(Outcome(sts.Assume()), "200");  // from the last good set
  for (int i = 0; i < 3; ++i) {
    sts.service->SetRegistry(sts.Registry());
    EXPECT_EQ(Outcome(sts.Assume()), "200");
  }
  EXPECT_EQ(sts.client.requests.size(), 2U);

  sts.config.providers[1].jwks = "https://keys.test/other";
  sts.service->SetRegistry(sts.Registry());
  EXPECT_EQ(Outcome(sts.Assume()), "400 IDPCommunicationError");
  EXPECT_EQ(sts.client.requests.size(), 3U);
  sts.config.providers.erase(sts.config.providers.begin() + 1);
  sts.service->SetRegistry(sts.Registry());
  EXPECT_EQ(Outcome(sts.Assume()), "400 InvalidIdentityToken");
}

TEST(StsService, TakesUpChangedKeysFromAFile) {
  ServiceFixture sts;
  const TestIssuer rotated;
  EXPECT_EQ(Outcome(sts.Assume()), "200");
  sts.files.files["keys.json"] = rotated.jwks();
  sts.clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(Outcome(sts.Assume(rotated.Token())), "200");
  EXPECT_EQ(Outcome(sts.Assume()), "400 InvalidIdentityToken");
}

TEST(StsService, HoldsTheRolesLongestSession) {
  ServiceFixture sts;
  Parameters parameters = sts.AssumeParameters(sts.issuer.Token());
  parameters.emplace_back("DurationSeconds", "7200");
  EXPECT_EQ(Element(sts.Post(Form(parameters)).body, "Expiration"), "2026-09-21T16:13:20Z");
  parameters.back().second = "7201";
  const http::Response response = sts.Post(Form(parameters));
  EXPECT_EQ(Outcome(response), "400 ValidationError");
  EXPECT_EQ(Element(response.body, "Message"),
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
}

TEST(StsService, LetsAPolicyAskForTls) {
  for (const bool is_tls : {false, true}) {
    ServiceFixture sts(is_tls);
    sts.config.roles[0].trust_policy = iam::ParseTrustPolicy(R"({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "sts:*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"sts:RoleSessionName": "cart"}}}})")
                                           .value();
    sts.service->SetRegistry(sts.Registry());
    EXPECT_EQ(Outcome(sts.Assume()), is_tls ? "200" : "403 AccessDenied");
  }
}

TEST(StsService, GivesThePolicyTheFactsOfTheRequest) {
  ServiceFixture sts;
  sts.config.roles[0].trust_policy = iam::ParseTrustPolicy(R"({"Version": "2012-10-17", "Statement": {
      "Effect": "Allow", "Principal": "*", "Action": "sts:*",
      "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "StringLike": {"aws:UserAgent": "aws-cli/*"}}}})")
                                         .value();
  sts.service->SetRegistry(sts.Registry());
  http::Request request{"POST", "/", {}, {{"User-Agent", "aws-cli/2"}}, "", {}};
  request.body = Form(sts.AssumeParameters(sts.issuer.Token()));
  request.peer_address = "192.0.2.7";
  EXPECT_EQ(Outcome(sts.service->Handle(request)), "200");
  request.peer_address = "198.51.100.7";
  EXPECT_EQ(Outcome(sts.service->Handle(request)), "403 AccessDenied");
  request.peer_address = "";
  EXPECT_EQ(Outcome(sts.service->Handle(request)), "403 AccessDenied");
  request.peer_address = "192.0.2.7";
  request.headers.clear();
  EXPECT_EQ(Outcome(sts.service->Handle(request)), "403 AccessDenied");
}

TEST(StsService, NamesTheSourceIdentityThatThePolicyLetsTheTokenSet) {
  ServiceFixture sts;
  TestClaims claims;
  claims.more = R"("https://aws.amazon.com/source_identity":"ann")";
  const http::Response refused = sts.Assume(claims);
  EXPECT_EQ(Outcome(refused), "403 AccessDenied");
  EXPECT_EQ(Element(refused.body, "Message"), "Not authorized to perform sts:SetSourceIdentity");
  std::string policy = TrustPolicyText();
  const std::string action = "\"sts:AssumeRoleWithWebIdentity\"";
  policy.replace(policy.find(action), action.size(), "[" + action + ", \"sts:SetSourceIdentity\"]");
  sts.config.roles[0].trust_policy = iam::ParseTrustPolicy(policy).value();
  sts.service->SetRegistry(sts.Registry());
  EXPECT_EQ(Element(sts.Assume(claims).body, "SourceIdentity"), "ann");
}

TEST(StsService, RefusesRequestsThatAreNone) {
  ServiceFixture sts;
  const std::pair<std::string, const char*> cases[] = {
      {"", "400 MissingAction"},
      {"Action=&Version=2011-06-15", "400 MissingAction"},
      {"Action=GetCallerIdentity", "400 InvalidAction"},
      {"Action=GetCallerIdentity&Version=2010-01-01", "400 InvalidAction"},
      {"Action=GetSessionToken&Version=2011-06-15", "400 InvalidAction"},
      {"Action=AssumeRole&Version=2011-06-15", "403 MissingAuthenticationToken"},
      {"Action=%zz", "404 MalformedQueryString"},
      {"Action=a&Action=b", "400 InvalidParameterCombination"},
      {"Action=AssumeRoleWithWebIdentity&Version=2011-06-15", "400 ValidationError"},
      {"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=x&RoleSessionName=y&WebIdentityToken=z",
       "400 ValidationError"},
      {"Action=GetCallerIdentity&Version=2011-06-15", "403 MissingAuthenticationToken"},
      {"x=" + std::string(200'000, 'x'), "400 ValidationError"},
  };
  for (const auto& [body, outcome] : cases) EXPECT_EQ(Outcome(sts.Post(body)), outcome) << body.substr(0, 80);
  EXPECT_THAT(sts.log.Lines(), IsEmpty());
}

TEST(StsService, NamesTheOperationItDoesNotHave) {
  ServiceFixture sts;
  EXPECT_EQ(Element(sts.Post("Action=GetSessionToken&Version=2011-06-15").body, "Message"),
            "Could not find operation GetSessionToken for version 2011-06-15");
  EXPECT_EQ(Element(sts.Post("Action=%3Cx%3E").body, "Message"),
            "Could not find operation &lt;x&gt; for version NO_VERSION_SPECIFIED");
}

TEST(StsService, HasItsRoutes) {
  ServiceFixture sts;
  std::string text;
  for (const http::Route& route : sts.service->Routes()) {
    http::Request request{route.method, route.path, {}, {}, {}, {}};
    text += route.method + " " + route.path + " " + std::to_string(route.handler(request).status) + "\n";
  }
  EXPECT_EQ(text, "GET / 400\nPOST / 400\nGET /healthz 200\n");
}

}  // namespace
}  // namespace irsa::sts
