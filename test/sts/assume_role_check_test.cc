#include "irsa/sts/assume_role_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/sts/role_attempt.h"

namespace irsa::sts {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(AssumeRoleCheck, AllowsWhatIsRightInEverything) {
  const AssumeRoleReport report = Attempt().Check();
  ExpectWellFormed(report);
  EXPECT_EQ(Results(report), "pppppp");
  EXPECT_TRUE(report.Allowed());
  EXPECT_EQ(report.subject, kSubject);
  EXPECT_EQ(report.audience, kAudience);
  EXPECT_THAT(report.checks[0].detail, HasSubstr("ES256 signature by key \""));
  EXPECT_EQ(report.checks[3].detail, "exp 1790003600 is 60 min away");
  EXPECT_EQ(report.checks[5].detail, "statement 1 allows the request");
}

TEST(AssumeRoleCheck, NamesItsChecksAndResults) {
  std::string names;
  for (const Check& check : Attempt().Check().checks) names.append(CheckNameText(check.name)).append(" ");
  EXPECT_EQ(names, "signature issuer audience expiry subject trust-policy ");
  EXPECT_EQ(CheckResultText(CheckResult::kPass), "pass");
  EXPECT_EQ(CheckResultText(CheckResult::kFail), "fail");
  EXPECT_EQ(CheckResultText(CheckResult::kSkipped), "skipped");
}

TEST(AssumeRoleCheck, FailsTheSignatureOfWhatIsNoToken) {
  Attempt attempt;
  attempt.token = "not-a-token";
  const AssumeRoleReport report = attempt.Check();
  const Check failure = FailureOf(report, CheckName::kSignature);
  EXPECT_EQ(Results(report), "fsssss");
  EXPECT_EQ(failure.error->code, "InvalidIdentityToken");
  EXPECT_THAT(failure.error->message, StartsWith("The ID Token provided is not a valid JWT."));
  EXPECT_EQ(report.subject, "");
}

TEST(AssumeRoleCheck, FailsTheSignatureOfAnotherKey) {
  Attempt attempt;
  const TestIssuer other;
  attempt.token = other.Token();
  const AssumeRoleReport report = attempt.Check();
  const Check failure = FailureOf(report, CheckName::kSignature);
  EXPECT_EQ(Results(report), "fppppp");
  EXPECT_THAT(failure.detail, HasSubstr("no key with kid"));
  EXPECT_EQ(failure.error->code, "InvalidIdentityToken");
  EXPECT_THAT(failure.error->message, StartsWith("Couldn't retrieve verification key from your identity provider"));
}

// Each is wrong, until the one before it is right.
TEST(AssumeRoleCheck, AnswersWithTheFirstFailureInTheOrderOfTheChecks) {
  Attempt attempt;
  attempt.claims.aud = "\"vault\"";
  attempt.claims.exp = "1";
  attempt.claims.sub = "\"system:serviceaccount:shop:till\"";
  const Attempt other;
  attempt.keys = other.keys;
  EXPECT_EQ(Results(attempt.Check()), "fpfffp");
  FailureOf(attempt.Check(), CheckName::kSignature);
  attempt.keys = attempt.issuer.keys();
  FailureOf(attempt.Check(), CheckName::kAudience);
  attempt.claims.aud = Attempt().claims.aud;
  FailureOf(attempt.Check(), CheckName::kExpiry);
  attempt.claims.exp = Attempt().claims.exp;
  FailureOf(attempt.Check(), CheckName::kSubject);
  attempt.claims.iss = "\"https://b.test\"";
  attempt.claims.aud = "\"vault\"";
  FailureOf(attempt.Check(), CheckName::kIssuer);
}

TEST(AssumeRoleCheck, FailsASignatureThatWasChanged) {
  Attempt attempt;
  attempt.token = attempt.issuer.Token();
  const size_t signature = attempt.token.rfind('.') + 1;
  attempt.token[signature] = attempt.token[signature] == 'A' ? 'B' : 'A';
  const Check failure = FailureOf(attempt.Check(), CheckName::kSignature);
  EXPECT_THAT(failure.detail, HasSubstr("signature is not by kid"));
  EXPECT_EQ(failure.error->code, "InvalidIdentityToken");
  EXPECT_THAT(failure.error->message, HasSubstr("could not be validated by AWS"));
}

TEST(AssumeRoleCheck, TellsKeysThatCannotBeReachedFromThoseThatAreNone) {
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kNotFound}) {
    Attempt attempt;
    attempt.keys = Error{code, "connection refused"};
    const Check failure = FailureOf(attempt.Check(), CheckName::kSignature);
    EXPECT_EQ(failure.error->code, "IDPCommunicationError");
    EXPECT_THAT(failure.detail, HasSubstr("cannot be fetched: connection refused"));
  }
  for (const ErrorCode code : {ErrorCode::kMalformed, ErrorCode::kInvalid, ErrorCode::kTooLarge}) {
    Attempt attempt;
    attempt.keys = Error{code, "not JSON"};
    const Check failure = FailureOf(attempt.Check(), CheckName::kSignature);
    EXPECT_EQ(failure.error->code, "InvalidIdentityToken");
    EXPECT_THAT(failure.detail, HasSubstr("cannot be used: not JSON"));
  }
}

