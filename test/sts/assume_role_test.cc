// AssumeRole through the service: a role that a token got assumes a role of another account.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/sts/service_fixture.h"

namespace irsa::sts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kTarget = "arn:aws:iam::444455556666:role/team/writer";
constexpr const char* kCaller = "arn:aws:sts::111122223333:assumed-role/s3-reader/cart";
constexpr const char* kUser = "arn:aws:iam::111122223333:user/AKIAIOSFODNN7EXAMPLE";
constexpr const char* kUserCredentials =
    "<AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>";

// A statement of the target's trust policy that allows kRole, with further members.
std::string Statement(const std::string& more = "", const std::string& actions = R"("sts:AssumeRole")",
                      const std::string& principal = R"({"AWS": "arn:aws:iam::111122223333:role/s3-reader"})") {
  return R"({"Effect": "Allow", "Principal": )" + principal + R"(, "Action": )" + actions +
         (more.empty() ? "" : ", " + more) + "}";
}

std::string Condition(const std::string& test) { return R"("Condition": {)" + test + "}"; }

// kTarget, beside the role that tokens get, and an administrator.
struct Chain : ServiceFixture {
  std::string credentials;  // of a session of kRole
  size_t logged = 0;        // lines before the test's own

  explicit Chain(const std::string& statements = Statement()) {
    config.iam.administrators = {{kAccount, "AKIAIOSFODNN7EXAMPLE", "secret"}};
    config.roles.push_back({kTarget, {}, std::chrono::hours(2)});
    Trust(statements);
    credentials = Assume().body;
    logged = log.Lines().size();
  }

  void Trust(const std::string& statements, size_t role = 1) {
    auto policy = iam::ParseTrustPolicy(R"({"Version": "2012-10-17", "Statement": [)" + statements + "]}");
    ASSERT_TRUE(policy.ok()) << policy.error().message;
    config.roles[role].trust_policy = *std::move(policy);
    service->SetRegistry(Registry());
  }

  // AssumeRole with these parameters in place of, or beside, those that it needs.
  http::Response Call(const Parameters& more = {}) { return CallAs(credentials, more); }
  http::Response CallAs(const std::string& who, const Parameters& more = {}) {
    Parameters parameters = {{"Action", "AssumeRole"}, {"Version", "2011-06-15"}};
    const auto add = [&](const char* name, const char* value) {
      if (FindParameter(more, name) == nullptr) parameters.emplace_back(name, value);
    };
    add("RoleArn", kTarget);
    add("RoleSessionName", "till");
    parameters.insert(parameters.end(), more.begin(), more.end());
    http::Request request = Signed(who, parameters);
    request.peer_address = "192.0.2.7";
    return service->Handle(request);
  }

  std::vector<std::string> Lines() const {
    std::vector<std::string> lines = log.Lines();
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(logged));
    return lines;
  }

  std::string ArnOf(const std::string& who) { return Element(service->Handle(SignedRequest(who)).body, "Arn"); }
};

// "403 AccessDenied"
std::string Outcome(const http::Response& response) {
  const std::string code = Element(response.body, "Code");
  return std::to_string(response.status) + (code.empty() ? "" : " " + code);
}

TEST(AssumeRole, GivesASessionOfAnotherAccountsRole) {
  Chain sts;
  const http::Response response = sts.Call();
  EXPECT_EQ(Outcome(response), "200") << response.body;
  EXPECT_THAT(response.body, HasSubstr("<AssumeRoleResponse xmlns="));
  EXPECT_EQ(Element(response.body, "Arn"), "arn:aws:sts::444455556666:assumed-role/writer/till");
  EXPECT_EQ(Element(response.body, "Expiration"), "2026-09-21T15:13:20Z");
  EXPECT_THAT(response.body, Not(HasSubstr("WebIdentity")));
  EXPECT_EQ(sts.ArnOf(response.body), "arn:aws:sts::444455556666:assumed-role/writer/till");
  EXPECT_THAT(sts.Lines(),
              ElementsAre(HasSubstr("role assumed role=" + std::string(kTarget) + " session=till caller=" + kCaller)));
}

