#include "irsa/kube/api/leader_lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/fake_object_store.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::kube {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

constexpr const char* kPath = "/apis/coordination.k8s.io/v1/namespaces/irsa/leases/irsa-leader";
const Error kCut{ErrorCode::kUnavailable, "the connection was cut"};

class LeaderLeaseTest : public ::testing::Test {
 protected:
  std::unique_ptr<LeaderLease> Contender(const std::string& identity) {
    LeaderLeaseOptions options;
    options.namespace_name = "irsa";
    options.name = "irsa-leader";
    options.identity = identity;
    return std::make_unique<LeaderLease>(api_, clock_, log_, options);
  }

  // "leads", "follows", or the error's message.
  static std::string Poll(LeaderLease& contender) {
    const Status polled = contender.Poll();
    if (!polled.ok()) return polled.error().message;
    return contender.IsLeader() ? "leads" : "follows";
  }

  // All that write the lease meet the same answer.
  void AnswerWrites(Result<ApiAnswer> answer) {
    api_.before = [answer](const ApiRequest& request) -> std::optional<Result<ApiAnswer>> {
      if (TextOf(request.verb).method == "GET") return std::nullopt;
      return answer;
    };
  }

  // Somebody does something just before the next write is carried out.
  void BeforeNextWrite(std::function<void()> action) {
    api_.before = [this, action](const ApiRequest& request) -> std::optional<Result<ApiAnswer>> {
      if (TextOf(request.verb).method == "GET") return std::nullopt;
      api_.before = nullptr;
      action();
      return std::nullopt;
    };
  }

  // Somebody writes the lease.
  void PutSpec(const std::string& spec) {
    api_.Put(kPath, {{"metadata", {{"name", "irsa-leader"}}}, {"spec", Json::parse(spec)}});
  }
  Json Spec() const { return api_.Get(kPath).at("spec"); }

  FakeObjectStore api_;
  testing::FakeClock clock_;
  testing::FakeLog log_;
  std::unique_ptr<LeaderLease> a_ = Contender("a");
  std::unique_ptr<LeaderLease> b_ = Contender("b");
};

TEST_F(LeaderLeaseTest, TheFirstOneLeads) {
  EXPECT_FALSE(a_->IsLeader());
  EXPECT_EQ(Poll(*a_), "leads");
  EXPECT_EQ(Poll(*b_), "follows");
  EXPECT_EQ(Spec()["holderIdentity"], "a");
  EXPECT_EQ(Spec()["leaseDurationSeconds"], 15);
  EXPECT_THAT(log_.Lines(), ElementsAre("leading lease=irsa/irsa-leader"));
}

TEST_F(LeaderLeaseTest, ALeaderRenewsWithOneRequest) {
  ASSERT_EQ(Poll(*a_), "leads");
  const Json first = Spec();
  const size_t before = api_.Requests().size();
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(seconds(2));
    EXPECT_EQ(Poll(*a_), "leads");
    EXPECT_EQ(Poll(*b_), "follows");
  }
  EXPECT_EQ(api_.Requests().size() - before, 40);
  EXPECT_EQ(api_.last().deadline, clock_.SteadyNow() + seconds(5));
  EXPECT_NE(Spec()["renewTime"], first["renewTime"]);
  EXPECT_EQ(Spec()["acquireTime"], first["acquireTime"]);
  EXPECT_EQ(Spec()["leaseTransitions"], 0);
}

TEST_F(LeaderLeaseTest, AnotherTakesOverWhenTheLeaderIsGone) {
  ASSERT_EQ(Poll(*a_), "leads");
  clock_.Advance(seconds(1));
  ASSERT_EQ(Poll(*b_), "follows");
  clock_.Advance(seconds(14));
  EXPECT_EQ(Poll(*b_), "follows");  // seen for 14 s only, whatever times it says
  clock_.Advance(seconds(1));
  EXPECT_EQ(Poll(*b_), "leads");
  EXPECT_EQ(Spec()["holderIdentity"], "b");
  EXPECT_EQ(Spec()["leaseTransitions"], 1);
  EXPECT_FALSE(a_->IsLeader());
  EXPECT_EQ(Poll(*a_), "follows");
}

TEST_F(LeaderLeaseTest, ALeaderStopsBeforeAnotherCanTakeOver) {
  ASSERT_EQ(Poll(*a_), "leads");
  ASSERT_EQ(Poll(*b_), "follows");
  AnswerWrites(kCut);
  clock_.Advance(seconds(9));
  EXPECT_EQ(Poll(*a_), "update lease irsa/irsa-leader: the connection was cut");
  EXPECT_TRUE(a_->IsLeader());
  clock_.Advance(seconds(1));
  EXPECT_FALSE(a_->IsLeader());  // without having to be asked to look
  EXPECT_EQ(Poll(*b_), "follows");
  EXPECT_EQ(Poll(*a_), "update lease irsa/irsa-leader: the connection was cut");
  EXPECT_THAT(log_.Lines(), ElementsAre("leading lease=irsa/irsa-leader", "no longer leading lease=irsa/irsa-leader"));
  api_.before = nullptr;
  EXPECT_EQ(Poll(*a_), "leads");  // nobody else has taken it meanwhile
}

