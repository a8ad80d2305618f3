#include "irsa/oidc/jwks.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"

#include "test/oidc/rfc_examples.h"
#include "test/oidc/signing_key.h"

namespace irsa::oidc {
namespace {

using base::Json;
using ::testing::HasSubstr;

std::string SetText(const std::string& key) { return "{\"keys\":[" + key + "]}"; }

// The JWK with members set, or removed where the value is discarded.
std::string With(const std::string& jwk, const std::string& name, Json value) {
  Json json = Json::parse(jwk);
  json[name] = std::move(value);
  return json.dump();
}
std::string Without(const std::string& jwk, const std::string& name) {
  Json json = Json::parse(jwk);
  json.erase(name);
  return json.dump();
}

// "" for a key that is used, else why it is skipped.
std::string Reason(const std::string& jwk) {
  const auto set = ParseJwks(SetText(jwk));
  if (!set.ok()) return "refused: " + set.error().message;
  if (set->keys.size() + set->skipped.size() != 1) return "not one key";
  return set->skipped.empty() ? "" : set->skipped.front().reason;
}

Error ErrorOf(std::string_view text) {
  const auto set = ParseJwks(text);
  return set.ok() ? Error{ErrorCode::kInternal, "was read"} : set.error();
}

TEST(Jwks, ReadsTheKeysOfTheRfc) {
  const auto set = ParseJwks(rfc::KeySet());
  ASSERT_TRUE(set.ok()) << set.error().message;
  ASSERT_EQ(set->keys.size(), 3U);
  EXPECT_EQ(set->skipped, std::vector<SkippedJwk>());
  std::string read;
  for (const Jwk& jwk : set->keys) read.append(*jwk.id).append(" ").append(KeyTypeName(jwk.key.type())).append("; ");
  EXPECT_EQ(read, "rs256 RSA; es256 EC P-256; es512 EC P-521; ");
  EXPECT_EQ(base::EncodeBase64Url(set->keys[0].key.exponent()), "AQAB");
  EXPECT_EQ(base::EncodeBase64Url(set->keys[1].key.x()), "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
}

TEST(Jwks, TakesTheRfcsSigningKeyAndNamesTheOneForEncryption) {
  const auto set = ParseJwks(rfc::kPublicKeys);
  ASSERT_TRUE(set.ok()) << set.error().message;
  ASSERT_EQ(set->keys.size(), 1U);
  EXPECT_EQ(set->keys[0].id, "2011-04-29");
  EXPECT_EQ(set->keys[0].algorithm, Algorithm::kRs256);
  EXPECT_EQ(set->keys[0].key.modulus().size(), 256U);
  ASSERT_EQ(set->skipped.size(), 1U);
  EXPECT_EQ(set->skipped[0].id, "1");
  EXPECT_EQ(set->skipped[0].reason, "its use is \"enc\", not sig");
}

TEST(Jwks, TakesNoneOfTheRfcsSecrets) {
  const auto set = ParseJwks(rfc::kSecretKeys);
  ASSERT_TRUE(set.ok()) << set.error().message;
  EXPECT_TRUE(set->keys.empty());
  ASSERT_EQ(set->skipped.size(), 2U);
  EXPECT_EQ(set->skipped[0].reason, "a key of type \"oct\", which is neither RSA nor EC");
  EXPECT_EQ(set->skipped[1].id, "HMAC key used in JWS spec Appendix A.1 example");
}

TEST(Jwks, ReadsIdAndAlgorithmWhenTheyAreThere) {
  const auto set = ParseJwks(SetText(rfc::kRs256Key + "," + With(rfc::kRs256Key, "alg", "RS512")));
  ASSERT_EQ(set->keys.size(), 2U);
  EXPECT_EQ(set->keys[0].id, std::nullopt);
  EXPECT_EQ(set->keys[0].algorithm, std::nullopt);
  EXPECT_EQ(set->keys[1].algorithm, Algorithm::kRs512);
}

TEST(Jwks, MayBeEmptyAndHaveOtherMembers) {
  EXPECT_TRUE(ParseJwks(R"({"keys":[]})")->keys.empty());
  EXPECT_TRUE(ParseJwks(R"({"keys":[],"more":{"a":[1]}})").ok());
  EXPECT_EQ(Reason(With(With(rfc::kRs256Key, "x5t", 7), "issuer", "https://i.test")), "");
}

TEST(Jwks, IsAnObjectWithAListOfKeys) {
  for (const char* text : {"[]", "{}", "null", "\"keys\"", R"({"keys":{}})", R"({"keys":null})", R"({"Keys":[]})"}) {
    EXPECT_EQ(ErrorOf(text), (Error{ErrorCode::kInvalid, "key set: not an object with a list named keys"})) << text;
  }
}

TEST(Jwks, IsJson) {
  EXPECT_EQ(ErrorOf(""), (Error{ErrorCode::kMalformed, "key set: not valid JSON at byte 1"}));
  EXPECT_EQ(ErrorOf("<html>").code, ErrorCode::kMalformed);
  EXPECT_EQ(ErrorOf(R"({"keys":[],"keys":[]})"),
            (Error{ErrorCode::kMalformed, "key set: not acceptable JSON: a key occurs twice in an object"}));
  EXPECT_EQ(ErrorOf(R"({"keys":[)" + std::string(20, '[') + std::string(20, ']') + "]}"),
            (Error{ErrorCode::kMalformed, "key set: not acceptable JSON: nested deeper than 16"}));
}

TEST(Jwks, IsBounded) {
  EXPECT_EQ(ErrorOf(std::string((1 << 20) + 1, ' ')),
            (Error{ErrorCode::kTooLarge, "key set: 1048577 bytes of JSON, more than the limit of 1048576"}));
  std::string keys = R"({"keys":[0)";
  for (size_t i = 1; i < kMaxJwksKeys; ++i) keys += ",1";
  EXPECT_TRUE(ParseJwks(keys + "]}").ok());
  EXPECT_EQ(ErrorOf(keys + ",1]}"), (Error{ErrorCode::kTooLarge, "key set: 201 keys, more than the limit of 200"}));
}

TEST(Jwks, NamesTheKeysItSkips) {
  const auto set = ParseJwks(SetText(R"(7,{"kty":"oct","kid":"a\n"},)" + rfc::kEs256Key + R"(,{"kid":3,"kty":"RSA"})"));
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->keys.size(), 1U);
  EXPECT_EQ(set->skipped, (std::vector<SkippedJwk>{{0, std::nullopt, "not an object"},
                                                   {1, "a\n", "a key of type \"oct\", which is neither RSA nor EC"},
                                                   {3, std::nullopt, "kid is not a string"}}));
  EXPECT_EQ(Describe(set->skipped[0]), "key 1: not an object");
  EXPECT_EQ(Describe(set->skipped[1]), R"(key 2 (kid "a\x0a"): a key of type "oct", which is neither RSA nor EC)");
}

TEST(Jwks, SkipsOtherTypesAndCurves) {
  EXPECT_EQ(Reason("{}"), "kty is missing");
  EXPECT_EQ(Reason(R"({"kty":1})"), "kty is not a string");
  EXPECT_EQ(Reason(R"({"kty":"rsa"})"), "a key of type \"rsa\", which is neither RSA nor EC");
  EXPECT_EQ(Reason(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})"), "a key of type \"OKP\", which is neither RSA nor EC");
  EXPECT_EQ(Reason(Without(rfc::kEs256Key, "crv")), "crv is missing");
  EXPECT_EQ(Reason(With(rfc::kEs256Key, "crv", 256)), "crv is not a string");
  EXPECT_EQ(Reason(With(rfc::kEs256Key, "crv", "secp256k1")),
            "a key on the curve \"secp256k1\", not P-256, P-384 or P-521");
}

TEST(Jwks, SkipsKeysForOtherPurposes) {
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "use", "sig")), "");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "use", "enc")), "its use is \"enc\", not sig");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "use", 1)), "use is not a string");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "key_ops", {"sign", "verify"})), "");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "key_ops", {"encrypt"})), "its key_ops do not list verify");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "key_ops", Json::array())), "its key_ops do not list verify");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "key_ops", "verify")), "its key_ops do not list verify");
}

