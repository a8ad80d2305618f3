#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "irsa/base/base64.h"
#include "irsa/oidc/token_verifier.h"

#include "test/oidc/rfc_examples.h"
#include "test/oidc/signing_key.h"

namespace irsa::oidc {
namespace {

using ::testing::HasSubstr;

constexpr Algorithm kAll[] = {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512,
                              Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512};

std::string Header(Algorithm algorithm, std::string_view more = "") {
  return "{\"alg\":\"" + std::string(AlgorithmName(algorithm)) + "\"" + std::string(more) + "}";
}

Jwt Signed(Algorithm algorithm, const SigningKey& key, std::string_view more = "") {
  return ParseJwt(key.Token(algorithm, Header(algorithm, more), R"({"sub":"a"})")).value();
}

JwkSet KeySet() { return ParseJwks(rfc::KeySet()).value(); }

std::string DetailOf(const Jwt& token, const JwkSet& keys) {
  const auto refusal = VerifySignature(token, keys);
  if (!refusal) return "good";
  return (refusal->failure == TokenFailure::kKeyNotFound ? "key-not-found: " : "bad-signature: ") + refusal->detail;
}

TEST(Signature, OfTheRfcIsGood) {
  EXPECT_EQ(DetailOf(ParseJwt(rfc::kRs256Token).value(), KeySet()), "good");
  EXPECT_EQ(DetailOf(ParseJwt(rfc::kEs256Token).value(), KeySet()), "good");
  Jwt es512;  // its payload is no JSON, so it cannot be parsed
  es512.header.algorithm = Algorithm::kEs512;
  es512.signing_input = rfc::kEs512Input;
  es512.signature = base::DecodeBase64Url(rfc::kEs512Signature).value();
  EXPECT_EQ(DetailOf(es512, KeySet()), "good");
}

TEST(Signature, OfEveryAlgorithmIsGood) {
  for (const Algorithm algorithm : kAll) {
    const SigningKey& key = KeyFor(algorithm);
    EXPECT_EQ(DetailOf(Signed(algorithm, key), SetOf({&key})), "good") << AlgorithmName(algorithm);
  }
}

TEST(Signature, IsBadWhenOneBitOfItIsChanged) {
  for (const Algorithm algorithm : kAll) {
    const JwkSet keys = SetOf({&KeyFor(algorithm)});
    const Jwt token = Signed(algorithm, KeyFor(algorithm));
    for (size_t i = 0; i < token.signature.size(); i += 13) {
      Jwt changed = token;
      changed.signature[i] = static_cast<char>(changed.signature[i] ^ 1);
      EXPECT_EQ(VerifySignature(changed, keys)->failure, TokenFailure::kBadSignature) << i;
    }
  }
}

TEST(Signature, IsBadWhenWhatIsSignedIsChanged) {
  for (const Algorithm algorithm : kAll) {
    Jwt token = Signed(algorithm, KeyFor(algorithm));
    token.signing_input.back() = token.signing_input.back() == 'Q' ? 'g' : 'Q';
    EXPECT_EQ(VerifySignature(token, SetOf({&KeyFor(algorithm)}))->failure, TokenFailure::kBadSignature);
  }
}

TEST(Signature, IsNotByAKeyThatTheAlgorithmIsNotFor) {
  const SigningKey& key = KeyFor(Algorithm::kEs384);
  EXPECT_TRUE(IsSignedBy(Signed(Algorithm::kEs384, key), key.Public()));
  EXPECT_FALSE(IsSignedBy(Signed(Algorithm::kEs256, key), key.Public()));
}

TEST(Signature, HasTheLengthOfItsKey) {
  for (const Algorithm algorithm : kAll) {
    const JwkSet keys = SetOf({&KeyFor(algorithm)});
    const Jwt token = Signed(algorithm, KeyFor(algorithm));
    for (const std::string& signature :
         {std::string(), std::string("x"), token.signature + '\0', '\0' + token.signature, token.signature.substr(1),
          token.signature.substr(0, token.signature.size() - 1), token.signature + token.signature}) {
      Jwt changed = token;
      changed.signature = signature;
      EXPECT_EQ(VerifySignature(changed, keys)->failure, TokenFailure::kBadSignature) << AlgorithmName(algorithm);
    }
  }
}

// OpenSSL 3 itself takes DER, which JOSE does not use; and CVE-2022-21449 was about zeros.
TEST(Signature, OfACurveIsNeitherDerNorZero) {
  for (const Algorithm algorithm : {Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512}) {
    Jwt token = Signed(algorithm, KeyFor(algorithm));
    const JwkSet keys = SetOf({&KeyFor(algorithm)});
    const size_t half = token.signature.size() / 2;
    for (const std::string& signature :
         {KeyFor(algorithm).SignPlain(algorithm, token.signing_input), std::string(2 * half, '\0'),
          std::string(2 * half, '\xff'), std::string(half, '\0') + token.signature.substr(half),
          token.signature.substr(0, half) + std::string(half, '\0'),
          token.signature.substr(half) + token.signature.substr(0, half)}) {
      token.signature = signature;
      EXPECT_EQ(VerifySignature(token, keys)->failure, TokenFailure::kBadSignature);
    }
  }
}

TEST(Signature, IsVerifiedWithTheAlgorithmOfTheHeaderOnly) {
  for (const Algorithm signed_with : {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512}) {
    for (const Algorithm named : {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512}) {
      const Jwt token = ParseJwt(RsaKey().Token(signed_with, Header(named), "{}")).value();
      EXPECT_EQ(VerifySignature(token, SetOf({&RsaKey()})).has_value(), signed_with != named);
    }
  }
}

TEST(Signature, IsNotVerifiedWithAKeyOfAnotherType) {
  for (const Algorithm named : kAll) {
    for (const Algorithm of_key : kAll) {
      const Jwt token = Signed(named, KeyFor(named));
      EXPECT_EQ(IsSignedBy(token, KeyFor(of_key).Public()), &KeyFor(named) == &KeyFor(of_key));
    }
  }
}

TEST(Signature, IsTriedWithTheKeysOfItsId) {
  JwkSet keys = SetOf({&RsaKey(), &OtherRsaKey()});
  keys.keys[0].id = "a";
  keys.keys[1].id = "b";
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey(), R"(,"kid":"a")"), keys), "good");
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey(), R"(,"kid":"b")"), keys),
            "bad-signature: the RS256 signature is not by kid \"b\"");
  keys.keys[1].id = "a";
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, OtherRsaKey(), R"(,"kid":"a")"), keys), "good");
}