TEST_F(LeaderLeaseTest, CountsItsTimeFromBeforeTheRequest) {
  BeforeNextWrite([this] { clock_.Advance(seconds(4)); });  // so long it was on its way
  ASSERT_EQ(Poll(*a_), "leads");
  clock_.Advance(seconds(6));
  EXPECT_FALSE(a_->IsLeader());
}

TEST_F(LeaderLeaseTest, TheFasterOneMakesTheLease) {
  BeforeNextWrite([this] { ASSERT_EQ(Poll(*b_), "leads"); });
  EXPECT_EQ(Poll(*a_), "follows");
  EXPECT_EQ(Spec()["holderIdentity"], "b");
}

TEST_F(LeaderLeaseTest, TheFasterOneTakesOver) {
  ASSERT_EQ(Poll(*Contender("gone")), "leads");
  ASSERT_EQ(Poll(*a_), "follows");
  ASSERT_EQ(Poll(*b_), "follows");
  clock_.Advance(seconds(15));
  BeforeNextWrite([this] { ASSERT_EQ(Poll(*b_), "leads"); });
  EXPECT_EQ(Poll(*a_), "follows");
  EXPECT_EQ(Poll(*a_), "follows");
  EXPECT_EQ(Poll(*b_), "leads");
}

TEST_F(LeaderLeaseTest, IsGivenBackForTheNextOneToTakeAtOnce) {
  ASSERT_EQ(Poll(*a_), "leads");
  ASSERT_EQ(Poll(*b_), "follows");
  EXPECT_TRUE(a_->Release().ok());
  EXPECT_FALSE(a_->IsLeader());
  EXPECT_FALSE(Spec().contains("holderIdentity"));
  EXPECT_EQ(Spec()["leaseDurationSeconds"], 1);
  EXPECT_EQ(Spec()["renewTime"], "2026-09-21T15:13:20.000000Z");
  EXPECT_EQ(Poll(*b_), "leads");
  EXPECT_EQ(Spec()["leaseTransitions"], 1);
  EXPECT_TRUE(a_->Release().ok());
  EXPECT_EQ(Spec()["holderIdentity"], "b");
}

TEST_F(LeaderLeaseTest, GivesBackOnlyWhatItHas) {
  EXPECT_TRUE(a_->Release().ok());
  EXPECT_TRUE(api_.Requests().empty());
  ASSERT_EQ(Poll(*a_), "leads");
  api_.Put(kPath, Json::parse(R"({"metadata": {"name": "irsa-leader"}, "spec": {"holderIdentity": "b"}})"));
  EXPECT_TRUE(a_->Release().ok());
  EXPECT_EQ(Spec()["holderIdentity"], "b");
  ASSERT_EQ(Poll(*a_), "follows");
  clock_.Advance(seconds(15));
  ASSERT_EQ(Poll(*a_), "leads");
  api_.Delete(kPath);
  EXPECT_TRUE(a_->Release().ok());
}

TEST_F(LeaderLeaseTest, LeadsNoMoreThoughGivingBackFails) {
  ASSERT_EQ(Poll(*a_), "leads");
  AnswerWrites(kCut);
  EXPECT_EQ(a_->Release().error(),
            (Error{ErrorCode::kUnavailable, "update lease irsa/irsa-leader: the connection was cut"}));
  EXPECT_FALSE(a_->IsLeader());
}

TEST_F(LeaderLeaseTest, YieldsToWhoeverWasGivenTheLeaseByHand) {
  ASSERT_EQ(Poll(*a_), "leads");
  api_.Put(kPath, Json::parse(R"({"metadata": {"name": "irsa-leader"},
                                  "spec": {"holderIdentity": "b", "leaseDurationSeconds": 3}})"));
  EXPECT_EQ(Poll(*a_), "follows");
  clock_.Advance(seconds(3));
  EXPECT_EQ(Poll(*a_), "leads");  // the lease said 3 s
}

TEST_F(LeaderLeaseTest, KeepsALeaseThatSomebodyTouched) {
  ASSERT_EQ(Poll(*a_), "leads");
  Json lease = api_.Get(kPath);
  lease["metadata"]["labels"] = {{"team", "platform"}};
  api_.Put(kPath, lease);
  EXPECT_EQ(Poll(*a_), "leads");
  EXPECT_EQ(api_.Get(kPath)["metadata"]["labels"]["team"], "platform");
}

TEST_F(LeaderLeaseTest, MakesADeletedLeaseAnew) {
  ASSERT_EQ(Poll(*a_), "leads");
  api_.Delete(kPath);
  EXPECT_EQ(Poll(*a_), "leads");
  EXPECT_EQ(Spec()["holderIdentity"], "a");
}

TEST_F(LeaderLeaseTest, TakesALeaseThatWasMadeByHand) {
  for (const char* text :
       {R"({"metadata": {"name": "irsa-leader"}})", R"({"metadata": {"name": "irsa-leader"}, "spec": null})"}) {
    api_.Put(kPath, Json::parse(text));
    EXPECT_EQ(Poll(*a_), "leads");
    EXPECT_EQ(Spec()["leaseTransitions"], 0);
  }
}

