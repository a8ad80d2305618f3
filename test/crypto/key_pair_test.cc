#include "irsa/crypto/key_pair.h"

#include <cstdlib>
#include <ctime>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "irsa/base/time_text.h"

#include "test/crypto/test_certificates.h"
#include "test/testing/fake_file_reader.h"

namespace irsa::crypto {
namespace {

using ::testing::StartsWith;

// One key and certificate, made once: making them is most of what a test here costs.
class ParseKeyPairOfP256 : public ::testing::Test {
 protected:
  const PrivateKeyPtr key = MakeP256Key();
  const std::string certificate_pem = MakeSelfSigned(key.get());
  const std::string key_pem = PemOf(key.get());
};

std::vector<std::string> DersOf(const std::vector<X509Ptr>& certificates) {
  std::vector<std::string> ders;
  for (const X509Ptr& certificate : certificates) ders.push_back(DerOf(certificate.get()));
  return ders;
}

TEST(ParseKeyPair, TakesEveryKindOfKeyThatServesTls) {
  for (const PrivateKeyPtr& key : {MakeP256Key(), MakeRsaKey(2048), MakeEd25519Key()}) {
    const auto pair = ParseKeyPair(MakeSelfSigned(key.get()), PemOf(key.get()));
    ASSERT_TRUE(pair.ok()) << pair.error().message;
    EXPECT_EQ(EVP_PKEY_eq(pair->key.get(), key.get()), 1);
  }
}

TEST(ParseKeyPair, TakesKeysInTheirTraditionalForm) {
  for (const PrivateKeyPtr& key : {MakeP256Key(), MakeRsaKey(2048)}) {
    EXPECT_TRUE(ParseKeyPair(MakeSelfSigned(key.get()), TraditionalPemOf(key.get(), false)).ok());
  }
}

TEST_F(ParseKeyPairOfP256, TakesAKeyAfterTheCurvesParameters) {
  // As "openssl ecparam -name prime256v1 -genkey" writes it.
  const std::string parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  const auto pair = ParseKeyPair(certificate_pem, parameters + TraditionalPemOf(key.get(), false));
  EXPECT_TRUE(pair.ok()) << pair.error().message;
}

TEST_F(ParseKeyPairOfP256, TakesBothFromOneTextAndTextBetween) {
  const std::string both = "Subject: test\n" + key_pem + "and then\n" + certificate_pem;
  EXPECT_TRUE(ParseKeyPair(both, both).ok());
}

TEST_F(ParseKeyPairOfP256, TakesACertificateOfAnAuthority) {
  const auto pair = ParseKeyPair(MakeSelfSigned(key.get(), {.authority = true}), key_pem);
  EXPECT_TRUE(pair.ok()) << pair.error().message;
}

TEST_F(ParseKeyPairOfP256, KeepsTheChainsOrder) {
  const std::string first = MakeSelfSigned(MakeP256Key().get(), {.common_name = "first"});
  const std::string second = MakeSelfSigned(MakeP256Key().get(), {.common_name = "second"});
  const auto pair = ParseKeyPair(certificate_pem + first + second, key_pem);
  ASSERT_TRUE(pair.ok()) << pair.error().message;
  EXPECT_EQ(DerOf(pair->leaf.get()), DersOf(ParseCertificates(certificate_pem).value()).front());
  EXPECT_EQ(DersOf(pair->intermediates), DersOf(ParseCertificates(first + second).value()));
}

TEST_F(ParseKeyPairOfP256, ReadsTheLeafsTimes) {
  const auto pair = ParseKeyPair(
      MakeSelfSigned(key.get(), {.not_before = "20240229123456Z", .not_after = "20991231235959Z"}), key_pem);
  ASSERT_TRUE(pair.ok());
  EXPECT_EQ(base::FormatRfc3339(pair->not_before), "2024-02-29T12:34:56Z");
  EXPECT_EQ(base::FormatRfc3339(pair->not_after), "2099-12-31T23:59:59Z");
}

TEST_F(ParseKeyPairOfP256, ReadsTimesTheSameInEveryTimeZone) {
  ::setenv("TZ", "America/New_York", 1);
  ::tzset();
  const auto pair = ParseKeyPair(MakeSelfSigned(key.get(), {.not_after = "20260704120000Z"}), key_pem);
  ::unsetenv("TZ");
  ::tzset();
  ASSERT_TRUE(pair.ok());
  EXPECT_EQ(base::FormatRfc3339(pair->not_after), "2026-07-04T12:00:00Z");
}

// RFC 5280 section 4.1.2.5: 99991231235959Z says that there is no well-defined end. The clock's type ends in 2262.
TEST_F(ParseKeyPairOfP256, TakesTimesBeyondTheClockAsItsEnds) {
  const auto pair = ParseKeyPair(
      MakeSelfSigned(key.get(), {.not_before = "10000101000000Z", .not_after = "99991231235959Z"}), key_pem);
  ASSERT_TRUE(pair.ok());
  EXPECT_EQ(base::FormatRfc3339(pair->not_before), "1677-09-21T00:12:44Z");
  EXPECT_EQ(base::FormatRfc3339(pair->not_after), "2262-04-11T23:47:16Z");
}

TEST_F(ParseKeyPairOfP256, NamesThePartThatIsMissing) {
  for (const std::string& text : {std::string(), std::string("no PEM"), key_pem}) {
    EXPECT_EQ(ParseKeyPair(text, key_pem).error(),
              (Error{ErrorCode::kMalformed, "certificate: no PEM block of type CERTIFICATE"}));
  }
  for (const std::string& text : {std::string(), std::string("no PEM"), certificate_pem, PublicPemOf(key.get())}) {
    EXPECT_EQ(ParseKeyPair(certificate_pem, text).error(),
              (Error{ErrorCode::kMalformed, "key: no PEM block of type PRIVATE KEY"}));
  }
  EXPECT_FALSE(ParseKeyPair(std::string_view(), std::string_view()).ok());
}

TEST_F(ParseKeyPairOfP256, CountsToTheCertificateThatIsBroken) {
  const std::string cut = certificate_pem.substr(0, certificate_pem.size() / 2);
  EXPECT_EQ(ParseKeyPair(certificate_pem + cut, key_pem).error(),
            (Error{ErrorCode::kMalformed, "certificate: number 2 is not a certificate: bad end line"}));
  const std::string no_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const auto pair = ParseKeyPair(no_der, key_pem);
  EXPECT_EQ(pair.error().code, ErrorCode::kMalformed);
  EXPECT_THAT(pair.error().message, StartsWith("certificate: number 1 is not a certificate: "));
}

TEST_F(ParseKeyPairOfP256, NeverQuotesABrokenKey) {
  const std::string no_der = "-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----\n";
  const std::string no_base64 = "-----BEGIN PRIVATE KEY-----\nU0V!!DUkVU\n-----END PRIVATE KEY-----\n";
  for (const std::string& text : {no_der, no_base64, key_pem.substr(0, key_pem.size() / 2)}) {
    EXPECT_EQ(ParseKeyPair(certificate_pem, text).error(),
              (Error{ErrorCode::kMalformed, "key: what is in the PRIVATE KEY block is not a private key"}));
  }
}

TEST_F(ParseKeyPairOfP256, RefusesAnEncryptedKeyRatherThanAskForItsPassword) {
  for (const std::string& text : {EncryptedPemOf(key.get()), TraditionalPemOf(key.get(), true)}) {
    EXPECT_EQ(ParseKeyPair(certificate_pem, text).error(),
              (Error{ErrorCode::kMalformed, "key: it is encrypted; use an unencrypted key"}));
  }
}

TEST_F(ParseKeyPairOfP256, RefusesTheKeyOfAnotherCertificate) {
  const std::string other = MakeSelfSigned(MakeP256Key().get(), {.common_name = "other"});
  EXPECT_EQ(ParseKeyPair(other + certificate_pem, key_pem).error(),
            (Error{ErrorCode::kInvalid, "key does not belong to the first certificate (subject CN=other)"}));
  EXPECT_EQ(ParseKeyPair(certificate_pem, PemOf(MakeRsaKey(2048).get())).error(),
            (Error{ErrorCode::kInvalid, "key does not belong to the first certificate (subject CN=test)"}));
}

TEST(ParseKeyPair, EscapesTheSubjectInMessages) {
  const std::string certificate = MakeSelfSigned(MakeP256Key().get(), {.common_name = "a\nb,\xc3\xa9"});
  EXPECT_EQ(ParseKeyPair(certificate, PemOf(MakeP256Key().get())).error().message,
            R"(key does not belong to the first certificate (subject CN=a\0Ab\,\C3\A9))");
}

TEST(ParseKeyPair, RefusesAKeyTooWeakToServeWith) {
  const PrivateKeyPtr key = MakeRsaKey(1024);
  EXPECT_EQ(
      ParseKeyPair(MakeSelfSigned(key.get()), PemOf(key.get())).error(),
      (Error{ErrorCode::kInvalid, "certificate (subject CN=test): a TLS server cannot use it: ee key too small"}));
}

TEST_F(ParseKeyPairOfP256, RefusesAnIntermediateTooWeakToServeWith) {
  const PrivateKeyPtr weak = MakeRsaKey(1024);
  EXPECT_EQ(
      ParseKeyPair(certificate_pem + MakeSelfSigned(weak.get()), key_pem).error(),
      (Error{ErrorCode::kInvalid, "certificate (subject CN=test): a TLS server cannot use it: ca key too small"}));
}

TEST_F(ParseKeyPairOfP256, BoundsSizesAndTheNumberOfCertificates) {
  const std::string padding(kMaxPemBytes - certificate_pem.size(), ' ');
  EXPECT_TRUE(ParseKeyPair(certificate_pem + padding, key_pem).ok());
  EXPECT_EQ(ParseKeyPair(certificate_pem + padding + " ", key_pem).error(),
            (Error{ErrorCode::kTooLarge, "certificate: 262145 bytes, more than the limit of 262144"}));
  EXPECT_EQ(ParseKeyPair(certificate_pem, std::string(kMaxPemBytes + 1, ' ')).error(),
            (Error{ErrorCode::kTooLarge, "key: 262145 bytes, more than the limit of 262144"}));
  std::string chain;
  for (size_t i = 0; i < kMaxCertificates; ++i) chain += certificate_pem;
  EXPECT_EQ(ParseKeyPair(chain, key_pem).value().intermediates.size(), kMaxCertificates - 1);
  EXPECT_EQ(ParseKeyPair(chain + certificate_pem, key_pem).error(),
            (Error{ErrorCode::kTooLarge, "certificate: more than the limit of 16 certificates"}));
}

// A stale error would be taken by the next SSL_read on this thread for its own.
TEST_F(ParseKeyPairOfP256, LeavesOpenSslsErrorQueueEmpty) {
  for (const std::string& certificate : {certificate_pem, std::string("broken")}) {
    for (const std::string& key_text : {key_pem, PemOf(MakeP256Key().get()), std::string("broken")}) {
      ERR_raise(ERR_LIB_USER, 1);
      (void)ParseKeyPair(certificate, key_text);
      EXPECT_EQ(ERR_peek_error(), 0U);
    }
  }
}

TEST(ReadCaFile, TakesAFileWithACertificateUpToAMebibyte) {
  irsa::testing::FakeFileReader disk;
  const std::string pem = MakeSelfSigned(MakeP256Key().get());
  disk.files["ca.crt"] = pem;
  EXPECT_EQ(ReadCaFile(disk, "ca.crt").value(), pem);
  disk.files["ca.crt"] = "";
  EXPECT_EQ(ReadCaFile(disk, "ca.crt").error(),
            (Error{ErrorCode::kMalformed, "ca.crt holds no certificate (a PEM block CERTIFICATE)"}));
  disk.files["ca.crt"] = pem + std::string((1 << 20) + 1 - pem.size(), '\n');
  EXPECT_EQ(ReadCaFile(disk, "ca.crt").error(), (Error{ErrorCode::kTooLarge, "ca.crt is too large"}));
}

}  // namespace
}  // namespace irsa::crypto
