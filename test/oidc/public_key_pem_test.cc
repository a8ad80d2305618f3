#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "irsa/base/base64.h"
#include "irsa/oidc/public_key.h"

#include "test/oidc/signing_key.h"

namespace irsa::oidc {
namespace {

Error ErrorOf(std::string_view pem) {
  const auto keys = PublicKeysFromPem(pem);
  return keys.ok() ? Error{ErrorCode::kInternal, "was read"} : keys.error();
}

// "RSA public, EC P-256 private, ", or the error.
std::string Kinds(std::string_view pem) {
  const auto keys = PublicKeysFromPem(pem);
  if (!keys.ok()) return keys.error().message;
  std::string text;
  for (const PemKey& key : *keys) {
    text.append(KeyTypeName(key.key.type())).append(key.from_private_key ? " private, " : " public, ");
  }
  return text;
}

std::string IdOf(std::string_view pem) { return PublicKeysFromPem(pem).value().front().key.id(); }

std::string Block(const std::string& type, std::string_view der) {
  return "-----BEGIN " + type + "-----\n" + base::EncodeBase64(der) + "\n-----END " + type + "-----\n";
}

Error Malformed(std::string message) { return {ErrorCode::kMalformed, std::move(message)}; }

TEST(PublicKeyPem, IsReadInEveryFormThatKubeApiserverTakes) {
  const SigningKey& rsa = RsaKey();
  EXPECT_EQ(Kinds(rsa.PublicPem()), "RSA public, ");
  EXPECT_EQ(Kinds(rsa.RsaPublicPem()), "RSA public, ");
  EXPECT_EQ(Kinds(rsa.CertificatePem()), "RSA public, ");
  EXPECT_EQ(Kinds(rsa.PrivatePem()), "RSA private, ");
  EXPECT_EQ(Kinds(rsa.TraditionalPem()), "RSA private, ");
  for (const std::string& pem : {rsa.RsaPublicPem(), rsa.CertificatePem(), rsa.PrivatePem(), rsa.TraditionalPem()}) {
    EXPECT_EQ(IdOf(pem), IdOf(rsa.PublicPem()));
  }
}

TEST(PublicKeyPem, IsReadForEveryCurve) {
  for (const Algorithm algorithm : {Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512}) {
    const SigningKey& key = KeyFor(algorithm);
    const std::string name(KeyTypeName(key.Public().type()));
    EXPECT_EQ(Kinds(key.PublicPem()), name + " public, ");
    EXPECT_EQ(Kinds(key.PrivatePem()), name + " private, ");
    EXPECT_EQ(Kinds(key.TraditionalPem()), name + " private, ");
    EXPECT_EQ(Kinds(key.CertificatePem()), name + " public, ");
    EXPECT_EQ(IdOf(key.TraditionalPem()), IdOf(key.CertificatePem()));
  }
}

TEST(PublicKeyPem, MayHoldSeveralKeysAndOtherText) {
  EXPECT_EQ(Kinds("# the old one\n" + RsaKey().PublicPem() + "\nthe new one:\n" + EcKey().PrivatePem() + "end\n"),
            "RSA public, EC P-256 private, ");
}

TEST(PublicKeyPem, MayHaveAnyLineEnds) {
  std::string pem = RsaKey().PublicPem();
  pem.pop_back();
  EXPECT_EQ(Kinds(pem), "RSA public, ");
  std::string windows;
  for (const char c : pem + "\n") windows.append(c == '\n' ? "\r\n" : std::string(1, c));
  EXPECT_EQ(Kinds(windows), "RSA public, ");
}

// What `openssl ecparam -genkey` writes.
TEST(PublicKeyPem, IsReadPastBlocksOfOtherTypes) {
  const std::string parameters = Block("EC PARAMETERS", base::DecodeBase64("BggqhkjOPQMBBw==").value());
  EXPECT_EQ(Kinds(parameters + EcKey().TraditionalPem()), "EC P-256 private, ");
  EXPECT_EQ(ErrorOf(parameters), Malformed("no PEM block with a public key"));
  EXPECT_EQ(ErrorOf(parameters + Block("PUBLIC KEY", "x")), Malformed("PEM block 2: unreadable PUBLIC KEY"));
}

TEST(PublicKeyPem, IsNotEmpty) {
  for (const std::string_view text : {std::string_view(), std::string_view(""), std::string_view("\n"),
                                      std::string_view("ssh-rsa AAAA me"), std::string_view("\0\0", 2)}) {
    EXPECT_EQ(ErrorOf(text), Malformed("no PEM block with a public key"));
  }
}

TEST(PublicKeyPem, IsNotBroken) {
  const std::string pem = RsaKey().PublicPem();
  for (const std::string& broken : {pem.substr(0, pem.size() / 2), pem.substr(0, pem.find("-----END")),
                                    std::string("-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n"),
                                    std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n")}) {
    EXPECT_EQ(ErrorOf(broken), Malformed("PEM block 1: unreadable PEM"));
    EXPECT_EQ(ErrorOf(pem + broken), Malformed("PEM block 2: unreadable PEM"));
  }
}

TEST(PublicKeyPem, HoldsWhatItsTypeSays) {
  for (const char* type :
       {"PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}) {
    EXPECT_EQ(ErrorOf(Block(type, "no DER")), Malformed("PEM block 1: unreadable " + std::string(type)));
  }
  EXPECT_EQ(ErrorOf(Block("RSA PUBLIC KEY", EcKey().PublicDer())), Malformed("PEM block 1: unreadable RSA PUBLIC KEY"));
}

TEST(PublicKeyPem, HasNothingAfterTheKey) {
  EXPECT_EQ(ErrorOf(Block("PUBLIC KEY", RsaKey().PublicDer() + "x")), Malformed("PEM block 1: unreadable PUBLIC KEY"));
}

TEST(PublicKeyPem, IsNotEncrypted) {
  const Error error = Malformed("PEM block 1: an encrypted private key; pass its public half");
  EXPECT_EQ(ErrorOf(EcKey().EncryptedPem()), error);
  EXPECT_EQ(ErrorOf(EcKey().EncryptedOldPem()), error);
  EXPECT_EQ(ErrorOf(RsaKey().EncryptedOldPem()), error);
}

TEST(PublicKeyPem, IsOfAKeyThatCanBeUsed) {
  EXPECT_EQ(
      ErrorOf(SigningKey::Ed25519().PublicPem()),
      (Error{ErrorCode::kInvalid,
             "PEM block 1: a key of type ED25519, which is neither RSA nor on the curves P-256, P-384 and P-521"}));
  EXPECT_EQ(
      ErrorOf(EcKey().PublicPem() + SigningKey::Ec("secp256k1").PrivatePem()),
      (Error{ErrorCode::kInvalid,
             "PEM block 2: a key of type secp256k1, which is neither RSA nor on the curves P-256, P-384 and P-521"}));
  EXPECT_EQ(
      ErrorOf(SigningKey::Rsa(1024).PublicPem()),
      (Error{ErrorCode::kInvalid, "PEM block 1: an RSA key of 1024 bits, fewer than the 2048 that are required"}));
}

TEST(PublicKeyPem, IsBounded) {
  const std::string pem = RsaKey().PublicPem();
  EXPECT_EQ(Kinds(pem + std::string(kMaxKeyFileBytes - pem.size(), '\n')), "RSA public, ");
  EXPECT_EQ(ErrorOf(std::string(kMaxKeyFileBytes + 1, '\n')),
            (Error{ErrorCode::kTooLarge, "262145 bytes of PEM, more than the limit of 262144"}));
}

TEST(PublicKeyPem, LeavesNoErrorBehind) {
  EXPECT_EQ(Kinds(RsaKey().PublicPem()), "RSA public, ");
  EXPECT_EQ(ERR_peek_error(), 0U);
  EXPECT_EQ(ErrorOf("-----BEGIN PUBLIC KEY-----\n").code, ErrorCode::kMalformed);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace irsa::oidc
