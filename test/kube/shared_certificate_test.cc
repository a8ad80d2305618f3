#include "irsa/kube/shared_certificate.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/replica.h"

namespace irsa::kube {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr hours kDay{24};

class SharedCertificateTest : public ::testing::Test {
 protected:
  SharedCertificateTest() { api_.Put(kConfigurationPath, FreshConfiguration()); }

  // Both replicas serve what the Secret holds, and the apiserver trusts it.
  void ExpectAgreement() {
    for (const Replica* replica : {&a_, &b_}) {
      EXPECT_EQ(replica->Served(), SecretText(api_, "tls.crt"));
      EXPECT_TRUE(IsTrusted(*replica, api_));
      EXPECT_TRUE(replica->certificate.is_ready());
    }
  }

  void Begin() {
    ASSERT_EQ(a_.Poll(), "changed");
    ASSERT_EQ(b_.Poll(), "changed");
    clock_.Advance(seconds(60));
  }

  // Refuses what `refuses` says, until it is called with something else.
  void Refuse(std::function<bool(const ApiRequest&)> refuses, ApiAnswer answer) {
    api_.before = [refuses = std::move(refuses),
                   answer = std::move(answer)](const ApiRequest& request) -> std::optional<base::Result<ApiAnswer>> {
      if (refuses(request)) return answer;
      return std::nullopt;
    };
  }

