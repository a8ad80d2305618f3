#include "irsa/identity/sources/config_map_identities.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/kube/reflector_fixture.h"
#include "test/testing/await.h"

namespace irsa::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kName[] = "pod-identity-webhook";

std::string ConfigMap(int version, const std::string& config, const std::string& name = kName) {
  const nlohmann::json object = {
      {"metadata", {{"namespace", "irsa"}, {"name", name}, {"resourceVersion", std::to_string(version)}}},
      {"data", {{"config", config}}}};
  return object.dump();
}

std::string Entry(const std::string& key, const std::string& role) {
  return R"({")" + key + R"(": {"RoleARN": ")" + role + "\"}}";
}

class ConfigMapIdentitiesTest : public ::testing::Test {
 protected:
  ConfigMapIdentitiesTest() {
    kube::ReflectorOptions reflection;
    reflection.max_watch_silence = kube::FakeWaiter::kLong;
    identities_ =
        std::make_unique<ConfigMapIdentities>(server_, kube::ReflectorTools{clock_, waiter_, log_, [] { return 0.5; }},
                                              Settings(), "irsa", kName, reflection);
  }

  void BeginWith(const std::vector<std::string>& objects) {
    server_.Add(kube::Answer(200, kube::Page(10, objects)));
    identities_->Start();
    server_.WaitUntilIdle();
  }
  void Watch(const std::vector<std::string>& events) {
    server_.Add(kube::Stream(events));
    server_.WaitUntilIdle();
  }

  // The role, "-" for none, or the error's message.
  std::string Role(std::string_view namespace_name, std::string_view name) {
    const auto account = identities_->Find({namespace_name, name}, {});
    if (!account.ok()) return account.error().message;
    return *account == nullptr ? "-" : (*account)->identity->role_arn;
  }

  irsa::testing::FakeClock clock_;
  kube::FakeWaiter waiter_;
  irsa::testing::FakeLog log_;
  kube::ScriptedApiServer server_;
  std::unique_ptr<ConfigMapIdentities> identities_;  // last: it uses the others
};

