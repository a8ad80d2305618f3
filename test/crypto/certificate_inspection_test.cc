#include "irsa/crypto/certificate_inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/crypto/certificate_authority.h"

#include "test/crypto/test_certificates.h"

namespace irsa::crypto {
namespace {

using base::SystemTime;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr SystemTime kNow{seconds(1785585600)};  // 2026-08-01T12:00:00Z

CertificateAuthority MakeAuthority(const std::string& name = "test CA") {
  return CertificateAuthority::Create(name, kNow, hours(100)).value();
}

PemPair Issue(const CertificateAuthority& authority, const std::vector<std::string>& names = {"localhost"}) {
  return authority.Issue(names, kNow, hours(10)).value();
}

TEST(SplitCertificates, GivesEachByItselfWithItsValidity) {
  const CertificateAuthority one = MakeAuthority();
  const PemPair two = Issue(one);
  const auto texts = SplitCertificates("# the CA\n" + one.pem().certificate + "\n# the other\n" + two.certificate);
  EXPECT_THAT(*texts, ElementsAre(CertificateText{one.pem().certificate, kNow - kClockSkew, kNow + hours(100)},
                                  CertificateText{two.certificate, kNow - kClockSkew, kNow + hours(10)}));
}

TEST(SplitCertificates, RefusesWhatIsNoCertificate) {
  EXPECT_EQ(SplitCertificates("").error().code, ErrorCode::kMalformed);
  EXPECT_EQ(SplitCertificates(MakeAuthority().pem().certificate +
                              "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
                .error()
                .code,
            ErrorCode::kMalformed);
}

TEST(IsIssuedBy, TellsAuthoritiesOfTheSameNameApart) {
  const CertificateAuthority one = MakeAuthority();
  const CertificateAuthority two = MakeAuthority();
  const PemPair pair = Issue(one);
  EXPECT_TRUE(IsIssuedBy(pair.certificate, one.pem().certificate));
  EXPECT_FALSE(IsIssuedBy(pair.certificate, two.pem().certificate));
  EXPECT_TRUE(IsIssuedBy(one.pem().certificate, one.pem().certificate));
  EXPECT_FALSE(IsIssuedBy(pair.certificate, pair.certificate));
}

TEST(IsIssuedBy, IsFalseForWhatIsNoCertificate) {
  const std::string pem = MakeAuthority().pem().certificate;
  EXPECT_FALSE(IsIssuedBy("", pem));
  EXPECT_FALSE(IsIssuedBy(pem, "nonsense"));
}

TEST(ServerNamesOf, ReadsNamesAndAddresses) {
  const PemPair pem = Issue(MakeAuthority(), {"Irsa.irsa.svc", "*.example.com", "127.0.0.1", "::1"});
  EXPECT_THAT(ServerNamesOf(ParseKeyPair(pem.certificate, pem.key).value()),
              ElementsAre(ServerName{ServerName::Kind::kDns, "irsa.irsa.svc"},
                          ServerName{ServerName::Kind::kDns, "*.example.com"},
                          ServerName{ServerName::Kind::kIp, "127.0.0.1"}, ServerName{ServerName::Kind::kIp, "::1"}));
}

TEST(ServerNamesOf, IsEmptyWithoutAny) {
  const PrivateKeyPtr key = MakeP256Key();
  const KeyPair pair = ParseKeyPair(MakeSelfSigned(key.get()), PemOf(key.get())).value();
  EXPECT_THAT(ServerNamesOf(pair), IsEmpty());
}

}  // namespace
}  // namespace irsa::crypto