  FakeObjectStore api_;
  testing::FakeClock clock_;
  Replica a_{api_, clock_};
  Replica b_{api_, clock_};
};

bool IsOfConfiguration(const ApiRequest& request) { return request.path.starts_with("/apis/admissionregistration"); }

TEST_F(SharedCertificateTest, MakesTheCertificateAndHasItTrusted) {
  EXPECT_FALSE(a_.certificate.is_ready());
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_TRUE(a_.certificate.is_ready());
  EXPECT_EQ(a_.Served(), SecretText(api_, "tls.crt"));
  EXPECT_EQ(CaBundleIn(api_), SecretText(api_, "ca.crt"));
  EXPECT_TRUE(IsTrusted(a_, api_));
  EXPECT_EQ(a_.live.Current()->not_after, std::chrono::floor<seconds>(clock_.Now()) + 90 * kDay);
  EXPECT_THAT(a_.log.Lines(), ElementsAre("certificates written to the shared secret secret=irsa/irsa-tls "
                                          "reason=there is no CA; there is no serving certificate",
                                          "caBundle set configuration=mutatingwebhookconfiguration irsa",
                                          StartsWith("serving the shared certificate not_after=2026-")));
}

TEST_F(SharedCertificateTest, CostsTwoReadsWhileNothingChanges) {
  Begin();
  const size_t before = api_.Requests().size();
  EXPECT_EQ(a_.Poll(), "unchanged");
  EXPECT_EQ(api_.Requests().size() - before, 2);
  EXPECT_EQ(api_.CountOf("POST"), 1);
  EXPECT_EQ(api_.CountOf("PATCH"), 1);
}

TEST_F(SharedCertificateTest, LaterReplicasUseWhatTheFirstOneMade) {
  Begin();
  ExpectAgreement();
  EXPECT_THAT(b_.log.Lines(), ElementsAre(StartsWith("serving the shared certificate")));
}

TEST_F(SharedCertificateTest, UsesTheWinnersCertificateWhenTwoStartAtOnce) {
  api_.before = [this](const ApiRequest& request) -> std::optional<base::Result<ApiAnswer>> {
    if (request.method != "POST") return std::nullopt;
    api_.before = nullptr;
    EXPECT_EQ(a_.Poll(), "changed");  // between the other one's reading and its making
    return api_.Send(request);
  };
  EXPECT_EQ(b_.Poll(), "changed");
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, AgreesInThreadsToo) {
  {
    const std::jthread first([this] { a_.Poll(); });
    const std::jthread second([this] { b_.Poll(); });
  }
  a_.Poll();
  b_.Poll();
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, IsNotReadyBeforeTheCaBundleIsRight) {
  api_.Delete(kConfigurationPath);
  EXPECT_THAT(a_.Poll(), HasSubstr("get mutatingwebhookconfiguration irsa: the apiserver answered 404"));
  EXPECT_FALSE(a_.certificate.is_ready());
  EXPECT_NE(a_.Served(), "");
  api_.Put(kConfigurationPath, FreshConfiguration());
  EXPECT_EQ(a_.Poll(), "unchanged");
  EXPECT_TRUE(a_.certificate.is_ready());
  EXPECT_TRUE(IsTrusted(a_, api_));
}

TEST_F(SharedCertificateTest, KeepsAValidatingConfigurationToo) {
  constexpr const char* kPath = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/irsa-guard";
  SharedCertificateOptions options = ReplicaOptions();
  options.validating_configuration = "irsa-guard";
  Replica replica(api_, clock_, options);
  EXPECT_THAT(replica.Poll(), HasSubstr("validatingwebhookconfiguration irsa-guard"));
  EXPECT_FALSE(replica.certificate.is_ready());
  EXPECT_TRUE(IsTrusted(replica, api_));  // one that fails does not keep the other from being right
  api_.Put(kPath, FreshConfiguration());
  EXPECT_EQ(replica.Poll(), "unchanged");
  EXPECT_TRUE(replica.certificate.is_ready());
  EXPECT_EQ(api_.Get(kPath)["webhooks"][0]["clientConfig"]["caBundle"],
            api_.Get(kConfigurationPath)["webhooks"][0]["clientConfig"]["caBundle"]);
}

TEST_F(SharedCertificateTest, NeedsNoConfigurationWhereSomebodyElseKeepsThem) {
  SharedCertificateOptions options = ReplicaOptions();
  options.mutating_configuration = "";
  Replica replica(api_, clock_, options);
  EXPECT_EQ(replica.Poll(), "changed");
  EXPECT_TRUE(replica.certificate.is_ready());
  EXPECT_EQ(CaBundleIn(api_), "");
}

TEST_F(SharedCertificateTest, PutsAnOverwrittenCaBundleRight) {
  Begin();
  api_.Put(kConfigurationPath, FreshConfiguration());
  EXPECT_FALSE(IsTrusted(a_, api_));
  EXPECT_EQ(a_.Poll(), "unchanged");
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, TriesAgainWhenTheConfigurationChangesInBetween) {
  api_.before = [this](const ApiRequest& request) -> std::optional<base::Result<ApiAnswer>> {
    if (request.method != "PATCH") return std::nullopt;
    api_.before = nullptr;
    api_.Put(kConfigurationPath, FreshConfiguration());
    return api_.Send(request);
  };
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_TRUE(IsTrusted(a_, api_));
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
  api_.before = [this](const ApiRequest& request) -> std::optional<base::Result<ApiAnswer>> {
    if (request.method != "PATCH") return std::nullopt;
    api_.before = nullptr;
    EXPECT_EQ(a_.Poll(), "changed");
    return api_.Send(request);
  };
  EXPECT_EQ(b_.Poll(), "changed");
  ExpectAgreement();
  EXPECT_EQ(a_.Poll(), "unchanged");
}

TEST_F(SharedCertificateTest, GivesUpForThisTimeWhenAlwaysOvertaken) {
  Refuse([](const ApiRequest& request) { return request.method == "POST"; }, Refusal(409, "already exists"));
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
  api_.before = [this](const ApiRequest& request) -> std::optional<base::Result<ApiAnswer>> {
    if (request.method != "PATCH") return std::nullopt;
    api_.before = nullptr;
    api_.Delete(kSecretPath);
    return api_.Send(request);
  };
  EXPECT_EQ(a_.Poll(), "unchanged");  // made anew, with the pair that is served until the new authority is trusted
  b_.Poll();
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, RepairsASecretThatWasDamagedByHand) {
  Begin();
  const std::string served = a_.Served();
  Json secret = api_.Get(kSecretPath);
  secret["data"]["tls.key"] = "bm9uc2Vuc2U=";
  api_.Put(kSecretPath, secret);
  EXPECT_EQ(b_.Poll(), "changed");
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_NE(a_.Served(), served);
  ExpectAgreement();
  EXPECT_THAT(b_.log.Lines().at(1), HasSubstr("reason=the serving pair is damaged (key: no PEM block"));

  secret = api_.Get(kSecretPath);
  secret["data"].erase("ca.key");
  api_.Put(kSecretPath, secret);
  EXPECT_EQ(b_.Poll(), "unchanged");
  EXPECT_TRUE(IsTrusted(a_, api_));
}

TEST_F(SharedCertificateTest, ServesOnWhileTheSecretIsSomebodyElses) {
  Begin();
  const std::string served = a_.Served();
  Json secret = api_.Get(kSecretPath);
  secret["type"] = "Opaque";
  api_.Put(kSecretPath, secret);
  EXPECT_THAT(a_.Poll(), StartsWith("secret irsa/irsa-tls: it is of type Opaque"));
  EXPECT_EQ(a_.Served(), served);
  EXPECT_TRUE(a_.certificate.is_ready());
}

TEST_F(SharedCertificateTest, ServesOnWhileTheApiserverIsAway) {
  Begin();
  const std::string served = a_.Served();
  api_.before = [](const ApiRequest&) {
    return base::Result<ApiAnswer>(
        base::Error{base::ErrorCode::kUnavailable, "https://10.0.0.1: the connection was cut"});
  };
  clock_.Advance(80 * kDay);
  EXPECT_EQ(a_.Poll(), "get secret irsa/irsa-tls: https://10.0.0.1: the connection was cut");
  EXPECT_EQ(a_.Served(), served);
  EXPECT_TRUE(a_.certificate.is_ready());
  api_.before = nullptr;
  EXPECT_EQ(a_.Poll(), "changed");
  b_.Poll();
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, StartsWhileTheApiserverIsAway) {
  Refuse([](const ApiRequest&) { return true; }, Refusal(503, "etcd is not there"));
  EXPECT_EQ(a_.Poll(), "get secret irsa/irsa-tls: the apiserver answered 503: etcd is not there");
  EXPECT_EQ(a_.live.Current(), nullptr);
  EXPECT_FALSE(a_.certificate.is_ready());
  api_.before = nullptr;
  EXPECT_EQ(a_.Poll(), "changed");
}

TEST_F(SharedCertificateTest, RenewsThoughTheConfigurationsAreOutOfReach) {
  Begin();
  Refuse(IsOfConfiguration, Refusal(403, "no such right"));
  clock_.Advance(60 * kDay);
  EXPECT_THAT(a_.Poll(), HasSubstr("403: no such right"));
  EXPECT_EQ(a_.Served(), SecretText(api_, "tls.crt"));  // of the same authority, so nobody needs to trust anything new
  EXPECT_TRUE(IsTrusted(a_, api_));
}

TEST_F(SharedCertificateTest, TakesAnUnknownAuthoritysPairOnlyWhenItCanBeTrusted) {
  Begin();
  FakeObjectStore elsewhere;
  elsewhere.Put(kConfigurationPath, FreshConfiguration());
  Replica other(elsewhere, clock_);
  ASSERT_EQ(other.Poll(), "changed");
  const std::string served = a_.Served();
  api_.Put(kSecretPath, elsewhere.Get(kSecretPath));  // restored from a backup of another cluster, say
  Refuse(IsOfConfiguration, Refusal(403, "no such right"));
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
  FakeObjectStore elsewhere;
  Replica other(elsewhere, clock_);
  other.Poll();
  api_.Put(kSecretPath, elsewhere.Get(kSecretPath));
  Refuse(IsOfConfiguration, Refusal(403, "no such right"));
  EXPECT_THAT(a_.Poll(), HasSubstr("403: no such right"));
  EXPECT_EQ(a_.Served(), other.Served());
}

TEST_F(SharedCertificateTest, ServesForNewNamesAtOnce) {
  Begin();
  SharedCertificateOptions options = ReplicaOptions();
  options.server_names = {"irsa.irsa.svc", "irsa.irsa.svc.cluster.local"};
  Replica updated(api_, clock_, options);
  EXPECT_EQ(updated.Poll(), "changed");
  EXPECT_EQ(a_.Poll(), "changed");  // the older release is content with more names than it needs
  EXPECT_EQ(a_.Served(), updated.Served());
  EXPECT_EQ(updated.Poll(), "unchanged");
}

TEST_F(SharedCertificateTest, LogsNoKey) {
  Begin();
  api_.Delete(kSecretPath);
  a_.Poll();
  Json secret = api_.Get(kSecretPath);
  secret["data"]["ca.key"] = secret["data"]["tls.key"];
  api_.Put(kSecretPath, secret);
  a_.Poll();
  for (const std::string& line : a_.log.Lines()) {
    EXPECT_THAT(line, ::testing::Not(HasSubstr("-----")));
    EXPECT_LT(line.size(), 300);
  }
}

}  // namespace
}  // namespace irsa::kube