TEST(Jwks, SkipsKeysForOtherAlgorithms) {
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "alg", "PS256")), "its alg \"PS256\" is not supported for a key of type RSA");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "alg", "ES256")), "its alg \"ES256\" is not supported for a key of type RSA");
  EXPECT_EQ(Reason(With(rfc::kEs256Key, "alg", "ES384")),
            "its alg \"ES384\" is not supported for a key of type EC P-256");
  EXPECT_EQ(Reason(With(rfc::kEs256Key, "alg", "none")),
            "its alg \"none\" is not supported for a key of type EC P-256");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "alg", true)), "alg is not a string");
}

TEST(Jwks, SkipsKeysWhosePrivateHalfIsPublished) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth"}) {
    EXPECT_EQ(Reason(With(rfc::kRs256Key, member, "AQAB")),
              "its private member " + std::string(member) +
                  " is published: anyone who has read it can sign tokens, so the key must be replaced");
  }
  EXPECT_THAT(Reason(With(rfc::kEs256Key, "d", nullptr)), HasSubstr("private member d"));
}

TEST(Jwks, SkipsKeysWhoseNumbersCannotBeRead) {
  EXPECT_EQ(Reason(Without(rfc::kRs256Key, "n")), "n is missing");
  EXPECT_EQ(Reason(Without(rfc::kRs256Key, "e")), "e is missing");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "e", 65537)), "e is not a string");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "e", "AQAB=")), "e is not unpadded base64url");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "n", "+/8")), "n is not unpadded base64url");
  EXPECT_EQ(Reason(Without(rfc::kEs256Key, "x")), "x is missing");
  EXPECT_EQ(Reason(Without(rfc::kEs256Key, "y")), "y is missing");
}

