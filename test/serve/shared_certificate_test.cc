#include "src/serve/certificates/shared_certificate.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/serve/shared_certificate_fixture.h"

namespace irsa::serve {
namespace {

using std::chrono::seconds;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(SharedCertificateTest, MakesTheCertificateAndHasItTrusted) {
  EXPECT_FALSE(a_.certificate.CheckReady().ok());
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_TRUE(a_.certificate.CheckReady().ok());
  EXPECT_EQ(a_.Served(), SecretText(api_, "tls.crt"));
  EXPECT_EQ(CaBundleIn(api_), SecretText(api_, "ca.crt"));
  EXPECT_TRUE(IsTrusted(a_, api_));
  EXPECT_EQ(a_.certificate.live().Get()->not_after, std::chrono::floor<seconds>(clock_.Now()) + 90 * kDay);
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

TEST_F(SharedCertificateTest, BoundsItsRequests) {
  api_.before = [this](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
    EXPECT_EQ(request.deadline, clock_.SteadyNow() + seconds(5));
    EXPECT_EQ(request.max_answer_bytes, 4U << 20);
    return std::nullopt;
  };
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_EQ(api_.Requests().size(), 4U) << "the Secret and the configuration, each read and written";
}

TEST_F(SharedCertificateTest, LaterReplicasUseWhatTheFirstOneMade) {
  Begin();
  ExpectAgreement();
  EXPECT_THAT(b_.log.Lines(), ElementsAre(StartsWith("serving the shared certificate")));
}

TEST_F(SharedCertificateTest, UsesTheWinnersCertificateWhenTwoStartAtOnce) {
  api_.before = [this](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
    if (TextOf(request.verb).method != "POST") return std::nullopt;
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
  EXPECT_FALSE(a_.certificate.CheckReady().ok());
  EXPECT_NE(a_.Served(), "");
  api_.Put(kConfigurationPath, FreshConfiguration());
  EXPECT_EQ(a_.Poll(), "unchanged");
  EXPECT_TRUE(a_.certificate.CheckReady().ok());
  EXPECT_TRUE(IsTrusted(a_, api_));
}

constexpr const char* kValidatingPath =
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/irsa-guard";

SharedCertificateOptions WithValidating() {
  SharedCertificateOptions options = ReplicaOptions();
  options.validating_configuration = "irsa-guard";
  return options;
}

TEST_F(SharedCertificateTest, KeepsAValidatingConfigurationToo) {
  api_.Put(kValidatingPath, FreshConfiguration());
  Replica replica(api_, clock_, WithValidating());
  EXPECT_EQ(replica.Poll(), "changed");
  EXPECT_TRUE(replica.certificate.CheckReady().ok());
  EXPECT_EQ(api_.Get(kValidatingPath)["webhooks"][0]["clientConfig"]["caBundle"],
            api_.Get(kConfigurationPath)["webhooks"][0]["clientConfig"]["caBundle"]);
}

TEST_F(SharedCertificateTest, DoesWithoutAValidatingConfigurationUntilThereIsOne) {
  Replica replica(api_, clock_, WithValidating());
  EXPECT_EQ(replica.Poll(), "changed");
  EXPECT_TRUE(replica.certificate.CheckReady().ok());
  EXPECT_EQ(replica.Poll(), "unchanged");
  EXPECT_THAT(replica.log.Lines(), ElementsAre(_, "caBundle set configuration=mutatingwebhookconfiguration irsa",
                                               "webhook configuration does not exist: its caBundle is set once it does "
                                               "configuration=validatingwebhookconfiguration irsa-guard",
                                               StartsWith("serving the shared certificate")))
      << "once";
  for (int i = 0; i < 2; ++i) {
    api_.Put(kValidatingPath, FreshConfiguration());
    EXPECT_EQ(replica.Poll(), "unchanged");
    EXPECT_EQ(api_.Get(kValidatingPath)["webhooks"][0]["clientConfig"]["caBundle"],
              api_.Get(kConfigurationPath)["webhooks"][0]["clientConfig"]["caBundle"]);
    api_.Delete(kValidatingPath);
    EXPECT_EQ(replica.Poll(), "unchanged");
  }
}

TEST_F(SharedCertificateTest, IsNotReadyWhileAValidatingConfigurationCannotBeRead) {
  const auto refuses = [](const kube::ApiRequest& request) { return request.path == kValidatingPath; };
  Refuse(refuses, kube::Refusal(403, "no"));
  Replica replica(api_, clock_, WithValidating());
  EXPECT_THAT(replica.Poll(), HasSubstr("validatingwebhookconfiguration irsa-guard"));
  EXPECT_FALSE(replica.certificate.CheckReady().ok());
  EXPECT_TRUE(IsTrusted(replica, api_)) << "one that fails does not keep the other from being right";
  api_.before = nullptr;
  EXPECT_EQ(replica.Poll(), "unchanged");
  EXPECT_TRUE(replica.certificate.CheckReady().ok());
}

TEST_F(SharedCertificateTest, IsReadyBeforeAnyConfigurationWhereOnlyTheValidatingOneIsKept) {
  SharedCertificateOptions options = WithValidating();
  options.mutating_configuration = "";
  Replica replica(api_, clock_, options);
  EXPECT_EQ(replica.Poll(), "changed");
  EXPECT_TRUE(replica.certificate.CheckReady().ok());
}

TEST_F(SharedCertificateTest, NeedsNoConfigurationWhereSomebodyElseKeepsThem) {
  SharedCertificateOptions options = ReplicaOptions();
  options.mutating_configuration = "";
  Replica replica(api_, clock_, options);
  EXPECT_EQ(replica.Poll(), "changed");
  EXPECT_TRUE(replica.certificate.CheckReady().ok());
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
  api_.before = [this](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
    if (TextOf(request.verb).method != "PATCH") return std::nullopt;
    api_.before = nullptr;
    api_.Put(kConfigurationPath, FreshConfiguration());
    return api_.Send(request);
  };
  EXPECT_EQ(a_.Poll(), "changed");
  EXPECT_TRUE(IsTrusted(a_, api_));
}

TEST_F(SharedCertificateTest, TriesAFewTimesBeforeItPauses) {
  int writes = 0;
  const auto refuse = [this, &writes](const char* method) {
    writes = 0;
    Refuse(
        [&writes, method](const kube::ApiRequest& request) {
          const bool is_write = TextOf(request.verb).method == method;
          if (is_write) ++writes;
          return is_write;
        },
        kube::Refusal(409, "changed in between"));
  };
  refuse("POST");
  EXPECT_THAT(a_.Poll(), HasSubstr("changed in between"));
  EXPECT_EQ(writes, 4) << "of the Secret";
  refuse("PATCH");
  EXPECT_THAT(a_.Poll(), HasSubstr("changed in between"));
  EXPECT_EQ(writes, 4) << "of the configuration";
}

TEST_F(SharedCertificateTest, RepairsASecretThatWasDamagedByHand) {
  Begin();
  const std::string served = a_.Served();
  kube::Json secret = api_.Get(kSecretPath);
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
  kube::Json secret = api_.Get(kSecretPath);
  secret["type"] = "Opaque";
  api_.Put(kSecretPath, secret);
  EXPECT_THAT(a_.Poll(), StartsWith("secret irsa/irsa-tls: it is of type Opaque"));
  EXPECT_EQ(a_.Served(), served);
  EXPECT_TRUE(a_.certificate.CheckReady().ok());
}

TEST_F(SharedCertificateTest, ServesOnWhileTheApiserverIsAway) {
  Begin();
  const std::string served = a_.Served();
  api_.before = [](const kube::ApiRequest&) {
    return Result<kube::ApiAnswer>(Error{ErrorCode::kUnavailable, "https://10.0.0.1: the connection was cut"});
  };
  clock_.Advance(80 * kDay);
  EXPECT_EQ(a_.Poll(), "get secret irsa/irsa-tls: https://10.0.0.1: the connection was cut");
  EXPECT_EQ(a_.Served(), served);
  EXPECT_TRUE(a_.certificate.CheckReady().ok());
  api_.before = nullptr;
  EXPECT_EQ(a_.Poll(), "changed");
  b_.Poll();
  ExpectAgreement();
}

TEST_F(SharedCertificateTest, StartsWhileTheApiserverIsAway) {
  Refuse([](const kube::ApiRequest&) { return true; }, kube::Refusal(503, "etcd is not there"));
  EXPECT_EQ(a_.Poll(), "get secret irsa/irsa-tls: the apiserver answered 503: etcd is not there");
  EXPECT_EQ(a_.certificate.live().Get(), nullptr);
  EXPECT_FALSE(a_.certificate.CheckReady().ok());
  api_.before = nullptr;
  EXPECT_EQ(a_.Poll(), "changed");
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
  kube::Json secret = api_.Get(kSecretPath);
  secret["data"]["ca.key"] = secret["data"]["tls.key"];
  api_.Put(kSecretPath, secret);
  a_.Poll();
  for (const std::string& line : a_.log.Lines()) {
    EXPECT_THAT(line, ::testing::Not(HasSubstr("-----")));
    EXPECT_LT(line.size(), 300);
  }
}

}  // namespace
}  // namespace irsa::serve