TEST_F(LeaderLeaseTest, MakesAWholeLease) {
  ASSERT_EQ(Poll(*a_), "leads");
  EXPECT_EQ(TextOf(api_.last().verb).method, "POST");
  EXPECT_EQ(Json::parse(api_.last().body), Json::parse(R"({
    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "irsa-leader"},
    "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15, "acquireTime": "2026-09-21T15:13:20.000000Z",
             "renewTime": "2026-09-21T15:13:20.000000Z", "leaseTransitions": 0}})"));
  clock_.Advance(std::chrono::microseconds(2'500'042));
  ASSERT_EQ(Poll(*a_), "leads");
  EXPECT_EQ(Spec()["acquireTime"], "2026-09-21T15:13:20.000000Z");
  EXPECT_EQ(Spec()["renewTime"], "2026-09-21T15:13:22.500042Z");
  EXPECT_EQ(Spec()["leaseTransitions"], 0);
}

TEST_F(LeaderLeaseTest, CountsTransitions) {
  PutSpec(R"({"holderIdentity": "c", "leaseTransitions": 4, "acquireTime": "x", "strategy": "s"})");
  ASSERT_EQ(Poll(*a_), "follows");
  clock_.Advance(seconds(15));
  ASSERT_EQ(Poll(*a_), "leads");
  EXPECT_EQ(Spec()["leaseTransitions"], 5);
  EXPECT_EQ(Spec()["acquireTime"], "2026-09-21T15:13:35.000000Z");
  EXPECT_EQ(Spec()["strategy"], "s");
  PutSpec(R"({"holderIdentity": "c", "leaseTransitions": 2147483647})");
  ASSERT_EQ(Poll(*a_), "follows");
  clock_.Advance(seconds(15));
  ASSERT_EQ(Poll(*a_), "leads");
  EXPECT_EQ(Spec()["leaseTransitions"], 2147483647);
}

TEST_F(LeaderLeaseTest, WaitsAsLongAsTheHolderSaysOrAsItsOwnLeaseLasts) {
  const auto wait = [this](const char* duration) {
    PutSpec(R"({"holderIdentity": "c")" + std::string(duration) + "}");
    seconds waited(0);
    for (const auto contender = Contender("d"); Poll(*contender) == "follows"; ++waited) clock_.Advance(seconds(1));
    return waited;
  };
  EXPECT_EQ(wait(R"(, "leaseDurationSeconds": 60)"), seconds(60));
  for (const char* duration :
       {"", R"(, "leaseDurationSeconds": 0)", R"(, "leaseDurationSeconds": -1)", R"(, "leaseDurationSeconds": "60")",
        R"(, "leaseDurationSeconds": 1e3)", R"(, "leaseDurationSeconds": 9000000000)"}) {
    EXPECT_EQ(wait(duration), seconds(15)) << duration;
  }
}

TEST_F(LeaderLeaseTest, MeasuresFromTheLastChangeOfWhatTheLeaseSays) {
  PutSpec(R"({"holderIdentity": "c"})");
  ASSERT_EQ(Poll(*a_), "follows");
  clock_.Advance(seconds(14));
  PutSpec(R"({"holderIdentity": "c", "renewTime": "x"})");
  ASSERT_EQ(Poll(*a_), "follows");
  clock_.Advance(seconds(14));
  PutSpec(R"({"holderIdentity": "c", "renewTime": "x"})");  // with another version
  EXPECT_EQ(Poll(*a_), "follows");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Poll(*a_), "leads");
}

TEST_F(LeaderLeaseTest, GoesOnWithItsOwnLeaseAfterARestart) {
  ASSERT_EQ(Poll(*a_), "leads");
  EXPECT_EQ(Poll(*Contender("a")), "leads");
  EXPECT_EQ(Spec()["leaseTransitions"], 0);
}

TEST_F(LeaderLeaseTest, NamesTheLeaseInItsErrors) {
  AnswerWrites(Refusal(403, "no such right"));
  EXPECT_EQ(Poll(*a_), "create lease irsa/irsa-leader: the apiserver answered 403: no such right");
  api_.before = [](const ApiRequest&) { return Result<ApiAnswer>(kCut); };
  EXPECT_EQ(Poll(*a_), "get lease irsa/irsa-leader: the connection was cut");
  api_.before = [](const ApiRequest&) {
    return Result<ApiAnswer>(ApiAnswer{.status = 200, .body = "[]", .retry_after = {}});
  };
  EXPECT_EQ(Poll(*a_), "lease irsa/irsa-leader: the answer is not a Lease: it has no metadata");
  for (const char* text : {"", "{}", R"({"metadata": []})", R"({"metadata": {}, "spec": "x"})"}) {
    api_.before = [text](const ApiRequest&) { return Result<ApiAnswer>(ApiAnswer{200, text, {}}); };
    EXPECT_EQ(a_->Poll().error().code, ErrorCode::kMalformed) << text;
  }
  EXPECT_FALSE(a_->IsLeader());
}

}  // namespace
}  // namespace irsa::kube