TEST(Jwks, SkipsKeysWithNumbersThatAreRefused) {
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "e", "AQ")),
            "an RSA key whose exponent is not an odd number between 3 and 2^31 - 1");
  EXPECT_EQ(Reason(With(rfc::kRs256Key, "n", "AQAB")), "an RSA key of 17 bits, fewer than the 2048 that are required");
  EXPECT_EQ(Reason(With(rfc::kEs256Key, "crv", "P-384")),
            "an EC P-384 key whose coordinates have 32 and 32 bytes and not 48");
  EXPECT_EQ(Reason(With(rfc::kEs256Key, "y", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
            "an EC P-256 key that is not on its curve");
}

TEST(Jwks, IsWrittenAsKubeApiserverDoes) {
  const SigningKey& rsa = RsaKey();
  const SigningKey& ec = EcKey();
  const PublicKey keys[] = {rsa.Public(), ec.Public()};
  const PublicKey* pointers[] = {&keys[0], &keys[1]};
  const auto part = [](const std::string& bytes) { return base::EncodeBase64Url(bytes); };
  EXPECT_EQ(WriteJwks(pointers),
            "{\n  \"keys\": [\n    {\n      \"use\": \"sig\",\n      \"kty\": \"RSA\",\n      \"kid\": \"" +
                keys[0].id() + "\",\n      \"alg\": \"RS256\",\n      \"n\": \"" + part(keys[0].modulus()) +
                "\",\n      \"e\": \"AQAB\"\n    },\n    {\n      \"use\": \"sig\",\n      \"kty\": \"EC\",\n      "
                "\"kid\": \"" +
                keys[1].id() + "\",\n      \"crv\": \"P-256\",\n      \"alg\": \"ES256\",\n      \"x\": \"" +
                part(keys[1].x()) + "\",\n      \"y\": \"" + part(keys[1].y()) + "\"\n    }\n  ]\n}\n");
}

TEST(Jwks, IsWrittenWithEachKeyOnceAndInOrder) {
  const PublicKey rsa = RsaKey().Public();
  const PublicKey again = RsaKey().Public();
  const PublicKey ec = EcKey().Public();
  const PublicKey* pointers[] = {&ec, &rsa, &ec, &again};
  const Json json = Json::parse(WriteJwks(pointers));
  ASSERT_EQ(json.at("keys").size(), 2U);
  EXPECT_EQ(json["keys"][0]["kid"], ec.id());
  EXPECT_EQ(json["keys"][1]["kid"], rsa.id());
  EXPECT_EQ(WriteJwks({}), "{\n  \"keys\": []\n}\n");
}

TEST(Jwks, IsReadBackAsItWasWritten) {
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512}) {
    const PublicKey key = KeyFor(algorithm).Public();
    const PublicKey* pointers[] = {&key};
    const auto set = ParseJwks(WriteJwks(pointers));
    ASSERT_TRUE(set.ok());
    ASSERT_EQ(set->keys.size(), 1U) << Describe(set->skipped.at(0));
    EXPECT_EQ(set->keys[0].id, key.id());
    EXPECT_EQ(set->keys[0].key.id(), key.id());
    EXPECT_EQ(set->keys[0].algorithm, algorithm);
  }
}

}  // namespace
}  // namespace irsa::oidc
