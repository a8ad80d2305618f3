#include "irsa/identity/sources/cluster_annotations.h"

#include <future>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/reflector_fixture.h"
#include "test/testing/await.h"

namespace irsa::identity {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::chrono::hours kPatient{1};

std::string Account(std::string_view name, int version, std::string_view role) {
  const std::string annotations =
      role.empty() ? "" : R"(,"annotations":{"eks.amazonaws.com/role-arn":")" + std::string(role) + "\"}";
  return R"({"metadata":{"namespace":"n","name":")" + std::string(name) + R"(","resourceVersion":")" +
         std::to_string(version) + "\"" + annotations + "}}";
}

// A role's ARN by its name.
std::string Arn(std::string_view role) { return "arn:aws:iam::111122223333:role/" + std::string(role); }

class ClusterIdentitiesTest : public ::testing::Test {
 protected:
  ClusterIdentitiesTest() {
    reflection_.stream_lists = false;
    reflection_.max_watch_silence = kube::FakeWaiter::kLong;
    lookup_.grace_period = kPatient;
  }

  void Begin() {
    identities_ = std::make_unique<ClusterIdentities>(
        server_, kube::ReflectorTools{clock_, waiter_, log_, [] { return 0.5; }}, Settings(), lookup_, reflection_);
    identities_->Start();
  }
  // In sync, with those accounts at version 10.
  void BeginWith(const std::vector<std::string>& accounts) {
    server_.Add(kube::Answer(200, kube::Page(10, accounts)));
    Begin();
    server_.WaitUntilIdle();
  }

  // The role's name, "-" for an account without one, or the error's message.
  std::string Role(std::string_view name, std::string_view namespace_name = "n") {
    const auto account = identities_->Find({namespace_name, name}, clock_.SteadyNow() + kPatient);
    if (!account.ok()) return account.error().message;
    if (*account == nullptr || !(*account)->identity) return "-";
    const std::string& arn = (*account)->identity->role_arn;
    return arn.substr(arn.find('/') + 1);
  }
  // Once the watch has brought these events; it goes on from the last of them.
  void Watch(const std::vector<std::string>& events) {
    server_.Add(kube::Stream(events));
    server_.WaitUntilIdle();
  }

  irsa::testing::FakeClock clock_;
  kube::FakeWaiter waiter_;
  irsa::testing::FakeLog log_;
  kube::ScriptedApiServer server_;
  kube::ReflectorOptions reflection_;
  LookupOptions lookup_;
  std::unique_ptr<ClusterIdentities> identities_;  // last: it uses the others
};

TEST_F(ClusterIdentitiesTest, KnowsNothingBeforeTheFirstList) {
  Begin();
  server_.WaitUntilIdle();
  const Error unknown{ErrorCode::kUnavailable, "service accounts have not been listed yet"};
  EXPECT_EQ(identities_->Ready().error(), unknown);
  EXPECT_EQ(identities_->Find({"n", "a"}, clock_.SteadyNow() + kPatient).error(), unknown);
  server_.Add(kube::Answer(403, R"({"kind":"Status","message":"may not list"})"));
  ASSERT_TRUE(testing::Await([&] { return !log_.Lines().empty(); }));
  EXPECT_EQ(identities_->Ready().error().message,
            "service accounts have not been listed yet: list /api/v1/serviceaccounts: the apiserver answered 403: may "
            "not list");
}

TEST_F(ClusterIdentitiesTest, FindsTheAccountsOfTheList) {
  BeginWith({Account("a", 1, Arn("x")), Account("b", 2, "")});
  EXPECT_TRUE(identities_->Ready().ok());
  EXPECT_EQ(identities_->size(), 2U);
  EXPECT_EQ(Role("a"), "x");
  EXPECT_EQ(Role("b"), "-");
  EXPECT_THAT(server_.requests(), ElementsAre("GET /api/v1/serviceaccounts?limit=500", HasSubstr("watch=true")));
}

TEST_F(ClusterIdentitiesTest, ResolvesAnnotationsAsTheFileDoes) {
  BeginWith({Account("a", 1, "no-arn"), Account("b", 2, Arn("x"))});
  const auto account = identities_->Find({"n", "a"}, {}).value();
  EXPECT_EQ(account->identity->role_arn, "no-arn");
  EXPECT_EQ(account->identity->audience, "sts.amazonaws.com");
  ASSERT_EQ(account->warnings.size(), 1U);
  EXPECT_EQ(account->warnings[0].reason, WarningReason::kMalformedRoleArn);
}

