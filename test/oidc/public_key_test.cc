#include "irsa/oidc/public_key.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "irsa/base/base64.h"
#include "irsa/oidc/jwks.h"

#include "test/oidc/rfc_examples.h"
#include "test/oidc/signing_key.h"

namespace irsa::oidc {
namespace {

// A number of that many bits that is odd or even; nobody has its factors.
std::string Modulus(int bits, bool odd = true) {
  std::string bytes(static_cast<size_t>((bits + 7) / 8), '\xab');
  bytes.front() = static_cast<char>(1 << ((bits - 1) % 8));
  bytes.back() = odd ? '\x01' : '\x02';
  return bytes;
}

constexpr char kExponent[] = "\x01\x00\x01";
std::string Exponent() { return {kExponent, 3}; }

Error RsaError(std::string_view modulus, std::string_view exponent) {
  const auto key = PublicKey::FromRsa(modulus, exponent);
  return key.ok() ? Error{ErrorCode::kInternal, "was taken"} : key.error();
}
Error EcError(KeyType curve, std::string_view x, std::string_view y) {
  const auto key = PublicKey::FromEc(curve, x, y);
  return key.ok() ? Error{ErrorCode::kInternal, "was taken"} : key.error();
}
Error Invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }

// base64url(SHA-256(SubjectPublicKeyInfo)) of the keys of RFC 7515, computed with another library.
TEST(PublicKey, HasTheIdThatKubeApiserverComputes) {
  const auto set = ParseJwks(rfc::KeySet());
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->keys.at(0).key.id(), "b9E8JDWjYefFiM0X9V9a098Bd6ZsFyemogCEX016uIw");
  EXPECT_EQ(set->keys.at(1).key.id(), "K9G7DESol8MKeqCZHN442AYv5EHeUNoPRoJTRPYC6Cc");
  EXPECT_EQ(set->keys.at(2).key.id(), "kUbOc9ar7aXgq2km572bVj8vIli0iNUgU0oLhLpYcd8");
}

TEST(PublicKey, SaysWhatItIsFor) {
  struct Case {
    Algorithm algorithm;
    KeyType type;
    std::string_view name;
  };
  for (const Case& one :
       {Case{Algorithm::kRs256, KeyType::kRsa, "RSA"}, Case{Algorithm::kEs256, KeyType::kP256, "EC P-256"},
        Case{Algorithm::kEs384, KeyType::kP384, "EC P-384"}, Case{Algorithm::kEs512, KeyType::kP521, "EC P-521"}}) {
    const PublicKey key = KeyFor(one.algorithm).Public();
    EXPECT_EQ(key.type(), one.type);
    EXPECT_EQ(KeyTypeName(key.type()), one.name);
    EXPECT_EQ(key.algorithm(), one.algorithm);
    for (const Algorithm other : {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512, Algorithm::kEs256,
                                  Algorithm::kEs384, Algorithm::kEs512}) {
      const bool both_rsa = one.type == KeyType::kRsa && AlgorithmName(other).starts_with("RS");
      EXPECT_EQ(key.Fits(other), both_rsa || other == one.algorithm);
    }
  }
}

TEST(PublicKey, GivesItsNumbers) {
  const PublicKey rsa = RsaKey().Public();
  EXPECT_EQ(rsa.modulus().size(), 256U);
  EXPECT_EQ(rsa.exponent(), Exponent());
  EXPECT_EQ(rsa.x() + rsa.y(), "");
  const PublicKey ec = KeyFor(Algorithm::kEs512).Public();
  EXPECT_EQ(ec.x().size(), 66U);
  EXPECT_EQ(ec.y().size(), 66U);
  EXPECT_EQ(ec.modulus() + ec.exponent(), "");
  EXPECT_EQ(PublicKey::FromRsa(rsa.modulus(), rsa.exponent())->id(), rsa.id());
  EXPECT_EQ(PublicKey::FromEc(KeyType::kP521, ec.x(), ec.y())->id(), ec.id());
}

