#include "irsa/kube/record_reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/fake_identity_catalog.h"
#include "test/kube/fake_object_store.h"
#include "test/kube/fake_waiter.h"
#include "test/kube/record_examples.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::kube {
namespace {

using base::Error;
using base::ErrorCode;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kMap = "/apis/irsa.dev/v1alpha1/namespaces/n/identitymaps/identities";
class RecordReconcilerTest : public ::testing::Test {
 protected:
  static RecordedCluster Cluster(const Roles& roles, const std::string& namespace_name = "n") {
    RecordedCluster cluster;
    for (const auto& [account, role] : roles) cluster[namespace_name].emplace(account, Recorded(role));
    return cluster;
  }

  // The map in namespace n as somebody wrote it; its status is right.
  void PutMap(const Roles& roles) {
    Json accounts = Json::object();
    for (const auto& [account, role] : roles) accounts[account] = RecordEntry(role);
    api_.Put(kMap, {{"metadata", {{"name", "identities"}, {"namespace", "n"}, {"generation", 1}}},
                    {"spec", {{"accounts", accounts}}},
                    {"status", {{"observedGeneration", 1}, {"accounts", roles.size()}}}});
    Watch();
  }
  // The watch brings the map as it is.
  void Watch() {
    Json map = api_.Get(kMap);
    if (map.is_null()) {
      map = {{"metadata", {{"name", "identities"}, {"resourceVersion", "99"}}}};
      map["metadata"]["namespace"] = "n";
      state_.Remove(ViewObject(map).value());
      return;
    }
    map["metadata"]["namespace"] = "n";
    state_.Put(ViewObject(map).value());
  }

  // What was sent for it, without its query.
  std::vector<std::string> Reconcile() {
    const size_t before = api_.Requests().size();
    reconciler_.Reconcile([this] { return may_do_-- > 0; }, {});
    std::vector<std::string> sent = api_.Requests();
    sent.erase(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(before));
    for (std::string& line : sent) line.resize(std::min(line.find('?'), line.size()));
    return sent;
  }
  // By account, the role; of the map in the cluster.
  Roles InTheCluster() const {
    Roles roles;
    const Json map = api_.Get(kMap);
    for (const auto& [account, entry] : map.at("spec").at("accounts").items()) roles[account] = entry.at("roleArn");
    return roles;
  }
  void AnswerWith(const ApiAnswer& answer) {
    api_.before = [answer](const ApiRequest&) -> std::optional<base::Result<ApiAnswer>> { return answer; };
  }

  irsa::testing::FakeClock clock_;
  FakeWaiter waiter_;
  irsa::testing::FakeLog log_;
  FakeObjectStore api_;
  FakeIdentityCatalog catalog_;
  IdentityRecorder recorder_{api_, clock_, waiter_, {}};
  RecordWrites writes_;
  RecordState state_{clock_};
  RecordReconciler reconciler_{state_, {catalog_, recorder_, writes_, clock_, log_}};
  int may_do_ = 1000;
};

TEST_F(RecordReconcilerTest, AddsAllThatANamespaceLacksInOneWrite) {
  Roles roles;
  for (int i = 0; i < 2000; ++i) roles["app-" + std::to_string(i)] = "role";
  catalog_.Set(Cluster(roles));
  EXPECT_THAT(Reconcile(),
              ElementsAre("PATCH " + std::string(kMap), "POST /apis/irsa.dev/v1alpha1/namespaces/n/identitymaps"));
  EXPECT_EQ(InTheCluster(), roles);
  EXPECT_EQ(writes_.written, 1);
  EXPECT_THAT(log_.Lines(), ElementsAre("entries added that the record lacked namespace=n entries=2000"));
}

TEST_F(RecordReconcilerTest, WritesAndComparesNothingWhenNothingChanged) {
  catalog_.Set(Cluster({{"a", "role"}}));
  PutMap({{"a", "role"}});
  EXPECT_THAT(Reconcile(), IsEmpty());
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(seconds(10));
    EXPECT_THAT(Reconcile(), IsEmpty());
  }
  EXPECT_EQ(catalog_.lists, 1);
}

TEST_F(RecordReconcilerTest, WaitsUntilAllIdentitiesAreKnown) {
  PutMap({{"a", "role"}});
  catalog_.ready = Error{ErrorCode::kUnavailable, "not yet"};
  clock_.Advance(kUnconfirmed);
  EXPECT_THAT(Reconcile(), IsEmpty());
  EXPECT_EQ(catalog_.lists, 0);
}

TEST_F(RecordReconcilerTest, AddsToAMapThatIsThereAndSaysSoInItsStatus) {
  PutMap({{"a", "one"}});
  catalog_.Set(Cluster({{"a", "one"}, {"b", "two"}}));
  EXPECT_THAT(Reconcile(), ElementsAre("PATCH " + std::string(kMap)));
  Watch();
  EXPECT_THAT(Reconcile(), ElementsAre("PATCH " + std::string(kMap) + "/status"));
  EXPECT_EQ(api_.last().body, R"({"status":{"accounts":2,"observedGeneration":1}})");
}

