#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/serve/shared_certificate_fixture.h"

namespace irsa::serve {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;

bool IsOfConfiguration(const kube::ApiRequest& request) {
  return request.path.starts_with("/apis/admissionregistration");
}

TEST_F(SharedCertificateTest, RenewsAtTwoThirdsOfTheLife) {
  Begin();
  const std::string ca = SecretText(api_, "ca.crt");
  const std::string before = a_.Served();
  clock_.Advance(60 * kDay);
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_NE(a_.Served(), before);
  EXPECT_TRUE(IsTrusted(b_, api_));
  EXPECT_EQ(b_.Served(), before);
  EXPECT_EQ(b_.Poll(), "changed");
  EXPECT_EQ(SecretText(api_, "ca.crt"), ca);
  ExpectAgreement();
  EXPECT_EQ(a_.Poll(), "unchanged");
}

TEST_F(SharedCertificateTest, RenewsOnceWhenTwoComeAtTheSameTime) {
  Begin();
  clock_.Advance(60 * kDay);
  api_.before = [this](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
    if (TextOf(request.verb).method != "PATCH") return std::nullopt;
    api_.before = nullptr;
    EXPECT_EQ(a_.Poll(), "changed");
    return api_.Send(request);
  };
  EXPECT_EQ(b_.Poll(), "changed");
  ExpectAgreement();
  EXPECT_EQ(a_.Poll(), "unchanged");
}

TEST_F(SharedCertificateTest, GivesUpForThisTimeWhenAlwaysOvertaken) {
  Refuse([](const kube::ApiRequest& request) { return TextOf(request.verb).method == "POST"; },
         kube::Refusal(409, "already exists"));
  EXPECT_EQ(a_.Poll(), "create secret irsa/irsa-tls: the apiserver answered 409: already exists");
  EXPECT_EQ(a_.Served(), "");
  api_.before = nullptr;
  EXPECT_EQ(a_.Poll(), "changed");
}

TEST_F(SharedCertificateTest, MakesBothAnewWhenBothAreDue) {
  Begin();
  const std::string old_ca = SecretText(api_, "ca.crt");
  clock_.Advance(2 * 365 * kDay);
  ASSERT_EQ(a_.Poll(), "changed");  // both are due: the pair ended long ago
  ASSERT_EQ(b_.Poll(), "changed");
  const std::string new_ca = SecretText(api_, "ca.crt");
  ASSERT_NE(new_ca, old_ca);
  EXPECT_EQ(CaBundleIn(api_), new_ca + old_ca);
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, ServesTheOldAuthoritysPairUntilTheNewOneIsTrusted) {
  SharedCertificateOptions options = ReplicaOptions();
  options.authority_lifetime = 90 * kDay;  // so that only the authority is due at first
  options.certificate_lifetime = 89 * kDay + hours(23);
  Replica a(api_, clock_, options);
  Replica b(api_, clock_, options);
  a.Poll();
  b.Poll();
  const std::string old_pair = a.Served();
  const std::string old_ca = SecretText(api_, "ca.crt");
  clock_.Advance(60 * kDay);
  EXPECT_EQ(b.Poll(), "unchanged");
  const std::string new_ca = SecretText(api_, "ca.crt");
  EXPECT_NE(new_ca, old_ca);
  EXPECT_EQ(CaBundleIn(api_), new_ca + old_ca);
  EXPECT_EQ(a.Poll(), "unchanged");
  clock_.Advance(seconds(29));
  EXPECT_EQ(a.Poll(), "unchanged");
  EXPECT_EQ(a.Served(), old_pair);
  clock_.Advance(seconds(1));
  EXPECT_EQ(a.Poll(), "changed");
  EXPECT_EQ(CaBundleIn(api_), new_ca + old_ca);
  EXPECT_TRUE(IsTrusted(a, api_));
  EXPECT_TRUE(IsTrusted(b, api_));  // still with the old pair
  EXPECT_EQ(b.Served(), old_pair);
  EXPECT_EQ(b.Poll(), "changed");
  EXPECT_EQ(b.Served(), a.Served());
  clock_.Advance(30 * kDay);
  b.Poll();
  EXPECT_EQ(CaBundleIn(api_), SecretText(api_, "ca.crt") + SecretText(api_, "old-ca.crt"));
  EXPECT_THAT(CaBundleIn(api_), ::testing::Not(HasSubstr(old_ca)));
}

TEST_F(SharedCertificateTest, CountsTrustAnewAfterTheCaBundleWasOverwritten) {
  Begin();
  const std::string old_pair = a_.Served();
  api_.Delete(kSecretPath);
  ASSERT_EQ(a_.Poll(), "unchanged");
  clock_.Advance(seconds(20));
  api_.Put(kConfigurationPath, FreshConfiguration());
  ASSERT_EQ(a_.Poll(), "unchanged");
  clock_.Advance(seconds(29));
  EXPECT_EQ(a_.Poll(), "unchanged");
  EXPECT_EQ(a_.Served(), old_pair);
  clock_.Advance(seconds(1));
  EXPECT_EQ(a_.Poll(), "changed");
}

TEST_F(SharedCertificateTest, MakesEverythingAnewWhenTheSecretIsDeletedAndCutsNobodyOff) {
  Begin();
  const std::string old_ca = SecretText(api_, "ca.crt");
  const std::string old_pair = a_.Served();
  api_.Delete(kSecretPath);
  EXPECT_EQ(a_.Poll(), "unchanged");
  EXPECT_NE(SecretText(api_, "ca.crt"), old_ca);
  EXPECT_EQ(CaBundleIn(api_), SecretText(api_, "ca.crt") + old_ca);
  EXPECT_EQ(a_.Served(), old_pair);
  EXPECT_TRUE(IsTrusted(b_, api_));
  EXPECT_EQ(b_.Poll(), "unchanged");
  clock_.Advance(seconds(30));
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_TRUE(IsTrusted(b_, api_));
  EXPECT_EQ(b_.Poll(), "changed");
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, AgreesWhenTheSecretIsDeletedUnderARenewal) {
  Begin();
  clock_.Advance(60 * kDay);
  api_.before = [this](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
    if (TextOf(request.verb).method != "PATCH") return std::nullopt;
    api_.before = nullptr;
    api_.Delete(kSecretPath);
    return api_.Send(request);
  };
  EXPECT_EQ(a_.Poll(), "unchanged");  // made anew, with the pair that is served until the new authority is trusted
  b_.Poll();
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, RenewsThoughTheConfigurationsAreOutOfReach) {
  Begin();
  Refuse(IsOfConfiguration, kube::Refusal(403, "no such right"));
  clock_.Advance(60 * kDay);
  EXPECT_THAT(a_.Poll(), HasSubstr("403: no such right"));
  EXPECT_EQ(a_.Served(), SecretText(api_, "tls.crt"));  // of the same authority, so nobody needs to trust anything new
  EXPECT_TRUE(IsTrusted(a_, api_));
}

TEST_F(SharedCertificateTest, TakesAnUnknownAuthoritysPairOnlyWhenItCanBeTrusted) {
  Begin();
  kube::FakeObjectStore elsewhere;
  elsewhere.Put(kConfigurationPath, FreshConfiguration());
  Replica other(elsewhere, clock_);
  ASSERT_EQ(other.Poll(), "changed");
  const std::string served = a_.Served();
  api_.Put(kSecretPath, elsewhere.Get(kSecretPath));  // restored from a backup of another cluster, say
  Refuse(IsOfConfiguration, kube::Refusal(403, "no such right"));
  EXPECT_THAT(a_.Poll(), HasSubstr("403: no such right"));
  EXPECT_EQ(a_.Served(), served);
  EXPECT_TRUE(IsTrusted(a_, api_));
  api_.before = nullptr;
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_EQ(a_.Served(), other.Served());
  EXPECT_TRUE(IsTrusted(a_, api_));
}

TEST_F(SharedCertificateTest, TakesWhateverThereIsOnceItsOwnPairHasEnded) {
  Begin();
  clock_.Advance(91 * kDay);
  kube::FakeObjectStore elsewhere;
  Replica other(elsewhere, clock_);
  other.Poll();
  api_.Put(kSecretPath, elsewhere.Get(kSecretPath));
  Refuse(IsOfConfiguration, kube::Refusal(403, "no such right"));
  EXPECT_THAT(a_.Poll(), HasSubstr("403: no such right"));
  EXPECT_EQ(a_.Served(), other.Served());
}

}  // namespace
}  // namespace irsa::serve