TEST(AssumeRole, MayBeChainedOn) {
  Chain sts;
  sts.Trust(Statement("", R"("sts:AssumeRole")", R"({"AWS": "arn:aws:sts::444455556666:assumed-role/writer/till"})"),
            0);
  const std::string second = sts.Call().body;
  const http::Response third = sts.CallAs(second, {{"RoleArn", kRole}, {"RoleSessionName", "back"}});
  EXPECT_EQ(Element(third.body, "Arn"), "arn:aws:sts::111122223333:assumed-role/s3-reader/back") << third.body;
  // The session that is named, and no other of the same role.
  const std::string other = sts.Call({{"RoleSessionName", "other"}}).body;
  EXPECT_EQ(Outcome(sts.CallAs(other, {{"RoleArn", kRole}})), "403 AccessDenied");
}

TEST(AssumeRole, LetsAnAdministratorInWhomThePolicyNames) {
  Chain sts(Statement("", R"("sts:AssumeRole")", R"({"AWS": ")" + std::string(kUser) + "\"}"));
  const http::Response response = sts.CallAs(kUserCredentials, {{"DurationSeconds", "7200"}});
  EXPECT_EQ(Outcome(response), "200") << response.body;
  EXPECT_EQ(Element(response.body, "Expiration"), "2026-09-21T16:13:20Z");  // not chained: the role's own limit
  EXPECT_EQ(Outcome(sts.Call()), "403 AccessDenied");
}

TEST(AssumeRole, IsRefusedByTheTrustPolicyInAwssWords) {
  Chain sts(Statement("", R"("sts:AssumeRole")", R"({"AWS": "arn:aws:iam::111122223333:role/other"})"));
  const http::Response response = sts.Call();
  EXPECT_EQ(Outcome(response), "403 AccessDenied");
  EXPECT_EQ(Element(response.body, "Message"),
            "User: " + std::string(kCaller) + " is not authorized to perform: sts:AssumeRole on resource: " + kTarget);
  EXPECT_THAT(sts.Lines(),
              ElementsAre(AllOf(HasSubstr("role refused role=" + std::string(kTarget) + " caller=" + kCaller +
                                          " check=trust-policy code=AccessDenied detail=statement 1 allows other "
                                          "requests: Principal has \"arn:aws:iam::111122223333:role/other\", the "
                                          "request comes from \"" +
                                          kCaller + "\""),
                                HasSubstr(R"(fix=let a statement of the trust policy have "Principal": {"AWS": )"
                                          R"("arn:aws:iam::111122223333:role/s3-reader"})"))));
}

TEST(AssumeRole, DoesNotSayWhichRolesThereAre) {
  Chain sts;
  const std::string missing = "arn:aws:iam::444455556666:role/missing";
  const http::Response response = sts.Call({{"RoleArn", missing}});
  EXPECT_EQ(Outcome(response), "403 AccessDenied");
  EXPECT_EQ(Element(response.body, "Message"),
            "User: " + std::string(kCaller) + " is not authorized to perform: sts:AssumeRole on resource: " + missing);
  EXPECT_THAT(sts.Lines(), ElementsAre(HasSubstr("detail=there is no role \"" + missing + "\"")));
}