TEST_F(RecordReconcilerTest, BringsADeletedMapBack) {
  PutMap({{"a", "role"}});
  catalog_.Set(Cluster({{"a", "role"}}));
  Reconcile();
  api_.Delete(kMap);
  Watch();
  Reconcile();
  EXPECT_EQ(InTheCluster(), (Roles{{"a", "role"}}));
}

TEST_F(RecordReconcilerTest, PutsRightWhatTheAccountsContradictWhenNoRequestCanBeUnderWayForIt) {
  PutMap({{"a", "by hand"}, {"nobody", "by hand"}, {"b", "right"}});
  catalog_.Set(Cluster({{"a", "right"}, {"b", "right"}}));
  EXPECT_THAT(Reconcile(), IsEmpty());
  clock_.Advance(kUnconfirmed);
  EXPECT_THAT(Reconcile(), ElementsAre("PATCH " + std::string(kMap)));
  EXPECT_EQ(InTheCluster(), (Roles{{"a", "right"}, {"b", "right"}}));
  EXPECT_EQ(catalog_.asked, 2);
  EXPECT_THAT(log_.Lines(),
              ElementsAre("entries put right that the service accounts contradict namespace=n entries=2"));
}

TEST_F(RecordReconcilerTest, RemovesTheEntryOfADeletedAccount) {
  PutMap({{"a", "role"}, {"b", "role"}});
  catalog_.Set(Cluster({{"a", "role"}, {"b", "role"}}));
  Reconcile();
  catalog_.Set(Cluster({{"b", "role"}}));
  EXPECT_THAT(Reconcile(), IsEmpty());
  clock_.Advance(kConfirmed);
  Reconcile();
  EXPECT_EQ(InTheCluster(), (Roles{{"b", "role"}}));
}

TEST_F(RecordReconcilerTest, BelievesTheApiserverRatherThanAWatchThatIsBehind) {
  PutMap({{"a", "new"}, {"b", "old"}});
  catalog_.Set(Cluster({{"b", "new"}}));
  catalog_.at_the_apiserver = Cluster({{"a", "new"}, {"b", "new"}});
  clock_.Advance(kUnconfirmed);
  Reconcile();
  EXPECT_EQ(InTheCluster(), (Roles{{"a", "new"}, {"b", "new"}}));
}

TEST_F(RecordReconcilerTest, LeavesAnEntryThatNobodyKnowsBetterAbout) {
  PutMap({{"a", "role"}});
  clock_.Advance(kUnconfirmed);
  catalog_.failure = Error{ErrorCode::kUnavailable, "get service account n/a: cut"};
  EXPECT_THAT(Reconcile(), IsEmpty());
  EXPECT_EQ(writes_.failed, 1);
  EXPECT_THAT(log_.Lines(), ElementsAre("the record could not be kept right, trying again namespace=n "
                                        "error=get service account n/a: cut"));
  catalog_.failure.reset();
  clock_.Advance(kAfterWrite);
  EXPECT_THAT(Reconcile(), ElementsAre("PATCH " + std::string(kMap)));
}

TEST_F(RecordReconcilerTest, LooksAgainAtAMapThatChangedMeanwhile) {
  PutMap({{"nobody", "role"}});
  clock_.Advance(kUnconfirmed);
  AnswerWith(Refusal(409, "the object has been modified"));
  Reconcile();
  EXPECT_THAT(log_.Lines(), IsEmpty());
  EXPECT_EQ(writes_.failed, 0);
  api_.before = nullptr;
  clock_.Advance(kAfterWrite);
  Reconcile();
  EXPECT_EQ(InTheCluster(), Roles());
}

TEST_F(RecordReconcilerTest, TakesNoNoticeOfANamespaceThatIsGoing) {
  catalog_.Set(Cluster({{"a", "role"}}));
  for (const ApiAnswer& answer :
       {Refusal(404, "namespaces \"n\" not found"),
        Refusal(403, "unable to create new content in namespace n because it is being terminated")}) {
    AnswerWith(answer);
    Reconcile();
    clock_.Advance(kAfterWrite);
  }
  EXPECT_THAT(log_.Lines(), IsEmpty());
  EXPECT_EQ(writes_.failed, 0);
}

TEST_F(RecordReconcilerTest, TriesAgainAfterAFailureThatItLogsOnce) {
  catalog_.Set(Cluster({{"a", "role"}}));
  AnswerWith(Refusal(403, "no right"));
  for (int i = 0; i < 3; ++i) {
    Reconcile();
    clock_.Advance(kAfterWrite);
  }
  EXPECT_EQ(writes_.failed, 3);
  EXPECT_THAT(log_.Lines(), ElementsAre(HasSubstr("the record of namespace n: change it: the apiserver answered 403: "
                                                  "no right")));
  api_.before = nullptr;
  Reconcile();
  EXPECT_EQ(InTheCluster(), (Roles{{"a", "role"}}));
}

TEST_F(RecordReconcilerTest, GoesOnWhereItHadToLeaveOff) {
  RecordedCluster cluster;
  for (const char* name : {"n", "o", "p"}) cluster[name].emplace("a", Recorded("role"));
  catalog_.Set(cluster);
  may_do_ = 1;
  Reconcile();
  EXPECT_EQ(writes_.written, 1);
  may_do_ = 1000;
  Reconcile();
  EXPECT_EQ(writes_.written, 3);
}

}  // namespace
}  // namespace irsa::kube
