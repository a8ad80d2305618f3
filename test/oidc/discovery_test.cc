#include "irsa/oidc/discovery.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::oidc {
namespace {

constexpr char kIssuer[] = "https://i.test/id/a";

Error ErrorOf(std::string_view text) {
  const auto uri = ReadJwksUri(text, kIssuer);
  return uri.ok() ? Error{ErrorCode::kInternal, "was read"} : uri.error();
}

// A document with those members after the issuer.
std::string With(std::string_view members) {
  return R"({"issuer":"https://i.test/id/a",)" + std::string(members) + "}";
}

Error Invalid(std::string reason) { return {ErrorCode::kInvalid, "discovery document: " + std::move(reason)}; }

TEST(Discovery, IsWrittenAsIamAsksForIt) {
  EXPECT_EQ(WriteDiscovery({kIssuer, "https://i.test/id/a/openid/v1/jwks", {"RS256", "ES256"}}),
            R"({
  "issuer": "https://i.test/id/a",
  "jwks_uri": "https://i.test/id/a/openid/v1/jwks",
  "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
  "response_types_supported": [
    "id_token"
  ],
  "subject_types_supported": [
    "public"
  ],
  "id_token_signing_alg_values_supported": [
    "RS256",
    "ES256"
  ],
  "claims_supported": [
    "aud",
    "exp",
    "iat",
    "iss",
    "sub"
  ]
}
)");
}

TEST(Discovery, IsReadBackAsItWasWritten) {
  const DiscoveryDocument document{kIssuer, "https://i.test/id/a/openid/v1/jwks", {"RS256"}};
  const auto read = ReadJwksUri(WriteDiscovery(document), kIssuer);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, document.jwks_uri);
}

TEST(Discovery, NeedsOnlyIssuerAndKeys) {
  const auto uri = ReadJwksUri(With(R"("jwks_uri":"https://elsewhere.test:8443/k?a=b","more":[{}])"), kIssuer);
  ASSERT_TRUE(uri.ok()) << uri.error().message;
  EXPECT_EQ(*uri, "https://elsewhere.test:8443/k?a=b");
}

TEST(Discovery, IsABoundedJsonObject) {
  EXPECT_EQ(ErrorOf("<html>"), (Error{ErrorCode::kMalformed, "discovery document: not valid JSON at byte 1"}));
  EXPECT_EQ(ErrorOf(std::string(65'537, ' ')),
            (Error{ErrorCode::kTooLarge, "discovery document: 65537 bytes of JSON, more than the limit of 65536"}));
  EXPECT_EQ(ErrorOf(std::string(17, '[') + std::string(17, ']')),
            (Error{ErrorCode::kMalformed, "discovery document: not acceptable JSON: nested deeper than 16"}));
  EXPECT_EQ(ErrorOf(With(R"("issuer":"https://evil.test")")).code, ErrorCode::kMalformed);
  EXPECT_EQ(ErrorOf("[]"), Invalid("not an object"));
}

TEST(Discovery, HasExactlyTheExpectedIssuer) {
  EXPECT_EQ(ErrorOf("{}"), Invalid("issuer is missing"));
  EXPECT_EQ(ErrorOf(R"({"issuer":7})"), Invalid("issuer is not a string but of type number"));
  for (const char* other : {"https://i.test/id/a/", "https://i.test/id/A", "https://i.test:443/id/a", ""}) {
    EXPECT_EQ(ErrorOf("{\"issuer\":\"" + std::string(other) + "\",\"jwks_uri\":\"https://i.test/k\"}"),
              Invalid("its issuer is \"" + std::string(other) + "\", not \"https://i.test/id/a\""));
  }
}

TEST(Discovery, HasAnHttpsUrlOfKeys) {
  EXPECT_EQ(ErrorOf(R"({"issuer":"https://i.test/id/a"})"), Invalid("jwks_uri is missing"));
  EXPECT_EQ(ErrorOf(With(R"("jwks_uri":null)")), Invalid("jwks_uri is missing"));
  EXPECT_EQ(ErrorOf(With(R"("jwks_uri":[])")), Invalid("jwks_uri is not a string but of type array"));
  for (const char* uri : {"", "http://i.test/k", "file:///etc/passwd", "https://", "https:///k", "https://?k",
                          "https://#", "https://i.test/a b", "HTTPS://i.test", "/openid/v1/jwks"}) {
    EXPECT_EQ(ErrorOf(With("\"jwks_uri\":\"" + std::string(uri) + "\"")),
              Invalid("its jwks_uri \"" + std::string(uri) + "\" is not an https URL"));
  }
  EXPECT_EQ(ErrorOf(With(R"("jwks_uri":"https://i.test/\n")")).code, ErrorCode::kInvalid);
  EXPECT_EQ(ErrorOf(With("\"jwks_uri\":\"https://i.test/" + std::string(2048, 'a') + "\"")).code, ErrorCode::kInvalid);
}

TEST(Discovery, ListsAlgorithmsAsStrings) {
  const std::string uri = R"("jwks_uri":"https://i.test/k",)";
  EXPECT_EQ(ErrorOf(With(uri + R"("id_token_signing_alg_values_supported":"RS256")")),
            Invalid("id_token_signing_alg_values_supported is not a list"));
  EXPECT_EQ(ErrorOf(With(uri + R"("id_token_signing_alg_values_supported":["RS256",null])")),
            Invalid("id_token_signing_alg_values_supported lists something other than a string"));
  EXPECT_TRUE(ReadJwksUri(With(uri + R"("id_token_signing_alg_values_supported":[])"), kIssuer).ok());
}

}  // namespace
}  // namespace irsa::oidc
