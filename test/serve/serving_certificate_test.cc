#include "irsa/serve/certificates/serving_certificate.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/crypto/certificate_authority.h"

#include "src/serve/certificates/shared_certificate.h"
#include "test/kube/fake_object_store.h"
#include "test/serve/replica.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_file_reader.h"
#include "test/testing/fake_log.h"

namespace irsa::serve {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SharedCertificatePollTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  testing::FakeLog log_;
  kube::FakeObjectStore api_;
  SharedCertificate certificate_{api_, clock_, log_, ReplicaOptions()};
};

TEST_F(SharedCertificatePollTest, IsNotReadyBeforeTheApiserverTrustsIt) {
  EXPECT_TRUE(certificate_.Load().ok());
  EXPECT_THAT(certificate_.CheckReady().error().message, HasSubstr("does not trust"));
  EXPECT_EQ(certificate_.live().Get(), nullptr);
  EXPECT_FALSE(certificate_.Poll().ok());  // there is no configuration
  EXPECT_FALSE(certificate_.CheckReady().ok());

  api_.Put(kConfigurationPath, FreshConfiguration());
  EXPECT_TRUE(certificate_.Poll().ok());  // at once, since it is not ready
  EXPECT_TRUE(certificate_.CheckReady().ok());
  EXPECT_NE(certificate_.live().Get(), nullptr);
}

TEST_F(SharedCertificatePollTest, OnceReadyAsksEveryFewSecondsOnly) {
  api_.Put(kConfigurationPath, FreshConfiguration());
  EXPECT_EQ(certificate_.Poll().value(), true);
  const size_t before = api_.Requests().size();
  clock_.Advance(4s);
  EXPECT_EQ(certificate_.Poll().value(), false);
  EXPECT_EQ(api_.Requests().size(), before);
  clock_.Advance(1s);
  EXPECT_EQ(certificate_.Poll().value(), false);
  EXPECT_GT(api_.Requests().size(), before);
}

TEST_F(SharedCertificatePollTest, SaysAnErrorUntilItHasAskedAgain) {
  api_.Put(kConfigurationPath, FreshConfiguration());
  EXPECT_TRUE(certificate_.Poll().ok());
  api_.Delete(kConfigurationPath);
  clock_.Advance(5s);
  EXPECT_FALSE(certificate_.Poll().ok());
  api_.Put(kConfigurationPath, FreshConfiguration());
  clock_.Advance(1s);
  EXPECT_FALSE(certificate_.Poll().ok());
  EXPECT_TRUE(certificate_.CheckReady().ok());  // the last good pair serves on
  clock_.Advance(4s);
  EXPECT_TRUE(certificate_.Poll().ok());
}

TEST(FileServingCertificate, IsReadyWhileItsCertificateServes) {
  testing::FakeClock clock;
  testing::FakeFileReader files;
  const auto authority = crypto::CertificateAuthority::Create("CA", clock.Now(), 24h).value();
  const std::vector<std::string> names = {"irsa.irsa.svc"};
  const crypto::PemPair pair = authority.Issue(names, clock.Now(), 1h).value();
  files.files = {{"tls.crt", pair.certificate}, {"tls.key", pair.key}};
  FileServingCertificate certificate(files, clock, "tls.crt", "tls.key");
  EXPECT_EQ(certificate.CheckReady().error().message, "no certificate");
  ASSERT_TRUE(certificate.Load().ok());
  EXPECT_TRUE(certificate.CheckReady().ok());
  clock.Advance(1h);
  EXPECT_THAT(certificate.CheckReady().error().message, HasSubstr("expired at"));
}

}  // namespace
}  // namespace irsa::serve