TEST(PublicKey, IsTheSameWithLeadingZeros) {
  const PublicKey key = RsaKey().Public();
  const auto padded = PublicKey::FromRsa(std::string(2000, '\0') + key.modulus(), std::string(9, '\0') + Exponent());
  ASSERT_TRUE(padded.ok());
  EXPECT_EQ(padded->id(), key.id());
  EXPECT_EQ(padded->modulus(), key.modulus());
  EXPECT_EQ(padded->exponent(), Exponent());
}

TEST(PublicKey, OfRsaHasALengthWithinTheLimits) {
  EXPECT_TRUE(PublicKey::FromRsa(Modulus(kMinRsaBits), Exponent()).ok());
  EXPECT_TRUE(PublicKey::FromRsa(Modulus(kMaxRsaBits), Exponent()).ok());
  EXPECT_EQ(RsaError(Modulus(kMinRsaBits - 1), Exponent()),
            Invalid("an RSA key of 2047 bits, fewer than the 2048 that are required"));
  EXPECT_EQ(RsaError("", Exponent()), Invalid("an RSA key of 0 bits, fewer than the 2048 that are required"));
  EXPECT_EQ(RsaError(std::string(300, '\0'), Exponent()),
            Invalid("an RSA key of 0 bits, fewer than the 2048 that are required"));
  EXPECT_EQ(RsaError(Modulus(kMaxRsaBits + 1), Exponent()), Invalid("an RSA key of more than 8192 bits"));
}

TEST(PublicKey, OfRsaHasAnOddModulus) {
  EXPECT_EQ(RsaError(Modulus(2048, false), Exponent()), Invalid("an RSA key whose modulus is even"));
}

TEST(PublicKey, OfRsaHasAnOddExponentOf31Bits) {
  const Error error = Invalid("an RSA key whose exponent is not an odd number between 3 and 2^31 - 1");
  for (const std::string& exponent :
       {std::string(), std::string(1, '\0'), std::string("\x01"), std::string("\x02"), std::string("\x04"),
        std::string("\x01\x00\x02", 3), std::string("\x80\x00\x00\x01", 4), std::string(500, '\xff')}) {
    EXPECT_EQ(RsaError(Modulus(2048), exponent), error);
  }
  EXPECT_TRUE(PublicKey::FromRsa(Modulus(2048), "\x03").ok());
  EXPECT_TRUE(PublicKey::FromRsa(Modulus(2048), "\x7f\xff\xff\xff").ok());
}

TEST(PublicKey, OfACurveHasCoordinatesOfItsLength) {
  const PublicKey key = EcKey().Public();
  EXPECT_EQ(EcError(KeyType::kP256, key.x().substr(1), key.y()),
            Invalid("an EC P-256 key whose coordinates have 31 and 32 bytes and not 32"));
  EXPECT_EQ(EcError(KeyType::kP256, key.x(), '\0' + key.y()),
            Invalid("an EC P-256 key whose coordinates have 32 and 33 bytes and not 32"));
  EXPECT_EQ(EcError(KeyType::kP384, key.x(), key.y()),
            Invalid("an EC P-384 key whose coordinates have 32 and 32 bytes and not 48"));
  EXPECT_EQ(EcError(KeyType::kP521, "", ""),
            Invalid("an EC P-521 key whose coordinates have 0 and 0 bytes and not 66"));
}

TEST(PublicKey, OfACurveIsAPointOnIt) {
  const PublicKey key = EcKey().Public();
  const Error error = Invalid("an EC P-256 key that is not on its curve");
  EXPECT_EQ(EcError(KeyType::kP256, key.y(), key.x()), error);
  EXPECT_EQ(EcError(KeyType::kP256, std::string(32, '\0'), std::string(32, '\0')), error);
  EXPECT_EQ(EcError(KeyType::kP256, std::string(32, '\xff'), std::string(32, '\xff')), error);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PublicKey, OfRsaHasNoCoordinates) {
  EXPECT_EQ(EcError(KeyType::kRsa, "", ""), (Error{ErrorCode::kInternal, "an RSA key has no coordinates"}));
}

}  // namespace
}  // namespace irsa::oidc
