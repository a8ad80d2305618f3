#include "irsa/serve/identity_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/waiting.h"

#include "test/kube/scripted_api_server.h"
#include "test/testing/await.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_file_reader.h"
#include "test/testing/fake_log.h"

namespace irsa::serve {
namespace {

using ::testing::HasSubstr;

const telemetry::KnownLabels kLabels = {{}, {}, {"config-map"}};
constexpr char kFile[] = R"({"kind": "ServiceAccount", "metadata": {"name": "a"}})";

class FileIdentityServiceTest : public ::testing::Test {
 protected:
  std::string Report() {
    telemetry::Measurements measured;
    service_.Report(measured);
    return metrics_.Render(measured);
  }

  testing::FakeClock clock_;
  testing::FakeFileReader files_;
  telemetry::Metrics metrics_{kLabels, "1"};
  FileIdentityService service_{files_, clock_, "accounts.json", {}};
};

TEST_F(FileIdentityServiceTest, LoadsTheFile) {
  EXPECT_THAT(service_.Load().error().message, HasSubstr("accounts.json"));
  files_.files["accounts.json"] = kFile;
  ASSERT_TRUE(service_.Load().ok());
  EXPECT_TRUE(service_.CheckReady().ok());
  EXPECT_EQ(service_.Poll().value(), false);
  EXPECT_EQ(service_.source().Find({"default", "a"}, {}).value(), nullptr);
  EXPECT_THAT(Report(), HasSubstr("irsa_identities 1\n"));
}

TEST_F(FileIdentityServiceTest, AgesWhileTheFileIsBroken) {
  files_.files["accounts.json"] = kFile;
  ASSERT_TRUE(service_.Load().ok());
  clock_.Advance(std::chrono::seconds(5));
  EXPECT_THAT(Report(), HasSubstr("irsa_sync_age_seconds 5\n"));
  files_.files["accounts.json"] = "[";
  EXPECT_TRUE(service_.Poll().ok());  // perhaps it is still being written
  clock_.Advance(std::chrono::seconds(5));
  EXPECT_FALSE(service_.Poll().ok());
  EXPECT_THAT(Report(), HasSubstr("irsa_sync_age_seconds 5\n"));
  files_.files["accounts.json"] = kFile;
  EXPECT_FALSE(service_.Poll().ok());  // not before it has been read twice
  EXPECT_TRUE(service_.Poll().ok());
  EXPECT_THAT(Report(), HasSubstr("irsa_sync_age_seconds 0\n"));
}

TEST(FileIdentityService, GivesTheDefaultRolesOfTheFilesNamespaces) {
  testing::FakeClock clock;
  testing::FakeFileReader files;
  files.files["accounts.yaml"] =
      "{kind: Namespace, metadata: {name: shop, annotations: {eks.amazonaws.com/default-role-arn: x}}}";
  identity::Settings settings;
  settings.uses_default_roles = true;
  FileIdentityService service(files, clock, "accounts.yaml", settings);
  const Status loaded = service.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(service.source().Find({"shop", "a"}, {}).value()->identity->role_arn, "x");
  EXPECT_EQ(service.source().Find({"other", "a"}, {}).value(), nullptr);
  EXPECT_EQ(service.accounts().Find({"shop", "a"}, {}).value(), nullptr);
  const auto known = service.FindKnown({"shop", "a"});
  ASSERT_TRUE(known);
  EXPECT_EQ(known->account->identity->role_arn, "x");
  EXPECT_EQ(known->source, "default role of the namespace");
  EXPECT_FALSE(service.FindKnown({"other", "a"}));
}

TEST_F(FileIdentityServiceTest, SaysSinceWhenAnAccountIsKnown) {
  files_.files["accounts.json"] = kFile;
  ASSERT_TRUE(service_.Load().ok());
  const base::SystemTime loaded = clock_.Now();
  clock_.Advance(std::chrono::seconds(5));
  ASSERT_TRUE(service_.Poll().ok());
  const auto known = service_.FindKnown({"default", "a"});
  ASSERT_TRUE(known);
  EXPECT_EQ(known->account, nullptr);
  EXPECT_EQ(known->source, "file accounts.json");
  EXPECT_EQ(known->since, loaded);
  EXPECT_FALSE(service_.FindKnown({"default", "b"}));
}

class ClusterIdentityServiceTest : public ::testing::Test {
 protected:
  void Begin(const ClusterIdentityOptions& options) {
    service_ = std::make_unique<ClusterIdentityService>(server_, kube::ReflectorTools{clock_, waiter_, log_}, options);
    // A streamed list, which the script refuses.
    server_.AddFor("sendInitialEvents", kube::Answer(400));
    service_->Start();
  }
  static std::string Page(const std::string& items) {
    return R"({"metadata": {"resourceVersion": "9"}, "items": [)" + items + "]}";
  }
  void AwaitReady() {
    ASSERT_TRUE(testing::Await([&] { return service_->CheckReady().ok(); }));
  }
  std::string Report() {
    telemetry::Measurements measured;
    service_->Report(measured);
    return metrics_.Render(measured);
  }

