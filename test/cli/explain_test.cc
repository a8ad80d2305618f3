// irsa explain on token files, run as people run it: each link of the chain broken once.
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/cli/explain_fixture.h"

namespace irsa::cli {
namespace {

using sts::kRole;
using sts::TestClaims;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProcessResult;
using ::testing::StartsWith;

TEST_F(ExplainCommand, ShowsEveryCheckOfAChainThatHolds) {
  EXPECT_EQ(Explain(Whole()), (ProcessResult{0,
                                             R"(sub           "system:serviceaccount:shop:cart"
iss           "https://oidc.example.test/id/ABC"
aud           "sts.amazonaws.com"
exp           2026-09-21T15:13:20Z
role          arn:aws:iam::111122223333:role/s3-reader
at            2026-09-21T14:13:20Z

signature     PASS  ES256 signature by key ")" + key_id +
                                                 R"(" of the
                    issuer
issuer        PASS  iss "https://oidc.example.test/id/ABC" is registered in account 111122223333
audience      PASS  aud "sts.amazonaws.com" is a client id of the provider
expiry        PASS  exp 1790003600 is 60 min away
subject       PASS  sub "system:serviceaccount:shop:cart" meets the trust policy
trust-policy  PASS  statement 1 allows the request

allowed: STS would issue credentials
)",
                                             ""}));
  const json report = ExplainJson(Whole());
  EXPECT_EQ(report["verdict"], "allowed");
  EXPECT_THAT(Results(report), ElementsAre("signature=pass", "issuer=pass", "audience=pass", "expiry=pass",
                                           "subject=pass", "trust-policy=pass"));
  EXPECT_EQ(report["checks"][5], (json{{"name", "trust-policy"},
                                       {"result", "pass"},
                                       {"detail", "statement 1 allows the request"},
                                       {"fix", nullptr},
                                       {"stsError", nullptr}}));
}

TEST_F(ExplainCommand, ShowsStsErrorFixAndSlipOfALinkThatIsBroken) {
  Chain chain = Whole();
  chain.policy = Replaced(chain.policy, "shop:cart", "shop:*");
  const ProcessResult result = Explain(chain);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr(R"(
expiry        PASS  exp 1790003600 is 60 min away
subject       FAIL  sub "system:serviceaccount:shop:cart" is refused by statement 1: StringEquals on
                    "oidc.example.test/id/ABC:sub" requires "system:serviceaccount:shop:*"
                    STS  AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity
                    fix  statement 1: use StringLike
trust-policy  PASS  statement 1 allows the request except for its condition on the subject

problems in the trust policy, as irsa trust-policy --lint reports them:
- StringEquals takes the wildcard in "system:serviceaccount:shop:*" for
  "oidc.example.test/id/ABC:sub" literally
  fix  use StringLike

refused at subject: AccessDenied
)"));
  const json report = ExplainJson(chain);
  EXPECT_EQ(report["verdict"], "refused");
  EXPECT_EQ(report["wrongToken"], nullptr);
  ASSERT_EQ(report["findings"].size(), 1U);
  EXPECT_EQ(report["findings"][0]["code"], "equals-wildcard");
  EXPECT_EQ(
      report["findings"][0]["fixedPolicy"]["Statement"][0]["Condition"]["StringLike"]["oidc.example.test/id/ABC:sub"],
      "system:serviceaccount:shop:*");
  EXPECT_EQ(
      report["checks"][4],
      (json{{"name", "subject"},
            {"result", "fail"},
            {"detail",
             "sub \"system:serviceaccount:shop:cart\" is refused by statement 1: StringEquals on "
             "\"oidc.example.test/id/ABC:sub\" requires \"system:serviceaccount:shop:*\""},
            {"fix", "statement 1: use StringLike"},
            {"stsError",
             {{"code", "AccessDenied"}, {"message", "Not authorized to perform sts:AssumeRoleWithWebIdentity"}}}}));
}

TEST_F(ExplainCommand, NamesASignatureOfAnotherKey) {
  Chain chain = Whole();
  const sts::TestIssuer other;
  chain.jwks = other.jwks();
  const json unknown = Failure(ExplainJson(chain));
  EXPECT_EQ(unknown["name"], "signature");
  EXPECT_EQ(unknown["stsError"]["code"], "InvalidIdentityToken");
  EXPECT_THAT(unknown["detail"], HasSubstr("no key with kid \"" + key_id + "\""));

  chain.jwks = Replaced(other.jwks(), other.keys()->keys.front().key.id(), key_id);
  const json forged = Failure(ExplainJson(chain));
  EXPECT_EQ(forged["name"], "signature");
  EXPECT_THAT(forged["detail"], HasSubstr("signature is not by kid"));
}

TEST_F(ExplainCommand, NamesATokenThatIsNone) {
  for (const std::string& token : {std::string("x"), Whole().token + "\nmore", Whole().token.substr(1)}) {
    Chain chain = Whole();
    chain.token = token;
    const json report = ExplainJson(chain);
    EXPECT_THAT(Results(report),
                ElementsAre("signature=fail InvalidIdentityToken", "issuer=skipped", "audience=skipped",
                            "expiry=skipped", "subject=skipped", "trust-policy=skipped"));
  }
  Chain chain = Whole();
  chain.token = "x";
  EXPECT_THAT(Explain(chain).out, AllOf(StartsWith("role  "), HasSubstr("\nissuer        -     not checked: the token "
                                                                        "could not be read\n")));
}

TEST_F(ExplainCommand, SaysWhatAFileIsThatIsNoToken) {
  const std::string token = Whole().token;
  const std::pair<std::string, const char*> files[] = {
      {R"({"kind": "TokenRequest", "status": {"token": ")" + token + "\"}}",
       "this is the output of kubectl create token"},
      {R"({"kind": "Secret"})", "this is a Secret"},
      {"[]", ""},
      {"{}", "this is JSON"},
      {"ZXlKaGJHY2lPaUpTVXpJMU5pSjk", "this is a base64-encoded token"},
      {"-----BEGIN CERTIFICATE-----", "this is PEM"},
      {"Bearer " + token, "this is an Authorization header"},
      {"\xEF\xBB\xBF" + token, "this begins with a byte order mark"},
  };
  for (const auto& [file, what] : files) {
    Chain chain = Whole();
    chain.token = file;
    const json report = ExplainJson(chain);
    if (*what == '\0') {
      EXPECT_EQ(report["wrongToken"], nullptr);
      continue;
    }
    ASSERT_TRUE(report["wrongToken"].is_string()) << what;
    EXPECT_THAT(report["wrongToken"].get<std::string>(), StartsWith(what));
    EXPECT_EQ(Failure(report)["detail"], report["wrongToken"]);
  }
}