TEST_F(ConfigMapIdentitiesTest, KnowsNothingAtFirst) {
  EXPECT_EQ(Role("n", "a"), "ConfigMap pod-identity-webhook has not been read yet");
  EXPECT_EQ(identities_->Ready().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(identities_->size(), 0U);
}

TEST_F(ConfigMapIdentitiesTest, FollowsTheOneConfigMap) {
  BeginWith({ConfigMap(1, Entry("n/a", "x")), ConfigMap(2, Entry("n/a", "other"), "other")});
  EXPECT_EQ(Role("n", "a"), "x");
  EXPECT_EQ(Role("n", "b"), "-");
  EXPECT_TRUE(identities_->Ready().ok());
  Watch({kube::EventText("MODIFIED", ConfigMap(11, Entry("n/b", "y")))});
  EXPECT_EQ(Role("n", "a"), "-");
  EXPECT_EQ(Role("n", "b"), "y");
  EXPECT_EQ(identities_->counts().documents, 2U);
  EXPECT_EQ(server_.requests()[0],
            "GET /api/v1/namespaces/irsa/configmaps?limit=500&fieldSelector=metadata.name%3Dpod-identity-webhook");
}

TEST_F(ConfigMapIdentitiesTest, PrefersANamespacesOwnEntry) {
  BeginWith({ConfigMap(1, R"({"*/a": {"RoleARN": "any"}, "n/a": {"RoleARN": "own"}})")});
  EXPECT_EQ(Role("n", "a"), "own");
  EXPECT_EQ(Role("m", "a"), "any");
  EXPECT_EQ(Role("m", "b"), "-");
}

TEST_F(ConfigMapIdentitiesTest, MayNotExistOrVanish) {
  BeginWith({ConfigMap(2, Entry("n/a", "other"), "other")});
  EXPECT_TRUE(identities_->Ready().ok());
  EXPECT_EQ(Role("n", "a"), "-");
  Watch({kube::EventText("ADDED", ConfigMap(11, Entry("n/a", "x")))});
  EXPECT_EQ(Role("n", "a"), "x");
  Watch({kube::EventText("DELETED", ConfigMap(12, Entry("n/a", "other"), "other"))});
  EXPECT_EQ(Role("n", "a"), "x");
  Watch({kube::EventText("DELETED", ConfigMap(12, Entry("n/a", "x")))});
  EXPECT_EQ(Role("n", "a"), "-");
  EXPECT_EQ(log_.Lines().back(), "ConfigMap deleted: its identities are gone config_map=pod-identity-webhook");
}

TEST_F(ConfigMapIdentitiesTest, SkipsBadEntriesLoggedAndCounted) {
  BeginWith({ConfigMap(1, R"({"bad": {}, "n/a": {"RoleARN": "x"}})")});
  EXPECT_EQ(Role("n", "a"), "x");
  EXPECT_EQ(identities_->counts().skipped_entries, 1U);
  EXPECT_THAT(log_.Lines(),
              ElementsAre("ConfigMap entry skipped config_map=pod-identity-webhook error=entry \"bad\": its key is not "
                          "NAMESPACE/NAME of a service account, or a pattern like team-*/NAME",
                          "ConfigMap loaded config_map=pod-identity-webhook identities=1", HasSubstr("list complete")));
}

TEST_F(ConfigMapIdentitiesTest, DoesNotFillTheLog) {
  nlohmann::json config;
  for (int i = 0; i < 100; ++i) config["bad-" + std::to_string(i)] = 1;
  BeginWith({ConfigMap(1, config.dump())});
  EXPECT_THAT(log_.Lines(), SizeIs(23));
  EXPECT_EQ(log_.Lines()[20], "more ConfigMap entries skipped config_map=pod-identity-webhook skipped=100");
  EXPECT_EQ(identities_->counts().skipped_entries, 100U);
}

TEST_F(ConfigMapIdentitiesTest, KeepsTheLastGoodStateWhileItIsBroken) {
  BeginWith({ConfigMap(1, Entry("n/a", "x"))});
  Watch({kube::EventText("MODIFIED", ConfigMap(11, "n/a: {}"))});
  EXPECT_EQ(Role("n", "a"), "x");
  EXPECT_TRUE(identities_->Ready().ok());
  Watch({kube::EventText(
      "MODIFIED", R"({"metadata":{"name":"pod-identity-webhook","resourceVersion":"12"},"data":{"other":"{}"}})")});
  Watch({kube::EventText("MODIFIED", R"({"metadata":{"name":"pod-identity-webhook","resourceVersion":"13"}})")});
  EXPECT_EQ(Role("n", "a"), "x");
  EXPECT_EQ(identities_->counts().broken_documents, 3U);
  EXPECT_THAT(log_.Lines()[2],
              "ConfigMap not loaded: the last good state stays in use config_map=pod-identity-webhook "
              "error=data.config: not valid JSON at byte 2");
  Watch({kube::EventText("MODIFIED", ConfigMap(14, "{}"))});
  EXPECT_EQ(Role("n", "a"), "-");
}

TEST_F(ConfigMapIdentitiesTest, IsNotReadyWhileItIsBrokenFromTheStart) {
  BeginWith({ConfigMap(1, "[]")});
  const std::string why =
      "ConfigMap pod-identity-webhook has not been read yet: data.config: not an object but of type array";
  EXPECT_EQ(identities_->Ready().error().message, why);
  EXPECT_EQ(Role("n", "a"), why);
  Watch({kube::EventText("DELETED", ConfigMap(11, "[]"))});
  EXPECT_TRUE(identities_->Ready().ok());
}

TEST_F(ConfigMapIdentitiesTest, SaysWhyItCannotBeRead) {
  server_.Add(kube::Answer(403, R"({"kind":"Status","message":"may not list"})"));
  identities_->Start();
  ASSERT_TRUE(testing::Await([&] { return !log_.Lines().empty(); }));
  EXPECT_THAT(identities_->Ready().error().message, HasSubstr("has not been read yet: list /api/v1/namespaces/irsa/"));
}

TEST_F(ConfigMapIdentitiesTest, ReadsAVersionOnce) {
  BeginWith({ConfigMap(1, R"({"bad": 1})")});
  server_.Add(kube::Answer(410));
  server_.Add(kube::Answer(200, kube::Page(20, {ConfigMap(1, R"({"bad": 1})")})));
  server_.WaitUntilIdle();
  EXPECT_EQ(identities_->counts().skipped_entries, 1U);
  EXPECT_EQ(identities_->counts().documents, 1U);
}

}  // namespace
}  // namespace irsa::identity
