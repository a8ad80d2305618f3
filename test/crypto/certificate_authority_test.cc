#include "irsa/crypto/certificate_authority.h"

#include <array>
#include <limits>
#include <memory>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_inspection.h"

#include "test/crypto/test_certificates.h"

namespace irsa::crypto {
namespace {

using base::SystemTime;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::StartsWith;

constexpr SystemTime kNow{seconds(1785585600)};  // 2026-08-01T12:00:00Z
constexpr hours kDay{24};

const std::vector<std::string> kLocal = {"localhost", "127.0.0.1", "::1"};

CertificateAuthority MakeAuthority(seconds lifetime = 100 * kDay) {
  return CertificateAuthority::Create("test CA", kNow, lifetime).value();
}

KeyPair Parsed(const PemPair& pem) { return ParseKeyPair(pem.certificate, pem.key).value(); }

// As OpenSSL's X509_verify_cert judges it for a TLS server: X509_V_OK or the error.
int Verify(const PemPair& pem, const CertificateAuthority& authority, SystemTime at) {
  const auto leaf = std::move(ParseCertificates(pem.certificate).value().front());
  const auto anchor = std::move(ParseCertificates(authority.pem().certificate).value().front());
  X509_STORE* store = X509_STORE_new();
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_add_cert(store, anchor.get());
  X509_STORE_CTX_init(context, store, leaf.get(), nullptr);
  X509_STORE_CTX_set_default(context, "ssl_server");
  X509_STORE_CTX_set_time(context, 0, std::chrono::system_clock::to_time_t(at));
  X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  X509_verify_cert(context);
  const int error = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return error;
}

bool IsFor(const KeyPair& pair, const std::string& name) {
  return X509_check_host(pair.leaf.get(), name.data(), name.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) ==
             1 ||
         X509_check_ip_asc(pair.leaf.get(), name.c_str(), 0) == 1;
}

// Its value as text, "critical" before it when it is.
std::string ExtensionText(const X509* certificate, int id) {
  const int index = X509_get_ext_by_NID(certificate, id, -1);
  if (index < 0) return "none";
  X509_EXTENSION* extension = X509_get_ext(certificate, index);
  const OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
  X509V3_EXT_print(bio.get(), extension, 0, 0);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return (X509_EXTENSION_get_critical(extension) == 1 ? "critical, " : "") +
         std::string(data, static_cast<size_t>(size));
}

bool IsP256(const KeyPair& pair) {
  std::array<char, 32> group{};
  return EVP_PKEY_get_group_name(pair.key.get(), group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == "prime256v1";
}

std::string SerialNumber(const KeyPair& pair) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(pair.leaf.get()), nullptr);
  char* digits = BN_bn2hex(number);
  std::string text = digits;
  OPENSSL_free(digits);
  BN_free(number);
  return text;
}

TEST(CertificateAuthority, SaysInItsCertificateWhatItMayDo) {
  const CertificateAuthority authority = MakeAuthority();
  const KeyPair pair = Parsed(authority.pem());
  EXPECT_TRUE(IsP256(pair));
  EXPECT_EQ(X509_get_version(pair.leaf.get()), X509_VERSION_3);
  EXPECT_EQ(ExtensionText(pair.leaf.get(), NID_basic_constraints), "critical, CA:TRUE, pathlen:0");
  EXPECT_EQ(ExtensionText(pair.leaf.get(), NID_key_usage), "critical, Certificate Sign, CRL Sign");
  EXPECT_NE(ExtensionText(pair.leaf.get(), NID_subject_key_identifier), "none");
  EXPECT_EQ(X509_NAME_cmp(X509_get_subject_name(pair.leaf.get()), X509_get_issuer_name(pair.leaf.get())), 0);
  EXPECT_EQ(base::FormatRfc3339(authority.not_before()), "2026-08-01T11:55:00Z");
  EXPECT_EQ(base::FormatRfc3339(authority.not_after()), "2026-11-09T12:00:00Z");
  EXPECT_THAT(authority.pem().key, StartsWith("-----BEGIN PRIVATE KEY-----\n"));
}

TEST(CertificateAuthority, IssuesWhatOpenSslAcceptsForItsNamesOnly) {
  const CertificateAuthority authority = MakeAuthority();
  const std::vector<std::string> names = {"localhost", "*.example.test", "10.1.2.3", "2001:db8::1", "irsa.ns.svc"};
  const PemPair pem = authority.Issue(names, kNow, kDay).value();
  EXPECT_EQ(Verify(pem, authority, kNow), X509_V_OK);
  const KeyPair pair = Parsed(pem);
  for (const char* name : {"localhost", "a.example.test", "10.1.2.3", "2001:db8::1", "irsa.ns.svc"}) {
    EXPECT_TRUE(IsFor(pair, name)) << name;
  }
  for (const char* name : {"other", "a.b.example.test", "10.1.2.4", "2001:db8::2"}) {
    EXPECT_FALSE(IsFor(pair, name)) << name;
  }
}

TEST(CertificateAuthority, IssuesForServersOnly) {
  const CertificateAuthority authority = MakeAuthority();
  const PemPair pem = authority.Issue(kLocal, kNow, kDay).value();
  const KeyPair pair = Parsed(pem);
  X509* leaf = pair.leaf.get();
  EXPECT_TRUE(IsP256(pair));
  EXPECT_EQ(ExtensionText(leaf, NID_basic_constraints), "critical, CA:FALSE");
  EXPECT_EQ(ExtensionText(leaf, NID_key_usage), "critical, Digital Signature");
  EXPECT_EQ(ExtensionText(leaf, NID_ext_key_usage), "TLS Web Server Authentication");
  EXPECT_EQ(ExtensionText(leaf, NID_subject_alt_name),
            "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
  EXPECT_THAT(pem.key, StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  const KeyPair ca = Parsed(authority.pem());
  EXPECT_EQ(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf), X509_get0_subject_key_id(ca.leaf.get())), 0);
  EXPECT_EQ(X509_check_issued(ca.leaf.get(), pair.leaf.get()), X509_V_OK);
}

TEST(CertificateAuthority, BeginsBeforeNowForClocksThatAreBehind) {
  const CertificateAuthority authority = MakeAuthority();
  const SystemTime now = kNow + kDay;
  const PemPair pem = authority.Issue(kLocal, now, kDay).value();
  const KeyPair pair = Parsed(pem);
  EXPECT_EQ(base::FormatRfc3339(pair.not_before), "2026-08-02T11:55:00Z");
  EXPECT_EQ(base::FormatRfc3339(pair.not_after), "2026-08-03T12:00:00Z");
  EXPECT_EQ(Verify(pem, authority, now - kClockSkew), X509_V_OK);
  EXPECT_EQ(Verify(pem, authority, now - kClockSkew - seconds(1)), X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(Verify(pem, authority, now + kDay - seconds(1)), X509_V_OK);
  EXPECT_EQ(Verify(pem, authority, now + kDay + seconds(1)), X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST(CertificateAuthority, IssuesNothingThatOutlivesIt) {
  const CertificateAuthority authority = MakeAuthority(10 * kDay);
  const KeyPair pair = Parsed(authority.Issue(kLocal, kNow + kDay, 30 * kDay).value());
  EXPECT_EQ(pair.not_after, authority.not_after());
  const KeyPair early = Parsed(authority.Issue(kLocal, kNow - seconds(60), kDay).value());
  EXPECT_EQ(early.not_before, authority.not_before());
}

TEST(CertificateAuthority, IssuesOnlyWhileItIsValid) {
  const CertificateAuthority authority = MakeAuthority(kDay);
  EXPECT_TRUE(authority.Issue(kLocal, kNow + kDay, kDay).ok());
  EXPECT_EQ(authority.Issue(kLocal, kNow + kDay + seconds(1), kDay).error(),
            (Error{ErrorCode::kInvalid, "the CA (subject CN=test CA) expired at 2026-08-02T12:00:00Z"}));
  EXPECT_EQ(authority.Issue(kLocal, kNow - kDay, kDay).error(),
            (Error{ErrorCode::kInvalid, "the CA (subject CN=test CA) is not valid before 2026-08-01T11:55:00Z"}));
}

TEST(CertificateAuthority, GivesEachCertificateItsOwnPositiveSerialNumberAndKey) {
  const CertificateAuthority authority = MakeAuthority();
  std::set<std::string> numbers = {SerialNumber(Parsed(authority.pem()))};
  std::set<std::string> keys = {authority.pem().key};
  for (int i = 0; i < 50; ++i) {
    const PemPair pem = authority.Issue(kLocal, kNow, kDay).value();
    numbers.insert(SerialNumber(Parsed(pem)));
    keys.insert(pem.key);
  }
  EXPECT_EQ(numbers.size(), 51U);
  EXPECT_EQ(keys.size(), 51U);
  for (const std::string& number : numbers) {
    EXPECT_EQ(number.size(), 32U) << number;  // hexadecimal; a negative one would begin with a minus
    EXPECT_TRUE(number.front() >= '4' && number.front() <= '7') << number;
  }
}

TEST(CertificateAuthority, LeavesOutDoublesAndNamesThemAsTheyAreCompared) {
  const std::vector<std::string> names = {"A.test", "a.TEST", "::1", "0::1"};
  const KeyPair pair = Parsed(MakeAuthority().Issue(names, kNow, kDay).value());
  EXPECT_EQ(ExtensionText(pair.leaf.get(), NID_subject_alt_name), "DNS:a.test, IP Address:0:0:0:0:0:0:0:1");
}

TEST(CertificateAuthority, TakesTheFirstNameThatFitsAsCommonName) {
  const CertificateAuthority authority = MakeAuthority();
  const auto common_name = [&](const std::vector<std::string>& names) {
    const KeyPair pair = Parsed(authority.Issue(names, kNow, kDay).value());
    std::array<char, 100> text{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(pair.leaf.get()), NID_commonName, text.data(), text.size());
    return std::string(text.data());
  };
  const std::string long_name = std::string(63, 'a') + ".test";
  EXPECT_EQ(common_name({long_name, "b.test", "c.test"}), "b.test");
  EXPECT_EQ(common_name({long_name}), "irsa");
}

TEST(CertificateAuthority, RefusesNamesThatAreNone) {
  const CertificateAuthority authority = MakeAuthority();
  EXPECT_EQ(authority.Issue({}, kNow, kDay).error(),
            (Error{ErrorCode::kInvalid, "a serving certificate needs at least one name"}));
  EXPECT_EQ(
      authority.Issue(std::vector<std::string>{"localhost", "a b"}, kNow, kDay).error(),
      (Error{ErrorCode::kInvalid,
             "\"a b\" is neither an IP address nor a DNS name: a label may hold letters, digits and hyphens only"}));
  EXPECT_EQ(authority.Issue(std::vector<std::string>(kMaxServerNames + 1, "a"), kNow, kDay).error(),
            (Error{ErrorCode::kInvalid, "101 names for a serving certificate, more than 100"}));
}

TEST(CertificateAuthority, RefusesLifetimesThatCannotBe) {
  const CertificateAuthority authority = MakeAuthority();
  for (const seconds lifetime : {seconds(0), seconds(-1), seconds(std::numeric_limits<int64_t>::max())}) {
    const Error error{ErrorCode::kInvalid,
                      "a lifetime of " + std::to_string(lifetime.count()) + " s is not from 1 s to 7437786436 s"};
    EXPECT_EQ(authority.Issue(kLocal, kNow, lifetime).error(), error);
    EXPECT_EQ(CertificateAuthority::Create("x", kNow, lifetime).error(), error);
  }
  EXPECT_TRUE(CertificateAuthority::Create("x", kNow, seconds(7437786436)).ok());
}

TEST(CertificateAuthority, RefusesCommonNamesThatCannotBe) {
  for (const std::string& name : {std::string(), std::string(65, 'a')}) {
    EXPECT_EQ(CertificateAuthority::Create(name, kNow, kDay).error(),
              (Error{ErrorCode::kInvalid, "\"" + name + "\" is not a common name of 1 to 64 characters"}));
  }
  EXPECT_TRUE(CertificateAuthority::Create(std::string(64, 'a'), kNow, kDay).ok());
}

TEST(CertificateAuthority, IssuesAfterAReloadWhatWasTrustedBefore) {
  const CertificateAuthority before = MakeAuthority();
  const auto after = CertificateAuthority::Parse(before.pem());
  ASSERT_TRUE(after.ok()) << after.error().message;
  EXPECT_EQ(Verify(after->Issue(kLocal, kNow, kDay).value(), before, kNow), X509_V_OK);
  EXPECT_EQ(after->pem().certificate, before.pem().certificate);
}

// Made by other programs: other keys, and no key identifier to refer to.
TEST(CertificateAuthority, IssuesWithEveryKindOfKey) {
  for (const PrivateKeyPtr& key : {MakeRsaKey(2048), MakeEd25519Key(), MakeP256Key()}) {
    const auto authority =
        CertificateAuthority::Parse({MakeSelfSigned(key.get(), {.authority = true}), PemOf(key.get())});
    ASSERT_TRUE(authority.ok()) << authority.error().message;
    const auto pem = authority->Issue(kLocal, kNow, kDay);
    ASSERT_TRUE(pem.ok()) << pem.error().message;
    EXPECT_TRUE(IsIssuedBy(pem->certificate, authority->pem().certificate));
    EXPECT_EQ(ExtensionText(Parsed(*pem).leaf.get(), NID_authority_key_identifier), "none");
  }
}

TEST(CertificateAuthority, ReadsNoPairThatIsNotOneOfACa) {
  const PemPair serving = MakeAuthority().Issue(kLocal, kNow, kDay).value();
  EXPECT_EQ(CertificateAuthority::Parse(serving).error(),
            (Error{ErrorCode::kInvalid, "certificate (subject CN=localhost) is not a CA's"}));
  // Without basicConstraints, self-signed: passed for a CA only in X.509 version 1.
  const PrivateKeyPtr key = MakeP256Key();
  EXPECT_EQ(CertificateAuthority::Parse({MakeSelfSigned(key.get()), PemOf(key.get())}).error(),
            (Error{ErrorCode::kInvalid, "certificate (subject CN=test) is not a CA's"}));
  EXPECT_EQ(CertificateAuthority::Parse({MakeAuthority().pem().certificate, serving.key}).error().code,
            ErrorCode::kInvalid);
}

TEST(CertificateAuthority, KnowsWhatItHasIssued) {
  const CertificateAuthority authority = MakeAuthority();
  const CertificateAuthority other = MakeAuthority();
  const PemPair pem = authority.Issue(kLocal, kNow, kDay).value();
  EXPECT_TRUE(IsIssuedBy(pem.certificate, authority.pem().certificate));
  EXPECT_TRUE(IsIssuedBy(pem.certificate + other.pem().certificate, authority.pem().certificate));
  EXPECT_FALSE(IsIssuedBy(pem.certificate, other.pem().certificate));
  EXPECT_FALSE(IsIssuedBy("no certificate", authority.pem().certificate));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace irsa::crypto