TEST_F(ExplainCommand, NamesAnIssuerThatIsNotRegistered) {
  Chain chain = Whole();
  chain.issuer = "https://oidc.example.test/id/OTHER";
  const json report = ExplainJson(chain);
  EXPECT_THAT(Results(report), ElementsAre("signature=skipped", "issuer=fail InvalidIdentityToken", "audience=skipped",
                                           "expiry=pass", "subject=skipped", "trust-policy=skipped"));
  EXPECT_THAT(Failure(report)["stsError"]["message"],
              StartsWith("No OpenIDConnect provider found in your account for https://oidc.example.test/id/ABC"));
  EXPECT_EQ(report["wrongToken"], nullptr);  // it may be the right one
}

TEST_F(ExplainCommand, NamesAnAudienceThatIsNoClientId) {
  const json of_token = ExplainJson(With({.aud = "[\"https://kubernetes.default.svc\"]"}));
  EXPECT_EQ(Failure(of_token)["name"], "audience");
  EXPECT_EQ(Failure(of_token)["stsError"]["message"], "Incorrect token audience");
  Chain chain = Whole();
  chain.client_id = "sts.amazonaws.com.cn";
  EXPECT_EQ(Failure(ExplainJson(chain))["name"], "audience");
  EXPECT_EQ(ExplainJson(chain, {"--client-id", sts::kAudience})["verdict"], "allowed");
}

TEST_F(ExplainCommand, NamesATokenOutOfItsTime) {
  Chain chain = Whole();
  chain.at = "2026-09-21T15:18:19.999Z";  // AWS grants five minutes
  EXPECT_EQ(ExplainJson(chain)["verdict"], "allowed");
  chain.at = "2026-09-21T15:18:20Z";
  EXPECT_EQ(Failure(ExplainJson(chain))["name"], "expiry");
  EXPECT_EQ(Failure(ExplainJson(chain))["stsError"]["code"], "ExpiredTokenException");
  const json early = Failure(ExplainJson(With({.nbf = std::to_string(sts::kNow + 60)})));
  EXPECT_EQ(early["name"], "expiry");
  EXPECT_THAT(early["detail"], StartsWith("nbf "));
}