TEST(Signature, IsTriedWithAllKeysWhenItNamesNone) {
  const JwkSet keys = SetOf({&EcKey(), &RsaKey(), &OtherRsaKey()});
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, OtherRsaKey()), keys), "good");
  const SigningKey stranger = SigningKey::Rsa();
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, stranger), keys),
            "bad-signature: the RS256 signature is not by any of 2 keys, as the token names none");
}

TEST(Signature, NeedsAKey) {
  JwkSet keys = SetOf({&EcKey()});
  keys.keys[0].id = "a";
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey()), keys),
            "key-not-found: no key for RS256 among the 1 of the key set");
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey(), R"(,"kid":"b")"), keys),
            "key-not-found: no key with kid \"b\" among the 1 of the key set");
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey(), R"(,"kid":"a")"), keys),
            "key-not-found: the key with kid \"a\", of type EC P-256, is not for RS256");
  EXPECT_EQ(DetailOf(Signed(Algorithm::kEs256, EcKey()), JwkSet()),
            "key-not-found: no key for ES256 among the 0 of the key set");
}

TEST(Signature, NeedsAKeyWithAnIdWhenItNamesOne) {
  JwkSet keys = SetOf({&RsaKey()});
  keys.keys[0].id = std::nullopt;
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey(), R"(,"kid":"")"), keys),
            "key-not-found: no key with kid \"\" among the 1 of the key set");
}

TEST(Signature, SaysWhyTheKeyOfItsIdCannotBeUsed) {
  JwkSet keys = SetOf({&RsaKey()});
  keys.skipped = {{1, "b", "its use is \"enc\", not sig"}};
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey(), R"(,"kid":"b")"), keys),
            "key-not-found: the key with kid \"b\" cannot be used: its use is \"enc\", not sig");
}

TEST(Signature, IsNotVerifiedWithAKeyForAnotherAlgorithm) {
  JwkSet keys = SetOf({&RsaKey()});
  keys.keys[0].id = "a";
  keys.keys[0].algorithm = Algorithm::kRs512;
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs512, RsaKey()), keys), "good");
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey()), keys),
            "key-not-found: no key for RS256 among the 1 of the key set");
  EXPECT_EQ(DetailOf(Signed(Algorithm::kRs256, RsaKey(), R"(,"kid":"a")"), keys),
            "key-not-found: the key with kid \"a\", whose alg is RS512, is not for RS256");
}

// SSL_read takes an error that another left in the thread's queue for its own.
TEST(Signature, LeavesNoErrorBehind) {
  Jwt token = Signed(Algorithm::kRs256, RsaKey());
  token.signature = "x";
  EXPECT_FALSE(IsSignedBy(token, RsaKey().Public()));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace irsa::oidc