  testing::FakeClock clock_;
  base::ThreadWaiter waiter_;
  testing::FakeLog log_;
  kube::ScriptedApiServer server_;
  telemetry::Metrics metrics_{kLabels, "1"};
  std::unique_ptr<ClusterIdentityService> service_;  // last: it uses the others
};

constexpr char kAccount[] = R"({"metadata": {"namespace": "n", "name": "a", "resourceVersion": "1"}})";

TEST_F(ClusterIdentityServiceTest, IsReadyWhenTheAccountsAreListed) {
  Begin({});
  ASSERT_TRUE(service_->Load().ok());
  EXPECT_THAT(service_->CheckReady().error().message, HasSubstr("service accounts have not been listed yet"));
  server_.AddFor("serviceaccounts?limit", kube::Answer(200, Page(kAccount)));
  AwaitReady();
  EXPECT_EQ(service_->source().Find({"n", "a"}, {}).value(), nullptr);
  EXPECT_EQ(service_->Poll().value(), false);
  clock_.Advance(std::chrono::seconds(3));
  const std::string metrics = Report();
  EXPECT_THAT(metrics, HasSubstr("irsa_identities 1\n"));
  EXPECT_THAT(metrics, HasSubstr("irsa_sync_age_seconds 3\n"));
  EXPECT_THAT(metrics, HasSubstr("irsa_config_map_identities 0\n"));
}

TEST_F(ClusterIdentityServiceTest, FollowsNamespacesForDefaultRolesOnly) {
  ClusterIdentityOptions options;
  options.settings.uses_default_roles = true;
  Begin(options);
  server_.AddFor("serviceaccounts?limit", kube::Answer(200, Page(kAccount)));
  // An account is known a moment before all of them count as listed.
  ASSERT_TRUE(testing::Await([&] { return !service_->CheckReady().error().message.starts_with("service accounts"); }));
  EXPECT_GT(service_->size(), 0U);
  EXPECT_THAT(service_->CheckReady().error().message, HasSubstr("namespaces have not been listed yet"));
  server_.AddFor("namespaces?sendInitialEvents", kube::Answer(400));
  server_.AddFor("namespaces?limit", kube::Answer(200, Page(R"({"metadata": {"name": "n", "resourceVersion": "1",
      "annotations": {"eks.amazonaws.com/default-role-arn": "x"}}})")));
  AwaitReady();
  EXPECT_EQ(service_->source().Find({"n", "a"}, {}).value()->identity->role_arn, "x");
  EXPECT_EQ(service_->accounts().Find({"n", "a"}, {}).value(), nullptr);
  EXPECT_EQ(service_->max_waiting(), options.lookup.max_waiting + identity::kMaxWaitingForNamespaces);
  const auto known = service_->FindKnown({"n", "a"});
  ASSERT_TRUE(known);
  EXPECT_EQ(known->account->identity->role_arn, "x");
  EXPECT_EQ(known->source, "default role of the namespace");
  EXPECT_EQ(known->since, clock_.Now());
  const size_t requests = server_.requests().size();
  EXPECT_FALSE(service_->FindKnown({"n", "unknown"}));
  EXPECT_EQ(server_.requests().size(), requests) << "nobody is asked";
}

TEST_F(ClusterIdentityServiceTest, WaitsForTheConfigMapToo) {
  ClusterIdentityOptions options;
  options.config_map_namespace = "irsa";
  Begin(options);
  server_.AddFor("serviceaccounts?limit", kube::Answer(200, Page(kAccount)));
  ASSERT_TRUE(testing::Await([&] { return service_->size() > 0; }));
  EXPECT_FALSE(service_->CheckReady().ok());
  server_.AddFor("/irsa/configmaps?limit", kube::Answer(200, Page(R"({"metadata": {"namespace": "irsa",
      "name": "pod-identity-webhook", "resourceVersion": "2"},
      "data": {"config": "{\"bad\": 1, \"n/a\": {\"RoleARN\": \"x\"}}"}})")));
  AwaitReady();
  EXPECT_EQ(service_->source().Find({"n", "a"}, {}).value()->identity->role_arn, "x");
  EXPECT_EQ(service_->FindKnown({"n", "a"})->source, "ConfigMap irsa/pod-identity-webhook");
  EXPECT_EQ(service_->FindKnown({"n", "a"})->since, clock_.Now());
  for (int i = 0; i < 2; ++i) {
    const std::string metrics = Report();
    EXPECT_THAT(metrics, HasSubstr("irsa_config_map_identities 1\n"));
    EXPECT_THAT(metrics, HasSubstr("irsa_config_map_entries_skipped_total 1\n"));
    EXPECT_THAT(metrics, HasSubstr("irsa_reloads_total{what=\"config-map\"} 1\n"));
    EXPECT_THAT(metrics, HasSubstr("irsa_reload_failures_total{what=\"config-map\"} 0\n"));
  }
}

TEST_F(ClusterIdentityServiceTest, IsAsOldAsTheOlderOfAccountsAndConfigMap) {
  ClusterIdentityOptions options;
  options.config_map_namespace = "irsa";
  Begin(options);
  clock_.Advance(std::chrono::seconds(3));
  server_.AddFor("serviceaccounts?limit", kube::Answer(200, Page(kAccount)));
  ASSERT_TRUE(testing::Await([&] { return service_->size() > 0; }));
  EXPECT_THAT(Report(), HasSubstr("irsa_sync_age_seconds 3\n"));
  server_.AddFor("/irsa/configmaps?limit", kube::Answer(200, Page("")));
  AwaitReady();
  server_.WaitUntilIdle(2);  // both watches
  EXPECT_THAT(Report(), HasSubstr("irsa_sync_age_seconds 0\n"));
  clock_.Advance(std::chrono::seconds(60));
  server_.AddFor("/irsa/configmaps?watch", kube::Stream({R"({"type":"BOOKMARK","object":{"kind":"ConfigMap",)"
                                                         R"("metadata":{"resourceVersion":"20"}}})"
                                                         "\n"}));
  server_.WaitUntilIdle(2);
  EXPECT_THAT(Report(), HasSubstr("irsa_sync_age_seconds 60\n"));
}

}  // namespace
}  // namespace irsa::serve