TEST_F(ExplainCommand, NamesASubjectThatThePolicyDoesNotAllow) {
  const json report = ExplainJson(With({.sub = "\"system:serviceaccount:shop:till\""}));
  EXPECT_THAT(Results(report), ElementsAre("signature=pass", "issuer=pass", "audience=pass", "expiry=pass",
                                           "subject=fail AccessDenied", "trust-policy=pass"));
}

TEST_F(ExplainCommand, NamesATrustPolicyThatRefuses) {
  const std::tuple<const char*, const char*, const char*> slips[] = {
      {"AssumeRoleWithWebIdentity", "AssumeRole", "Action"},
      {"arn:aws:iam::111122223333:oidc-provider", "arn:aws:iam::444455556666:oidc-provider", "Principal"},
      {"\"Allow\"", "\"Deny\"", "denies the request"},
      {"oidc.example.test/id/ABC:aud", "https://oidc.example.test/id/ABC:aud", "https://oidc.example.test/id/ABC:aud"},
      {"\"sts.amazonaws.com\"", "\"sts.amazonaws.com.cn\"", "sts.amazonaws.com.cn"},
  };
  for (const auto& [from, to, word] : slips) {
    Chain chain = Whole();
    chain.policy = Replaced(chain.policy, from, to);
    const json failure = Failure(ExplainJson(chain));
    EXPECT_EQ(failure["name"], "trust-policy") << to;
    EXPECT_EQ(failure["stsError"]["code"], "AccessDenied") << to;
    EXPECT_THAT(failure["detail"].get<std::string>(), ::testing::ContainsRegex(word)) << to;
  }
}

TEST_F(ExplainCommand, NamesARoleArnThatIsNone) {
  Chain chain = Whole();
  chain.role = "arn:aws:iam::1111:role/s3-reader";
  const json report = ExplainJson(chain);
  EXPECT_EQ(report["checks"][5]["stsError"]["code"], "ValidationError");
  EXPECT_EQ(report["verdict"], "refused");
}

TEST_F(ExplainCommand, NamesEveryLinkThatIsBroken) {
  Chain chain = With({.sub = "\"system:serviceaccount:shop:till\"", .aud = "\"other\""});
  chain.at = "2027-01-01T00:00:00Z";
  const json report = ExplainJson(chain);
  EXPECT_THAT(Results(report),
              ElementsAre("signature=pass", "issuer=pass", "audience=fail InvalidIdentityToken",
                          "expiry=fail ExpiredTokenException", "subject=fail AccessDenied", "trust-policy=pass"));
}

TEST_F(ExplainCommand, NamesClaimsThatAreMissing) {
  const std::pair<TestClaims, const char*> cases[] = {
      {{.iss = ""}, "issuer"}, {{.aud = ""}, "audience"}, {{.exp = ""}, "expiry"}, {{.sub = ""}, "subject"}};
  for (const auto& [claims, name] : cases) {
    EXPECT_EQ(Failure(ExplainJson(With(claims)))["name"], name);
    EXPECT_THAT(Explain(With(claims)).out, HasSubstr("           none\n"));
  }
}

TEST_F(ExplainCommand, TakesConditionKeysThatTheTokenDoesNotHave) {
  Chain chain = Whole();
  chain.policy = R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.test/id/ABC"},
    "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"sts:RoleSessionName": "me=1"}}}})";
  EXPECT_EQ(Failure(ExplainJson(chain))["name"], "trust-policy");
  EXPECT_EQ(ExplainJson(chain, {"--condition-key", "sts:RoleSessionName=me=1"})["verdict"], "allowed");
  EXPECT_EQ(ExplainJson(Whole(), {"--condition-key", "my.key=1"})["verdict"], "allowed");
}

TEST_F(ExplainCommand, RefusesAnotherValueForWhatTheTokenSays) {
  for (const char* key : {"oidc.example.test/id/ABC:sub=system:serviceaccount:shop:till", "aws:CurrentTime=2020-01-01",
                          "aws:SecureTransport=false", "aws:RequestTag/team=a"}) {
    const ProcessResult result = Explain(Whole(), {"--condition-key", key});
    EXPECT_EQ(result.exit_status, 2) << key;
    EXPECT_THAT(result.err, HasSubstr("it cannot be given another value")) << key;
  }
}

