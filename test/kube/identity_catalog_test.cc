#include "irsa/kube/identity_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/kube/record_examples.h"
#include "test/kube/reflector_fixture.h"

namespace irsa::kube {
namespace {

using base::Error;
using base::ErrorCode;
using std::chrono::seconds;

std::string Account(const std::string& name, int version, const nlohmann::json& annotations) {
  return nlohmann::json{{"metadata",
                         {{"namespace", "n"},
                          {"name", name},
                          {"resourceVersion", std::to_string(version)},
                          {"annotations", annotations}}}}
      .dump();
}

std::string WithRole(const std::string& name, int version, const std::string& role) {
  return Account(name, version, {{"eks.amazonaws.com/role-arn", role}});
}

std::string ConfigMap(const nlohmann::json& config) {
  return nlohmann::json{
      {"metadata", {{"namespace", "irsa"}, {"name", "pod-identity-webhook"}, {"resourceVersion", "5"}}},
      {"data", {{"config", config.dump()}}}}
      .dump();
}

ReflectorOptions InPages(ReflectorOptions options) {
  options.stream_lists = false;
  options.max_watch_silence = FakeWaiter::kLong;
  return options;
}

class ClusterCatalogTest : public ::testing::Test {
 protected:
  void BeginWith(const std::vector<std::string>& accounts, const std::vector<std::string>& config_maps = {}) {
    server_.AddFor("/serviceaccounts?", Answer(200, Page(10, accounts)));
    server_.AddFor("/configmaps?", Answer(200, Page(10, config_maps)));
    accounts_.Start();
    config_map_.Start();
    server_.WaitUntilIdle(2);
  }
  base::Result<std::optional<RecordedIdentity>> Ask(const std::string& account) {
    return catalog_.Ask("n", account, clock_.SteadyNow() + seconds(5), {});
  }

  irsa::testing::FakeClock clock_;
  FakeWaiter waiter_;
  irsa::testing::FakeLog log_;
  ScriptedApiServer server_;
  ClusterIdentities accounts_{server_,           {clock_, waiter_, log_}, {}, {}, InPages(ServiceAccountReflection()),
                              [] { return 0.5; }};
  ConfigMapIdentities config_map_{server_,
                                  {clock_, waiter_, log_},
                                  {},
                                  "pod-identity-webhook",
                                  InPages(ConfigMapReflection("irsa", "pod-identity-webhook")),
                                  [] { return 0.5; }};
  ClusterCatalog catalog_{accounts_, &config_map_, {}, log_};
};

TEST_F(ClusterCatalogTest, IsReadyWhenBothSourcesAre) {
  EXPECT_EQ(catalog_.Ready().error().message, "service accounts have not been listed yet");
  BeginWith({});
  EXPECT_TRUE(catalog_.Ready().ok());
}

TEST_F(ClusterCatalogTest, ListsIdentitiesFromAnnotationsAndTheConfigMap) {
  BeginWith({WithRole("annotated", 1, "own"), Account("mapped", 2, nullptr), Account("plain", 3, nullptr),
             Account("misspelt", 4, {{"eks.amazonaws.com/role-arm", "x"}})},
            {ConfigMap({{"n/mapped", {{"RoleARN", "mapped"}}},
                        {"n/annotated", {{"RoleARN", "loses"}}},
                        {"*/misspelt", {{"RoleARN", "any"}}},
                        {"n/nobody", {{"RoleARN", "of no account"}}}})});
  const RecordedCluster expected = {
      {"n", {{"annotated", Recorded("own")}, {"mapped", Recorded("mapped")}, {"misspelt", Recorded("any")}}}};
  EXPECT_EQ(catalog_.List(), expected);
}

TEST_F(ClusterCatalogTest, TellsThatSomethingChanged) {
  BeginWith({WithRole("a", 1, "role")});
  const uint64_t before = catalog_.changes();
  server_.AddFor("/serviceaccounts?", Stream({EventText("MODIFIED", WithRole("a", 11, "role"))}));
  server_.WaitUntilIdle(2);
  EXPECT_EQ(catalog_.changes(), before);  // not in what counts
  server_.AddFor("/serviceaccounts?", Stream({EventText("MODIFIED", WithRole("a", 12, "other"))}));
  server_.WaitUntilIdle(2);
  const uint64_t after = catalog_.changes();
  EXPECT_GT(after, before);
  server_.AddFor("/configmaps?", Stream({EventText("ADDED", ConfigMap(nlohmann::json::object()))}));
  server_.WaitUntilIdle(2);
  EXPECT_GT(catalog_.changes(), after);
}

TEST_F(ClusterCatalogTest, AsksForOneAccountWhateverTheWatchHasShown) {
  BeginWith({WithRole("a", 1, "old")}, {ConfigMap({{"n/b", {{"RoleARN", "mapped"}}}})});
  server_.AddFor("/serviceaccounts/a", Answer(200, WithRole("a", 2, "new")));
  EXPECT_EQ(Ask("a").value(), Recorded("new"));
  server_.AddFor("/serviceaccounts/a", Answer(404));
  EXPECT_EQ(Ask("a").value(), std::nullopt);
  server_.AddFor("/serviceaccounts/b", Answer(200, Account("b", 2, nullptr)));
  EXPECT_EQ(Ask("b").value(), Recorded("mapped"));
  server_.AddFor("/serviceaccounts/b", Answer(404));
  EXPECT_EQ(Ask("b").value(), std::nullopt);  // an entry of the ConfigMap makes no account
  server_.AddFor("/serviceaccounts/a", Answer(403));
  EXPECT_EQ(Ask("a").error(), (Error{ErrorCode::kUnavailable, "get service account n/a: the apiserver answered 403"}));
}

TEST_F(ClusterCatalogTest, AsksNobodyForWhatIsNoName) {
  BeginWith({});
  EXPECT_EQ(catalog_.Ask("n/../x", "a", clock_.SteadyNow() + seconds(5), {}).value(), std::nullopt);
}

TEST_F(ClusterCatalogTest, LeavesOutWhatCannotBeRecordedAndSaysSoOnce) {
  BeginWith(
      {Account("a", 1, {{"eks.amazonaws.com/role-arn", "r"}, {"eks.amazonaws.com/audience", std::string(1025, 'x')}})});
  EXPECT_EQ(catalog_.List(), RecordedCluster());
  EXPECT_EQ(catalog_.List(), RecordedCluster());
  std::vector<std::string> lines = log_.Lines();
  std::erase_if(lines, [](const std::string& line) { return !line.starts_with("identity cannot be recorded"); });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines.front(), ::testing::HasSubstr("service_account=n/a"));
}

}  // namespace
}  // namespace irsa::kube
