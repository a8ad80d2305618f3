#include "irsa/oidc/token_verifier.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/oidc/signing_key.h"

namespace irsa::oidc {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kNow = 1'790'000'000;
base::SystemTime At(int64_t milliseconds) { return base::SystemTime(std::chrono::milliseconds(milliseconds)); }

Claims ClaimsWith(std::optional<int64_t> expires_at, std::optional<int64_t> not_before = std::nullopt) {
  Claims claims;
  if (expires_at) claims.expires_at = NumericDate(std::chrono::seconds(*expires_at));
  if (not_before) claims.not_before = NumericDate(std::chrono::seconds(*not_before));
  return claims;
}

TEST(TokenTimes, RequireAnExpiry) {
  EXPECT_EQ(CheckTimes(Claims(), At(0)), (TokenRefusal{TokenFailure::kMissingClaim, "exp is missing"}));
}

// Leeway for clocks that differ, to the nanosecond.
TEST(TokenTimes, EndFiveMinutesAfterExp) {
  const Claims claims = ClaimsWith(kNow - 300);
  EXPECT_EQ(CheckTimes(claims, At(kNow * 1000 - 1)), std::nullopt);
  EXPECT_EQ(CheckTimes(claims, base::SystemTime(std::chrono::seconds(kNow)) - std::chrono::nanoseconds(1)),
            std::nullopt);
  EXPECT_EQ(
      CheckTimes(claims, At(kNow * 1000)),
      (TokenRefusal{TokenFailure::kExpired,
                    "exp 1789999700 is at least five minutes before the time of the check, 2026-09-21T14:13:20Z"}));
  EXPECT_EQ(CheckTimes(claims, At(kNow * 1000 + 1))->failure, TokenFailure::kExpired);
}

TEST(TokenTimes, BeginAtTheVeryMomentOfNbf) {
  const Claims claims = ClaimsWith(kNow + 60, kNow);
  EXPECT_EQ(CheckTimes(claims, At(kNow * 1000)), std::nullopt);
  EXPECT_EQ(CheckTimes(claims, At(kNow * 1000 - 1000)),
            (TokenRefusal{TokenFailure::kNotYetValid,
                          "nbf 1790000000 is after the time of the check, 2026-09-21T14:13:19Z"}));
  EXPECT_EQ(CheckTimes(claims, At(kNow * 1000 - 1))->failure, TokenFailure::kNotYetValid);
}

TEST(TokenTimes, NeedNoNbfAndIgnoreIat) {
  Claims claims = ClaimsWith(kNow + 1);
  claims.issued_at = NumericDate(std::chrono::seconds(kNow + 1000));
  EXPECT_EQ(CheckTimes(claims, At(kNow * 1000)), std::nullopt);
}

TEST(TokenTimes, SayExpiredFirst) {
  EXPECT_EQ(CheckTimes(ClaimsWith(kNow - 300, kNow + 60), At(kNow * 1000))->failure, TokenFailure::kExpired);
}

TEST(TokenTimes, MayLieBeyondTheRangeOfTheSystemClock) {
  constexpr int64_t kYear9999 = 253'402'300'799;
  EXPECT_EQ(CheckTimes(ClaimsWith(kYear9999), At(kNow * 1000)), std::nullopt);
  EXPECT_EQ(CheckTimes(ClaimsWith(kYear9999, kYear9999), At(kNow * 1000))->detail,
            "nbf 253402300799 is after the time of the check, 2026-09-21T14:13:20Z");
}

TEST(TokenIssuer, IsComparedToTheByte) {
  Claims claims;
  EXPECT_EQ(CheckIssuer(claims, "https://i.test"), (TokenRefusal{TokenFailure::kMissingClaim, "iss is missing"}));
  claims.issuer = "https://i.test";
  EXPECT_EQ(CheckIssuer(claims, "https://i.test"), std::nullopt);
  for (const char* other : {"https://i.test/", "https://I.test", "https://i.test:443", "http://i.test", "i.test", ""}) {
    EXPECT_EQ(
        CheckIssuer(claims, other),
        (TokenRefusal{TokenFailure::kIssuerMismatch, "iss is \"https://i.test\", not \"" + std::string(other) + "\""}));
  }
}

TEST(TokenIssuer, IsQuotedBoundedAndPrintable) {
  Claims claims;
  claims.issuer = "\n" + std::string(1000, 'x');
  const auto refusal = CheckIssuer(claims, "https://i.test");
  EXPECT_THAT(refusal->detail, HasSubstr(R"(iss is "\x0axxx)"));
  EXPECT_LT(refusal->detail.size(), 250U);
}

class TokenAudience : public ::testing::Test {
 protected:
  std::optional<TokenRefusal> Check(std::vector<std::string> audiences) const {
    Claims claims;
    claims.audiences = std::move(audiences);
    return CheckAudience(claims, client_ids_);
  }

  const std::vector<std::string> client_ids_ = {"sts.amazonaws.com", "other"};
};

TEST_F(TokenAudience, IsOneOfTheClientIds) {
  EXPECT_EQ(Check({"sts.amazonaws.com"}), std::nullopt);
  EXPECT_EQ(Check({"x", "other"}), std::nullopt);
  EXPECT_EQ(Check({"x", "STS.amazonaws.com"}),
            (TokenRefusal{TokenFailure::kAudienceMismatch,
                          R"(aud is "x", "STS.amazonaws.com", which is none of "sts.amazonaws.com", "other")"}));
}

TEST_F(TokenAudience, IsRequired) {
  const TokenRefusal missing{TokenFailure::kMissingClaim, "aud is missing"};
  EXPECT_EQ(CheckAudience(Claims(), client_ids_), missing);
  EXPECT_EQ(Check({}), missing);
}

TEST_F(TokenAudience, IsRefusedWhenThereIsNoClientId) {
  Claims claims;
  claims.audiences = {"x"};
  EXPECT_EQ(CheckAudience(claims, {})->failure, TokenFailure::kAudienceMismatch);
}

TEST_F(TokenAudience, IsListedBounded) {
  EXPECT_THAT(Check(std::vector<std::string>(20, "x"))->detail,
              HasSubstr(R"(aud is "x", "x", "x", "x", "x", "x", "x", "x" and 12 more, which)"));
}

TEST(TokenFailure, HasAName) {
  std::string names;
  for (const TokenFailure failure :
       {TokenFailure::kKeyNotFound, TokenFailure::kBadSignature, TokenFailure::kMissingClaim, TokenFailure::kExpired,
        TokenFailure::kNotYetValid, TokenFailure::kIssuerMismatch, TokenFailure::kAudienceMismatch}) {
    names.append(TokenFailureName(failure)).append(" ");
  }
  EXPECT_EQ(names,
            "key-not-found bad-signature missing-claim expired not-yet-valid issuer-mismatch audience-mismatch ");
}

// What VerifyToken finds with each of these set wrong, together with all that would be found after it.
class WholeToken : public ::testing::Test {
 protected:
  std::optional<TokenRefusal> Verify(std::string_view claims, const SigningKey& published) const {
    const auto jwt = ParseJwt(EcKey().Token(Algorithm::kEs256, R"({"alg":"ES256"})", claims));
    if (!jwt.ok()) return TokenRefusal{TokenFailure::kMissingClaim, "not read: " + jwt.error().message};
    return VerifyToken(*jwt, SetOf({&published}), {"https://i.test", {"sts"}}, At(1'000'000));
  }
  TokenFailure Failure(std::string_view claims, const SigningKey& published) const {
    return Verify(claims, published)->failure;
  }

  const SigningKey other_ = SigningKey::Ec("prime256v1");
};

TEST_F(WholeToken, IsGoodWhenAllIs) {
  EXPECT_EQ(Verify(R"({"iss":"https://i.test","exp":1001,"nbf":999,"aud":["sts"]})", EcKey()), std::nullopt);
}

TEST_F(WholeToken, IsCheckedForItsIssuerFirst) {
  EXPECT_EQ(Failure(R"({"iss":"x","exp":1,"aud":"x"})", other_), TokenFailure::kIssuerMismatch);
  EXPECT_EQ(Failure(R"({"exp":1,"aud":"x"})", other_), TokenFailure::kMissingClaim);
}

TEST_F(WholeToken, IsCheckedForItsSignatureTimesAndAudienceThen) {
  EXPECT_EQ(Failure(R"({"iss":"https://i.test","exp":1,"aud":"x"})", other_), TokenFailure::kBadSignature);
  EXPECT_EQ(Failure(R"({"iss":"https://i.test","exp":1,"aud":"x"})", RsaKey()), TokenFailure::kKeyNotFound);
  EXPECT_EQ(Failure(R"({"iss":"https://i.test","exp":1,"aud":"x"})", EcKey()), TokenFailure::kExpired);
  EXPECT_EQ(Failure(R"({"iss":"https://i.test","exp":2000,"nbf":1001,"aud":"x"})", EcKey()),
            TokenFailure::kNotYetValid);
  EXPECT_EQ(Failure(R"({"iss":"https://i.test","exp":2000,"aud":"x"})", EcKey()), TokenFailure::kAudienceMismatch);
}

}  // namespace
}  // namespace irsa::oidc