TEST_F(ExplainCommand, SaysHowToGiveTheSourceAddressOfARealRequest) {
  Chain chain = Whole();
  chain.policy = Replaced(chain.policy, "\"StringEquals\": {",
                          R"("IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringEquals": {)");
  EXPECT_THAT(Failure(ExplainJson(chain))["fix"], HasSubstr("--condition-key aws:SourceIp=VALUE"));
  EXPECT_EQ(ExplainJson(chain, {"--condition-key", "aws:SourceIp=10.1.2.3"})["verdict"], "allowed");
}

TEST_F(ExplainCommand, NamesTheWrongFileBeforeAnythingElse) {
  const ProcessResult api = Explain(With({.aud = "[\"https://kubernetes.default.svc\"]"}));
  EXPECT_EQ(api.exit_status, 1);
  EXPECT_THAT(api.out, HasSubstr("\nwrong token   this is the token for the Kubernetes API"));
  EXPECT_THAT(api.out, Not(HasSubstr("policy.")));
  EXPECT_THAT(api.out, Not(HasSubstr("lint")));

  Chain chain = Whole();
  chain.token = R"({"kind": "TokenRequest", "status": {"token": ")" + chain.token + "\"}}";
  const ProcessResult json_file = Explain(chain);
  EXPECT_THAT(json_file.out, HasSubstr("this is the output of kubectl create token -o json"));
  EXPECT_THAT(json_file.out, Not(HasSubstr(Whole().token)));
  for (const auto& [text, what] :
       {std::pair("ZXlKaGJHY2lPaUpTVXpJMU5pSjk=", "base64-encoded token"),
        std::pair("-----BEGIN CERTIFICATE-----", "this is PEM"), std::pair("{}", "this is JSON")}) {
    chain.token = text;
    EXPECT_THAT(Explain(chain).out, HasSubstr(what));
  }
}

TEST_F(ExplainCommand, TakesTheOutputOfGetRoleAndNoOtherRoles) {
  Chain chain = Whole();
  chain.policy = R"({"Role": {"Arn": "arn:aws:iam::111122223333:role/s3-reader", "AssumeRolePolicyDocument": )" +
                 Whole().policy + "}}";
  EXPECT_EQ(ExplainJson(chain)["verdict"], "allowed");
  chain.policy = Replaced(chain.policy, "role/s3-reader", "role/other");
  const ProcessResult other = Explain(chain);
  EXPECT_EQ(other.exit_status, 1);
  EXPECT_THAT(other.err, HasSubstr("belongs to arn:aws:iam::111122223333:role/other"));
}

TEST_F(ExplainCommand, RefusesAnIssuerThatIamCannotRegister) {
  for (const char* url : {"https://oidc.example.test:6443", "https://kubernetes.default.svc"}) {
    Chain chain = Whole();
    chain.issuer = url;
    EXPECT_EQ(Explain(chain).exit_status, 2) << url;
  }
  const std::string token = directory.Write("token", issuer.Token({.iss = "\"https://k8s.example.test:6443\""}));
  const ProcessResult result =
      Run({"--token", token, "--jwks", directory.Write("jwks", issuer.jwks()), "--role-arn", kRole, "--trust-policy",
           directory.Write("policy", sts::TrustPolicyText()), "--at", kNowText});
  EXPECT_THAT(result.out, HasSubstr("IAM cannot register iss"));
}

TEST_F(ExplainCommand, WritesDatesThatAreFarAway) {
  EXPECT_THAT(Explain(With({.exp = "253402300799"})).out, HasSubstr("\nexp           9999-12-31T23:59:59Z\n"));
}

TEST_F(ExplainCommand, NeverPrintsATokenOrItsSignature) {
  Chain chain = Whole();
  const std::vector<std::string> parts = {chain.token.substr(0, chain.token.find('.')),
                                          chain.token.substr(chain.token.rfind('.') + 1)};
  std::string printed;
  for (const char* output : {"text", "json"}) {
    const ProcessResult good = Explain(chain, {"-o", output});
    Chain broken = chain;
    broken.token += "!";
    const ProcessResult bad = Explain(broken, {"-o", output});
    printed += good.out + good.err + bad.out + bad.err;
  }
  for (const std::string& part : parts) EXPECT_THAT(printed, Not(HasSubstr(part.substr(0, 12))));
}

}  // namespace
}  // namespace irsa::cli