TEST_F(ClusterIdentitiesTest, FollowsChanges) {
  BeginWith({Account("a", 1, Arn("x"))});
  Watch({kube::EventText("MODIFIED", Account("a", 11, Arn("y")))});
  EXPECT_EQ(Role("a"), "y");
  Watch({kube::EventText("MODIFIED", Account("a", 12, ""))});
  EXPECT_EQ(Role("a"), "-");
  Watch({kube::EventText("ADDED", Account("b", 13, Arn("z")))});
  EXPECT_EQ(Role("b"), "z");
  Watch(
      {kube::EventText("DELETED", Account("b", 14, Arn("z"))), kube::EventText("ADDED", Account("b", 15, Arn("new")))});
  EXPECT_EQ(Role("b"), "new");
  EXPECT_EQ(identities_->size(), 2U);
}

TEST_F(ClusterIdentitiesTest, LooksUpWhatTheWatchHasNotShown) {
  BeginWith({});
  auto role = std::async(std::launch::async, [this] { return Role("late"); });
  server_.WaitUntilIdle(2);  // the watch, and the look-up behind it
  EXPECT_EQ(server_.requests().back(), "GET /api/v1/namespaces/n/serviceaccounts/late");
  server_.AddFor("/late", kube::Answer(200, Account("late", 11, Arn("x"))));
  EXPECT_EQ(role.get(), "x");
}

TEST_F(ClusterIdentitiesTest, TakesNoMissForTheAnswerWhileTheWatchIsSilent) {
  lookup_.miss_wait = std::chrono::milliseconds(1);
  BeginWith({});
  server_.AddFor("/late", kube::Answer(404));
  EXPECT_EQ(Role("late"), "-");
  server_.AddFor("/late", kube::Answer(200, Account("late", 11, Arn("x"))));
  EXPECT_EQ(Role("late"), "x");
}

TEST_F(ClusterIdentitiesTest, IsWokenByTheWatch) {
  BeginWith({});
  auto role = std::async(std::launch::async, [this] { return Role("late"); });
  server_.WaitUntilIdle(2);
  server_.AddFor("watch=true", kube::Stream({kube::EventText("ADDED", Account("late", 11, Arn("x")))}));
  EXPECT_EQ(role.get(), "x");
}

TEST_F(ClusterIdentitiesTest, ServesWhatItKnowsWhileTheWatchIsCutOff) {
  BeginWith({Account("a", 1, Arn("x"))});
  server_.Add(kube::Fail({ErrorCode::kUnavailable, "https://scripted: refused"}));
  ASSERT_TRUE(testing::Await([&] { return log_.Lines().size() >= 2; }));
  EXPECT_EQ(Role("a"), "x");
  EXPECT_TRUE(identities_->Ready().ok());
  clock_.Advance(seconds(90));
  EXPECT_EQ(identities_->SyncAge(), seconds(90));
}

TEST_F(ClusterIdentitiesTest, CountsItsAgeFromTheStartAndFromEachSignOfLife) {
  Begin();
  server_.WaitUntilIdle();
  clock_.Advance(seconds(3));
  EXPECT_EQ(identities_->SyncAge(), seconds(3));
  server_.Add(kube::Answer(200, kube::Page(10, {})));
  ASSERT_TRUE(testing::Await([&] { return identities_->Ready().ok(); }));
  EXPECT_EQ(identities_->SyncAge(), seconds(0));
  clock_.Advance(seconds(50));
  Watch({kube::Bookmark(20)});
  EXPECT_EQ(identities_->SyncAge(), seconds(0));
}

TEST_F(ClusterIdentitiesTest, PassesOverWhatIsNoServiceAccountOfPods) {
  const std::string long_name(300, 'a');
  BeginWith({R"({"metadata":{"name":"a","resourceVersion":"1"}})", Account(long_name, 2, Arn("x")),
             R"({"metadata":{"name":"a","resourceVersion":"1","namespace":")" + long_name + "\"}}"});
  Watch({kube::EventText("DELETED", Account(long_name, 3, ""))});
  EXPECT_EQ(identities_->size(), 0U);
}

TEST_F(ClusterIdentitiesTest, FindsNothingForNamesThatCannotBe) {
  BeginWith({});
  EXPECT_EQ(Role("a/b"), "-");
  EXPECT_EQ(Role("a", "N"), "-");
}

}  // namespace
}  // namespace irsa::identity