TEST(AssumeRoleCheck, FailsAnIssuerThatIsNotRegistered) {
  Attempt attempt;
  attempt.providers.clear();
  const AssumeRoleReport report = attempt.Check();
  const Check failure = FailureOf(report, CheckName::kIssuer);
  EXPECT_EQ(Results(report), "sfspss");
  EXPECT_EQ(*failure.error,
            (StsError{"InvalidIdentityToken",
                      "No OpenIDConnect provider found in your account for https://oidc.example.test/id/ABC"}));
  EXPECT_EQ(
      failure.detail,
      "the token comes from another issuer: iss \"https://oidc.example.test/id/ABC\" is not registered in account "
      "111122223333");
  EXPECT_THAT(report.findings, IsEmpty());
}

TEST(AssumeRoleCheck, SaysOfAnIssuerThatIamCannotRegisterThatItCannot) {
  Attempt attempt;
  attempt.claims.iss = "\"https://kubernetes.default.svc.cluster.local\"";
  const Check failure = FailureOf(attempt.Check(), CheckName::kIssuer);
  EXPECT_THAT(failure.detail, HasSubstr("has a host that AWS cannot reach"));
  EXPECT_THAT(failure.fix, HasSubstr("--service-account-issuer"));
}

// With no advice about the trust policy: followed, it would trust every pod's default token.
TEST(AssumeRoleCheck, RecognizesTheTokenForTheKubernetesApi) {
  for (const char* aud :
       {R"(["https://kubernetes.default.svc"])", R"(["https://kubernetes.default.svc.cluster.local","k3s"])",
        R"(["https://oidc.example.test/id/ABC"])"}) {
    Attempt attempt;
    attempt.claims.aud = aud;
    const AssumeRoleReport report = attempt.Check();
    EXPECT_THAT(report.wrong_token, StartsWith("this is the token for the Kubernetes API (aud "));
    EXPECT_EQ(Results(report), "ssfsss");
    const Check failure = FailureOf(report, CheckName::kAudience);
    EXPECT_EQ(*failure.error, (StsError{"InvalidIdentityToken", "Incorrect token audience"}));
    EXPECT_THAT(failure.fix, HasSubstr("/var/run/secrets/eks.amazonaws.com/serviceaccount/token"));
    EXPECT_THAT(failure.fix, Not(HasSubstr("policy")));
    EXPECT_THAT(report.findings, IsEmpty());
  }
  Attempt meant;
  meant.claims.aud = R"(["https://kubernetes.default.svc","sts.amazonaws.com"])";
  EXPECT_TRUE(meant.Check().Allowed());
}

TEST(AssumeRoleCheck, RecognizesALegacyTokenFromASecret) {
  Attempt attempt;
  attempt.claims.iss = "\"kubernetes/serviceaccount\"";
  attempt.claims.aud = "";
  const AssumeRoleReport report = attempt.Check();
  EXPECT_THAT(report.wrong_token, StartsWith("this is a legacy token from a Secret"));
  EXPECT_EQ(Results(report), "sfssss");
  EXPECT_EQ(FailureOf(report, CheckName::kIssuer).error->message,
            "No OpenIDConnect provider found in your account for kubernetes/serviceaccount");
}

TEST(AssumeRoleCheck, DoesNotAdviseThePolicyToFitAWrongAudience) {
  Attempt attempt;
  attempt.claims.aud = R"(["vault"])";
  const AssumeRoleReport report = attempt.Check();
  EXPECT_EQ(Results(report), "ppfppp");
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_THAT(FailureOf(report, CheckName::kAudience).fix, Not(HasSubstr("add-client-id")));
}

TEST(AssumeRoleCheck, NamesTheAccountsWhereTheIssuerIsRegistered) {
  Attempt attempt;
  attempt.providers = {{"444455556666", kIssuer, {kAudience}}, {kAccount, "https://other.test", {kAudience}}};
  const Check failure = FailureOf(attempt.Check(), CheckName::kIssuer);
  EXPECT_THAT(failure.detail, HasSubstr("account 111122223333, but in 444455556666"));
}

TEST(AssumeRoleCheck, NamesTheRegisteredIssuerThatDiffersByASlashOrCase) {
  for (const char* similar : {"https://oidc.example.test/id/ABC/", "https://oidc.example.test/id/abc"}) {
    Attempt attempt;
    attempt.providers[0].issuer = similar;
    const Check failure = FailureOf(attempt.Check(), CheckName::kIssuer);
    EXPECT_THAT(failure.detail, HasSubstr(std::string("which has \"") + similar));
    EXPECT_THAT(failure.fix, HasSubstr("exactly as it is in the token"));
  }
}

TEST(AssumeRoleCheck, FailsAnAudienceThatIsNoClientId) {
  Attempt attempt;
  attempt.claims.aud = R"(["vault"])";
  const AssumeRoleReport report = attempt.Check();
  const Check failure = FailureOf(report, CheckName::kAudience);
  EXPECT_EQ(*failure.error, (StsError{"InvalidIdentityToken", "Incorrect token audience"}));
  EXPECT_EQ(report.audience, "vault");
  EXPECT_EQ(Results(report), "ppfppp");
}

TEST(AssumeRoleCheck, TakesTheAudienceThatIsAClientId) {
  Attempt attempt;
  attempt.claims.aud = R"(["vault","sts.amazonaws.com"])";
  const AssumeRoleReport report = attempt.Check();
  EXPECT_TRUE(report.Allowed());
  EXPECT_EQ(report.audience, kAudience);
}

TEST(AssumeRoleCheck, FailsATokenFiveMinutesAfterItExpired) {
  Attempt attempt;
  attempt.claims.exp = std::to_string(kNow - 300);
  const AssumeRoleReport report = attempt.Check();
  const Check failure = FailureOf(report, CheckName::kExpiry);
  EXPECT_EQ(Results(report), "pppfpp");
  EXPECT_EQ(*failure.error, (StsError{"ExpiredTokenException",
                                      "Token expired: current date/time 1790000000 must be before the expiration "
                                      "date/time 1789999700"}));
  for (const auto& [exp, detail] :
       {std::pair(kNow - 299,
                  "exp 1789999701 was 4 min ago, within the five minutes that STS allows for clocks that "
                  "differ"),
        std::pair(kNow, "exp 1790000000 was 0 s ago, within the five minutes that STS allows for clocks that differ"),
        std::pair(kNow + 1, "exp 1790000001 is 1 s away")}) {
    attempt.claims.exp = std::to_string(exp);
    const AssumeRoleReport report_in_time = attempt.Check();
    EXPECT_TRUE(report_in_time.Allowed());
    EXPECT_EQ(report_in_time.checks[3].detail, detail);
  }
}

TEST(AssumeRoleCheck, SaysHowFarExpiryIsAwayEvenInTheYear9999) {
  Attempt attempt;
  for (const auto& [exp, detail] : {std::pair("1790172799", "exp 1790172799 is 47 h 59 min away"),
                                    std::pair("1790172800", "exp 1790172800 is 2 days away"),
                                    std::pair("253402300799", "exp 253402300799 is 2912179 days away")}) {
    attempt.claims.exp = exp;
    EXPECT_EQ(attempt.Check().checks[3].detail, detail);
  }
}

TEST(AssumeRoleCheck, FailsATokenThatIsNotValidYet) {
  Attempt attempt;
  attempt.claims.nbf = std::to_string(kNow + 60);
  const Check failure = FailureOf(attempt.Check(), CheckName::kExpiry);
  EXPECT_EQ(failure.error->code, "InvalidIdentityToken");
  EXPECT_THAT(failure.fix, HasSubstr("clocks"));
}

TEST(AssumeRoleCheck, FailsARoleArnThatIsNone) {
  for (const char* arn : {"", "s3-reader", "arn:aws:iam::1111:role/x", "arn:aws:sts::111122223333:role/x"}) {
    Attempt attempt;
    attempt.role_arn = arn;
    const AssumeRoleReport report = attempt.Check();
    const Check failure = FailureOf(report, CheckName::kTrustPolicy);
    EXPECT_EQ(Results(report), "ssspsf") << arn;
    EXPECT_EQ(*failure.error, (StsError{"ValidationError", "Request ARN is invalid"}));
  }
}

TEST(AssumeRoleCheck, NamesAMissingClaim) {
  const auto without = [](std::string TestClaims::*claim) {
    Attempt attempt;
    attempt.claims.*claim = "";
    return attempt.Check();
  };
  const struct {
    std::string TestClaims::*claim;
    CheckName check;
    const char* message;
    const char* results;
  } cases[] = {
      {&TestClaims::iss, CheckName::kIssuer, "Missing a required claim: iss", "sfspss"},
      {&TestClaims::aud, CheckName::kAudience, "Missing a required claim: aud", "ppfppp"},
      {&TestClaims::exp, CheckName::kExpiry, "Missing a required claim: exp", "pppfpp"},
      {&TestClaims::sub, CheckName::kSubject, "Missing a required claim: sub", "ppppfs"},
  };
  for (const auto& [claim, check, message, results] : cases) {
    const AssumeRoleReport report = without(claim);
    const Check failure = FailureOf(report, check);
    EXPECT_EQ(*failure.error, (StsError{"InvalidIdentityToken", message}));
    EXPECT_EQ(Results(report), results) << message;
  }
}

TEST(AssumeRoleCheck, NeverShowsTheToken) {
  Attempt attempt;
  attempt.token = attempt.issuer.Token() + "x";
  const std::string signature = attempt.token.substr(attempt.token.rfind('.') + 1);
  for (const Check& check : attempt.Check().checks) EXPECT_THAT(check.detail, Not(HasSubstr(signature)));
}

TEST(FindProvider, ComparesAccountAndIssuerExactly) {
  const std::vector<Provider> providers = {{kAccount, kIssuer, {}}, {"444455556666", "https://b.test", {}}};
  EXPECT_EQ(FindProvider(providers, kAccount, kIssuer), &providers[0]);
  EXPECT_EQ(FindProvider(providers, "444455556666", "https://b.test"), &providers[1]);
  EXPECT_EQ(FindProvider(providers, kAccount, "https://b.test"), nullptr);
  for (const char* other :
       {"https://oidc.example.test/id/ABC/", "https://OIDC.example.test/id/ABC", "https://oidc.example.test:443/id/ABC",
        "http://oidc.example.test/id/ABC", "oidc.example.test/id/ABC", ""}) {
    EXPECT_EQ(FindProvider(providers, kAccount, other), nullptr) << other;
  }
}

TEST(AccountOfRole, IsEmptyForWhatIsNoRole) {
  EXPECT_EQ(AccountOfRole(kRole), kAccount);
  EXPECT_THAT(AccountOfRole("arn:aws:iam::111122223333:user/x"), IsEmpty());
}

}  // namespace
}  // namespace irsa::sts