TEST(AssumeRole, KnowsTheCallerByEveryNameThatAPrincipalMayHave) {
  const struct {
    const char* principal;
    const char* outcome;
  } kCases[] = {
      {R"("*")", "200"},
      {R"({"AWS": "*"})", "200"},
      {R"({"AWS": "111122223333"})", "200"},
      {R"({"AWS": "arn:aws:iam::111122223333:root"})", "200"},
      {R"({"AWS": "arn:aws:iam::111122223333:role/s3-reader"})", "200"},
      {R"({"AWS": "arn:aws:sts::111122223333:assumed-role/s3-reader/cart"})", "200"},
      {R"({"AWS": ["444455556666", "111122223333"]})", "200"},
      {R"({"AWS": "444455556666"})", "403 AccessDenied"},
      {R"({"AWS": "arn:aws:iam::111122223333:role/S3-reader"})", "403 AccessDenied"},
      {R"({"AWS": "arn:aws:iam::111122223333:role/*"})", "403 AccessDenied"},
      {R"({"AWS": "arn:aws:sts::111122223333:assumed-role/s3-reader/other"})", "403 AccessDenied"},
      {R"({"AWS": "arn:aws-cn:iam::111122223333:root"})", "403 AccessDenied"},
      {R"({"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.test/id/ABC"})", "403 AccessDenied"},
      {R"({"Service": "111122223333"})", "403 AccessDenied"},
  };
  for (const auto& [principal, outcome] : kCases) {
    Chain sts(Statement("", R"("sts:AssumeRole")", principal));
    EXPECT_EQ(Outcome(sts.Call()), outcome) << principal;
  }
}

TEST(AssumeRole, TakesItsOwnActionOnly) {
  for (const auto& [action, outcome] : {std::pair(R"("sts:*")", "200"), std::pair(R"("sts:assumerole")", "200"),
                                        std::pair(R"("sts:AssumeRoleWithWebIdentity")", "403 AccessDenied"),
                                        std::pair(R"(["sts:TagSession"])", "403 AccessDenied")}) {
    Chain sts(Statement("", action));
    EXPECT_EQ(Outcome(sts.Call()), outcome) << action;
  }
  Chain sts(Statement() + R"(, {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"})");
  EXPECT_EQ(Outcome(sts.Call()), "403 AccessDenied");
  EXPECT_THAT(sts.Lines(), ElementsAre(HasSubstr("detail=statement 2 denies the request: it has no condition")));
}

TEST(AssumeRole, GivesConditionsTheKeysOfTheRequest) {
  const struct {
    const char* name;
    std::string condition;
    Parameters parameters;
    const char* outcome;
  } kCases[] = {
      {"external id", R"("StringEquals": {"sts:ExternalId": "x:1/2"})", {{"ExternalId", "x:1/2"}}, "200"},
      {"wrong id", R"("StringEquals": {"sts:ExternalId": "x-1"})", {{"ExternalId", "x-2"}}, "403 AccessDenied"},
      {"no id", R"("StringEquals": {"sts:ExternalId": "x-1"})", {}, "403 AccessDenied"},
      {"an id that nobody asks for", R"("Null": {"aws:userid": "false"})", {{"ExternalId", "x-2"}}, "200"},
      {"session name", R"("StringLike": {"sts:RoleSessionName": "t*"})", {}, "200"},
      {"another name", R"("StringLike": {"sts:RoleSessionName": "x*"})", {}, "403 AccessDenied"},
      {"role", R"("ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/s3-*"})", {}, "200"},
      {"session", R"("ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:*"})", {}, "403 AccessDenied"},
      {"account", R"("StringEquals": {"aws:PrincipalAccount": "111122223333"})", {}, "200"},
      {"type", R"("StringEquals": {"aws:PrincipalType": "AssumedRole"})", {}, "200"},
      {"user id", R"("StringLike": {"aws:userid": "AROA*:cart"})", {}, "200"},
      {"no user", R"("Null": {"aws:username": "true"})", {}, "200"},
      {"address", R"("IpAddress": {"aws:SourceIp": "192.0.2.0/24"})", {}, "200"},
      {"another address", R"("IpAddress": {"aws:SourceIp": "10.0.0.0/8"})", {}, "403 AccessDenied"},
      {"no TLS", R"("Bool": {"aws:SecureTransport": "false"})", {}, "200"},
      {"no MFA", R"("Bool": {"aws:MultiFactorAuthPresent": "true"})", {}, "403 AccessDenied"},
      {"time", R"("DateLessThan": {"aws:CurrentTime": "2026-09-21T14:13:21Z"})", {}, "200"},
      {"no claim", R"("Null": {"oidc.example.test/id/ABC:sub": "true"})", {}, "200"},
      {"organization", R"("StringEquals": {"aws:PrincipalOrgID": "o-1"})", {}, "403 AccessDenied"},
  };
  for (const auto& each : kCases) {
    Chain sts(Statement(Condition(each.condition)));
    EXPECT_EQ(Outcome(sts.Call(each.parameters)), each.outcome) << each.name;
  }
}

TEST(AssumeRole, LogsTheConditionThatRefused) {
  Chain sts(Statement(Condition(R"("StringEquals": {"sts:ExternalId": "x-1"})")));
  sts.Call();
  EXPECT_THAT(sts.Lines(),
              ElementsAre(HasSubstr("detail=statement 1 allows other requests: StringEquals on \"sts:ExternalId\" is "
                                    "not met: the policy has \"x-1\", the request has no such key")));
}

TEST(AssumeRole, IsSignedByCredentialsThatCount) {
  Chain sts;
  EXPECT_EQ(Outcome(sts.Post("Action=AssumeRole&Version=2011-06-15")), "403 MissingAuthenticationToken");
  Chain other;
  EXPECT_EQ(Outcome(sts.CallAs(other.credentials)), "403 InvalidClientTokenId");
  EXPECT_EQ(Outcome(sts.CallAs("<AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId>"
                               "<SecretAccessKey>guessed</SecretAccessKey>")),
            "403 SignatureDoesNotMatch");
  http::Request changed = sts.Signed(sts.credentials, {{"Action", "AssumeRole"}, {"Version", "2011-06-15"}});
  changed.body += "&RoleArn=x";
  EXPECT_EQ(Outcome(sts.service->Handle(changed)), "403 SignatureDoesNotMatch");
  sts.clock.Advance(std::chrono::hours(1));
  EXPECT_EQ(Outcome(sts.Call()), "403 ExpiredToken");
  EXPECT_THAT(sts.Lines(), IsEmpty());
}

TEST(AssumeRole, LastsAnHourAtMostWhenChained) {
  Chain sts;
  EXPECT_EQ(Outcome(sts.Call({{"DurationSeconds", "3600"}})), "200");
  const http::Response response = sts.Call({{"DurationSeconds", "3601"}});
  EXPECT_EQ(Outcome(response), "400 ValidationError");
  EXPECT_EQ(Element(response.body, "Message"),
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
  sts.Trust(Statement("", R"("sts:AssumeRole")", R"({"AWS": "111122223333"})"));
  EXPECT_EQ(Element(sts.CallAs(kUserCredentials, {{"DurationSeconds", "7201"}}).body, "Message"),
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
}

const Parameters kTag = {{"Tags.member.1.Key", "team"}, {"Tags.member.1.Value", "shop"}};
const Parameters kTransitiveTag = {{"Tags.member.1.Key", "team"},
                                   {"Tags.member.1.Value", "shop"},
                                   {"TransitiveTagKeys.member.1", "Team"},
                                   {"TransitiveTagKeys.member.2", "team"}};
constexpr const char* kAllActions = R"(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])";

TEST(AssumeRole, NeedsThePolicysLeaveForTagsAndASourceIdentity) {
  Chain sts;
  const http::Response tagged = sts.Call(kTag);
  EXPECT_EQ(Outcome(tagged), "403 AccessDenied");
  EXPECT_EQ(Element(tagged.body, "Message"),
            "User: " + std::string(kCaller) + " is not authorized to perform: sts:TagSession on resource: " + kTarget);
  EXPECT_THAT(sts.Lines(),
              ElementsAre(AllOf(HasSubstr("detail=the new session has session tags, \"team\", which requires "
                                          "sts:TagSession: statement 1 allows other requests"),
                                HasSubstr("fix=add sts:TagSession to the Action of the statement that allows the "
                                          "caller, or do without it"))));
  EXPECT_THAT(sts.Call({{"SourceIdentity", "ann"}}).body, HasSubstr("perform: sts:SetSourceIdentity on resource"));
  sts.Trust(Statement(Condition(R"("StringEquals": {"aws:RequestTag/team": "shop", "sts:SourceIdentity": "ann"},
                                   "ForAllValues:StringEquals": {"aws:TagKeys": "team"})"),
                      kAllActions));
  Parameters both = kTag;
  both.emplace_back("SourceIdentity", "ann");
  const http::Response response = sts.Call(both);
  EXPECT_EQ(Outcome(response), "200") << response.body;
  EXPECT_EQ(Element(response.body, "SourceIdentity"), "ann");
  both[1].second = "till";
  EXPECT_EQ(Outcome(sts.Call(both)), "403 AccessDenied");
}

// A tag that is transitive and the source identity go on to the next role; other tags are those of this session alone.
TEST(AssumeRole, HandsOnWhatASessionHandsOn) {
  Chain sts(Statement("", kAllActions));
  const auto allow_back = [&](const std::string& condition) {
    sts.Trust(Statement(Condition(condition), kAllActions, R"({"AWS": "444455556666"})"), 0);
  };
  Parameters parameters = kTransitiveTag;
  parameters.insert(parameters.end(),
                    {{"SourceIdentity", "ann"}, {"Tags.member.2.Key", "own"}, {"Tags.member.2.Value", "1"}});
  const std::string second = sts.Call(parameters).body;
  const Parameters back = {{"RoleArn", kRole}};
  allow_back(R"("StringEquals": {"aws:PrincipalTag/team": "shop", "aws:PrincipalTag/own": "1",
                "aws:RequestTag/team": "${aws:PrincipalTag/team}", "aws:SourceIdentity": "ann"},
                "Null": {"aws:RequestTag/own": "true"})");
  const http::Response third = sts.CallAs(second, back);
  EXPECT_EQ(Outcome(third), "200") << third.body;
  EXPECT_EQ(Element(third.body, "SourceIdentity"), "ann");
  sts.Trust(Statement(Condition(R"("StringEquals": {"aws:PrincipalTag/team": "shop"},
                                   "Null": {"aws:PrincipalTag/own": "true"})"),
                      kAllActions));
  EXPECT_EQ(Outcome(sts.CallAs(third.body)), "200");

  http::Response refused = sts.CallAs(third.body, {{"SourceIdentity", "bob"}});
  EXPECT_EQ(Outcome(refused), "403 AccessDenied");
  EXPECT_THAT(refused.body, HasSubstr("sts:SetSourceIdentity"));
  EXPECT_EQ(Outcome(sts.CallAs(third.body, {{"SourceIdentity", "ann"}})), "200");
  refused = sts.CallAs(third.body, kTag);
  EXPECT_EQ(Outcome(refused), "400 InvalidParameterValue");
  EXPECT_THAT(refused.body, HasSubstr("conflicts with a transitive tag key from the calling session"));
  EXPECT_THAT(sts.Lines().back(), HasSubstr("hands the tag \"team\" on"));
  // The next policy has to allow them too.
  sts.Trust(Statement());
  EXPECT_THAT(sts.CallAs(third.body).body, HasSubstr("perform: sts:TagSession"));
}

TEST(AssumeRole, HandsOnWhatATokensClaimsSet) {
  Chain sts(Statement(Condition(R"("StringEquals": {"aws:SourceIdentity": "ann"})"), kAllActions));
  EXPECT_EQ(Outcome(sts.Call()), "403 AccessDenied");
  std::string policy = TrustPolicyText();
  const std::string action = "\"sts:AssumeRoleWithWebIdentity\"";
  policy.replace(policy.find(action), action.size(), "[" + action + ", \"sts:SetSourceIdentity\"]");
  sts.config.roles[0].trust_policy = iam::ParseTrustPolicy(policy).value();
  sts.service->SetRegistry(sts.Registry());
  TestClaims claims;
  claims.more = R"("https://aws.amazon.com/source_identity":"ann")";
  EXPECT_EQ(Element(sts.CallAs(sts.Assume(claims).body).body, "SourceIdentity"), "ann");
}

TEST(AssumeRole, RefusesTagsThatATokenOfCredentialsCannotHold) {
  Chain sts(Statement("", kAllActions));
  Parameters parameters;
  for (int i = 1; i <= 20; ++i) {
    const std::string member = "Tags.member." + std::to_string(i);
    parameters.emplace_back(member + ".Key", "k" + std::to_string(i));
    parameters.emplace_back(member + ".Value", std::string(256, 'v'));
  }
  EXPECT_EQ(Outcome(sts.Call(parameters)), "400 PackedPolicyTooLarge");
  parameters.resize(20);
  const http::Response response = sts.Call(parameters);
  EXPECT_EQ(Outcome(response), "200");
  EXPECT_EQ(sts.ArnOf(response.body), "arn:aws:sts::444455556666:assumed-role/writer/till");
}

TEST(AssumeRole, ChecksItsParametersAfterTheSignature) {
  Chain sts;
  EXPECT_EQ(Outcome(sts.Call({{"RoleSessionName", "x"}})), "400 ValidationError");
  EXPECT_EQ(Outcome(sts.CallAs("", {{"RoleSessionName", "x"}})), "400 IncompleteSignature");
}

}  // namespace
}  // namespace irsa::sts
