#include "irsa/oidc/token_verifier.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace irsa::oidc
