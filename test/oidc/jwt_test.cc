#include "irsa/oidc/jwt.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"

#include "test/oidc/rfc_examples.h"

namespace irsa::oidc {
namespace {

using base::EncodeBase64Url;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHeader[] = R"({"alg":"RS256"})";
constexpr char kSignature[] = "c2ln";  // "sig"

std::string Token(std::string_view header, std::string_view claims = "{}", std::string_view signature = kSignature) {
  return EncodeBase64Url(header) + "." + EncodeBase64Url(claims) + "." + std::string(signature);
}

NumericDate Seconds(int64_t seconds) { return NumericDate(std::chrono::seconds(seconds)); }

Error ErrorOf(std::string_view token) {
  const auto jwt = ParseJwt(token);
  return jwt.ok() ? Error{ErrorCode::kInternal, "was read"} : jwt.error();
}
Error HeaderError(std::string_view header) { return ErrorOf(Token(header)); }
Error ClaimsError(std::string_view claims) { return ErrorOf(Token(kHeader, claims)); }

// The claims, or none when they are refused.
std::optional<Claims> ClaimsOf(std::string_view claims) {
  auto jwt = ParseJwt(Token(kHeader, claims));
  if (!jwt.ok()) return std::nullopt;
  jwt->claims.json.clear();
  return jwt->claims;
}

Error Malformed(std::string message) { return {ErrorCode::kMalformed, std::move(message)}; }
Error Invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }

TEST(Jwt, ReadsTheSignedExampleOfTheRfc) {
  const auto jwt = ParseJwt(rfc::kRs256Token);
  ASSERT_TRUE(jwt.ok()) << jwt.error().message;
  EXPECT_EQ(jwt->header, (JwtHeader{Algorithm::kRs256, std::nullopt}));
  Claims claims;
  claims.issuer = "joe";
  claims.expires_at = Seconds(1'300'819'380);
  claims.json = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
  EXPECT_EQ(jwt->claims, claims);
  EXPECT_EQ(jwt->signing_input, "eyJhbGciOiJSUzI1NiJ9." + rfc::kClaims);
  EXPECT_EQ(jwt->signature.size(), 256U);
  EXPECT_EQ(ParseJwt(rfc::kEs256Token)->header.algorithm, Algorithm::kEs256);
}

TEST(Jwt, RefusesTheExamplesThatAreNotSignedWithAKeyPair) {
  EXPECT_EQ(ErrorOf(rfc::kHs256Token),
            Invalid("header: alg \"HS256\" signs with a shared secret, which no issuer publishes"));
  EXPECT_EQ(ErrorOf(rfc::kUnsecuredToken), Invalid("header: alg is none: the token is not signed"));
  EXPECT_EQ(ErrorOf(rfc::kEs512Input + "." + rfc::kEs512Signature), Malformed("claims: not valid JSON at byte 1"));
}

TEST(Jwt, ReadsEveryRegisteredClaim) {
  const auto claims = ClaimsOf(
      R"({"iss":"https://i.test","sub":"system:serviceaccount:a:b","aud":["x","y"],"exp":30,"nbf":20,"iat":10,"jti":1})");
  EXPECT_EQ(claims, (Claims{"https://i.test", "system:serviceaccount:a:b", std::vector<std::string>{"x", "y"},
                            Seconds(30), Seconds(20), Seconds(10), ""}));
  EXPECT_EQ(ClaimsOf("{}"), Claims());
}

TEST(Jwt, TakesAStringForOneAudience) {
  EXPECT_EQ(ClaimsOf(R"({"aud":"x"})")->audiences, std::vector<std::string>{"x"});
  EXPECT_EQ(ClaimsOf(R"({"aud":[]})")->audiences, std::vector<std::string>{});
}

TEST(Jwt, ReadsTimesToTheMillisecond) {
  EXPECT_EQ(ClaimsOf(R"({"exp":1.5})")->expires_at, NumericDate(std::chrono::milliseconds(1500)));
  EXPECT_EQ(ClaimsOf(R"({"exp":1.9999})")->expires_at, NumericDate(std::chrono::milliseconds(1999)));
  EXPECT_EQ(ClaimsOf(R"({"exp":1.79e9})")->expires_at, Seconds(1'790'000'000));
  EXPECT_EQ(ClaimsOf(R"({"exp":0})")->expires_at, Seconds(0));
  EXPECT_EQ(ClaimsOf(R"({"exp":253402300799})")->expires_at, Seconds(253'402'300'799));
}

TEST(Jwt, RefusesTimesOutsideOfTheCalendar) {
  for (const char* time : {"-1", "-0.001", "253402300800", "1e300", "18446744073709551615", "-9223372036854775808"}) {
    for (const char* name : {"exp", "nbf", "iat"}) {
      EXPECT_EQ(ClaimsError("{\"" + std::string(name) + "\":" + time + "}"),
                Invalid("claims: " + std::string(name) + " is not a time between 1970 and 9999 in seconds"));
    }
  }
  EXPECT_EQ(ClaimsError(R"({"exp":1e999})"), Malformed("claims: not acceptable JSON: a number is out of range"));
}

TEST(Jwt, RefusesClaimsOfTheWrongType) {
  EXPECT_EQ(ClaimsError(R"({"iss":1})"), Invalid("claims: iss is a JSON number, not a string"));
  EXPECT_EQ(ClaimsError(R"({"iss":null})"), Invalid("claims: iss is a JSON null, not a string"));
  EXPECT_EQ(ClaimsError(R"({"sub":[]})"), Invalid("claims: sub is a JSON array, not a string"));
  EXPECT_EQ(ClaimsError(R"({"aud":{}})"), Invalid("claims: aud is a JSON object, not a string or list"));
  EXPECT_EQ(ClaimsError(R"({"aud":null})"), Invalid("claims: aud is a JSON null, not a string or list"));
  EXPECT_EQ(ClaimsError(R"({"aud":["x",2]})"), Invalid("claims: aud lists a JSON number"));
  EXPECT_EQ(ClaimsError(R"({"exp":"30"})"), Invalid("claims: exp is a JSON string, not a number"));
  EXPECT_EQ(ClaimsError(R"({"exp":null})"), Invalid("claims: exp is a JSON null, not a number"));
  EXPECT_EQ(ClaimsError(R"({"nbf":true})"), Invalid("claims: nbf is a JSON boolean, not a number"));
  EXPECT_EQ(ClaimsError(R"({"iat":[1]})"), Invalid("claims: iat is a JSON array, not a number"));
}

TEST(Jwt, RefusesWhatDoesNotHaveThreeParts) {
  EXPECT_EQ(ErrorOf(""), Malformed("not a token: expected three parts separated by dots, got 1"));
  EXPECT_EQ(ErrorOf("a.b"), Malformed("not a token: expected three parts separated by dots, got 2"));
  EXPECT_EQ(ErrorOf("a.b.c.d"), Malformed("not a token: expected three parts separated by dots, got 4"));
  EXPECT_EQ(ErrorOf("a.b.c.d.e"), Malformed("an encrypted token (JWE, five parts), not a signed one"));
  EXPECT_EQ(ErrorOf("a.b.c.d.e.f"), Malformed("not a token: expected three parts separated by dots, got 6"));
}

TEST(Jwt, RefusesEmptyParts) {
  const std::string header = EncodeBase64Url(kHeader);
  EXPECT_EQ(ErrorOf(".e30.c2ln"), Malformed("header: not valid JSON at byte 1"));
  EXPECT_EQ(ErrorOf(header + "..c2ln"), Malformed("claims: not valid JSON at byte 1"));
  EXPECT_EQ(ErrorOf(header + ".e30."), Malformed("signature: empty"));
}

TEST(Jwt, RefusesEveryOtherWayToWriteItsBytes) {
  const Error signature = Malformed("signature: not canonical unpadded base64url");
  for (const char* text : {"c2ln=", "c2l", "c2lnc", "c2 ln", "c2ln\n", "c2ln ", "c2+/", "c2l\xc3\xa9", "YR", "YQ=="}) {
    EXPECT_EQ(ErrorOf(Token(kHeader, "{}", text)), signature) << text;
  }
  EXPECT_EQ(ErrorOf(" " + Token(kHeader)), Malformed("header: not canonical unpadded base64url"));
  EXPECT_EQ(ErrorOf(Token(kHeader) + "\n"), signature);
  EXPECT_EQ(ErrorOf(EncodeBase64Url(kHeader) + ".e30=.c2ln"), Malformed("claims: not canonical unpadded base64url"));
}

TEST(Jwt, RefusesHeadersAndClaimsThatAreNoObject) {
  EXPECT_EQ(HeaderError("[]"), Malformed("header: a JSON array, not an object"));
  EXPECT_EQ(HeaderError("\"RS256\""), Malformed("header: a JSON string, not an object"));
  EXPECT_EQ(HeaderError("{"), Malformed("header: not valid JSON at byte 2"));
  EXPECT_EQ(HeaderError("{} {}"), Malformed("header: not valid JSON at byte 4"));
  EXPECT_EQ(ClaimsError("null"), Malformed("claims: a JSON null, not an object"));
  EXPECT_EQ(ClaimsError(std::string("{}\0", 3)), Malformed("claims: not valid JSON at byte 3"));
  EXPECT_EQ(ClaimsError("{\"sub\":\"\xff\"}").code, ErrorCode::kMalformed);
}

TEST(Jwt, RefusesNamesThatOccurTwice) {
  EXPECT_EQ(HeaderError(R"({"alg":"none","alg":"RS256"})"),
            Malformed("header: not acceptable JSON: a key occurs twice in an object"));
  EXPECT_EQ(HeaderError(R"({"alg":"RS256","\u0061lg":"none"})"),
            Malformed("header: not acceptable JSON: a key occurs twice in an object"));
  EXPECT_EQ(ClaimsError(R"({"a":{"sub":1,"sub":2}})"),
            Malformed("claims: not acceptable JSON: a key occurs twice in an object"));
}

TEST(Jwt, RefusesWhatIsNestedDeeply) {
  EXPECT_EQ(ClaimsError("{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}"),
            Malformed("claims: not acceptable JSON: nested deeper than 64"));
}

TEST(Jwt, RefusesOtherAlgorithms) {
  EXPECT_EQ(HeaderError("{}"), Invalid("header: alg is missing"));
  EXPECT_EQ(HeaderError(R"({"alg":1})"), Invalid("header: alg is a JSON number, not a string"));
  EXPECT_EQ(HeaderError(R"({"alg":null})"), Invalid("header: alg is a JSON null, not a string"));
  EXPECT_EQ(HeaderError(R"({"alg":"HS512"})"),
            Invalid("header: alg \"HS512\" signs with a shared secret, which no issuer publishes"));
  for (const char* name : {"None", "nOnE", "PS256", "EdDSA", "ES256K", "rs256", ""}) {
    EXPECT_EQ(
        HeaderError("{\"alg\":\"" + std::string(name) + "\"}"),
        Invalid("header: alg \"" + std::string(name) + "\" is none of RS256, RS384, RS512, ES256, ES384 and ES512"));
  }
}

TEST(Jwt, QuotesAnAlgorithmBoundedAndPrintable) {
  const std::string message = HeaderError(R"({"alg":"\u001b[31m\")" + std::string(1000, 'x') + R"("})").message;
  EXPECT_THAT(message, HasSubstr(R"("\x1b[31m\"x)"));
  EXPECT_LT(message.size(), 300U);
}

TEST(Jwt, ReadsTheKeyId) {
  EXPECT_EQ(ParseJwt(Token(R"({"alg":"ES384","kid":"a"})"))->header, (JwtHeader{Algorithm::kEs384, "a"}));
  EXPECT_EQ(ParseJwt(Token(R"({"alg":"ES384","kid":""})"))->header, (JwtHeader{Algorithm::kEs384, ""}));
  EXPECT_EQ(HeaderError(R"({"alg":"ES384","kid":7})"), Invalid("header: kid is a JSON number, not a string"));
  EXPECT_EQ(HeaderError(R"({"alg":"ES384","kid":null})"), Invalid("header: kid is a JSON null, not a string"));
}

TEST(Jwt, RefusesExtensionsThatMustBeUnderstood) {
  const Error crit = Invalid("header: crit lists extensions, and none are supported");
  for (const char* value : {R"(["exp"])", R"(["b64"])", "[]", "null", "{}", R"("exp")"}) {
    EXPECT_EQ(HeaderError(R"({"alg":"RS256","exp":1,"crit":)" + std::string(value) + "}"), crit) << value;
  }
  const Error b64 = Invalid("header: b64 is not true: the payload would not be base64url");
  for (const char* value : {"false", "null", "1", "\"true\""}) {
    EXPECT_EQ(HeaderError(R"({"alg":"RS256","b64":)" + std::string(value) + "}"), b64) << value;
  }
  EXPECT_EQ(HeaderError(R"({"alg":"RS256","b64":false,"crit":["b64"]})"), b64);
  EXPECT_TRUE(ParseJwt(Token(R"({"alg":"RS256","b64":true})")).ok());
}

TEST(Jwt, DoesNotLookAtKeysThatTheTokenBrings) {
  const auto jwt =
      ParseJwt(Token(R"({"alg":"RS256","typ":"JWT","jwk":{"kty":"RSA"},"jku":"https://evil.test","x5c":[1],"x5u":2})"));
  ASSERT_TRUE(jwt.ok());
  EXPECT_EQ(jwt->header, (JwtHeader{Algorithm::kRs256, std::nullopt}));
}

TEST(Jwt, RefusesMoreThanTheLimit) {
  EXPECT_EQ(ErrorOf(std::string(kMaxTokenBytes + 1, '.')),
            (Error{ErrorCode::kTooLarge, "a token of 20001 characters, more than the limit of 20000"}));
  EXPECT_EQ(ErrorOf(std::string(kMaxTokenBytes, '.')).code, ErrorCode::kMalformed);
}

TEST(Jwt, QuotesNothingElseOfTheToken) {
  for (const std::string& token :
       {std::string("topsecret"), Token(R"({"topsecret":1})"), Token(R"({"alg":"RS256","kid":["topsecret"]})"),
        Token(R"({"alg":"RS256","crit":["topsecret"]})"), Token(kHeader, R"({"iss":["topsecret"]})"),
        Token(kHeader, R"({"exp":"topsecret"})"), Token(kHeader, R"({"topsecret":1,"topsecret":1})")}) {
    EXPECT_THAT(ErrorOf(token).message, Not(HasSubstr("topsecret")));
  }
}

}  // namespace
}  // namespace irsa::oidc
