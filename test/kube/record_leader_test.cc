#include "irsa/kube/record_leader.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>

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

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMap = "/apis/irsa.dev/v1alpha1/namespaces/n/identitymaps/identities";
constexpr const char* kLease = "/apis/coordination.k8s.io/v1/namespaces/irsa/leases/irsa";
constexpr milliseconds kLook(200);

// An apiserver with a Lease and maps; lists have the map in namespace n, and watches bring nothing.
class Apiserver {
 public:
  Apiserver() {
    store.before = [this](const ApiRequest& request) -> std::optional<base::Result<ApiAnswer>> {
      if (request.path.starts_with(std::string(kIdentityMapsPath) + "?watch")) return Watch(request);
      if (request.path.starts_with(std::string(kIdentityMapsPath) + "?")) return List();
      return std::nullopt;
    };
  }

  // Returns when a watch is under way, so that what was listed is known.
  void AwaitWatch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return watching_; });
  }
  bool is_watched() {
    const std::lock_guard lock(mutex_);
    return watching_;
  }

  FakeObjectStore store;

 private:
  ApiAnswer List() {
    Json items = Json::array();
    if (Json map = store.Get(kMap); !map.is_null()) {
      map["metadata"]["namespace"] = "n";
      items.push_back(std::move(map));
    }
    return {.status = 200,
            .body = Json{{"metadata", {{"resourceVersion", "1"}}}, {"items", items}}.dump(),
            .retry_after = {}};
  }
  base::Result<ApiAnswer> Watch(const ApiRequest& request) {
    std::unique_lock lock(mutex_);
    watching_ = true;
    changed_.notify_all();
    changed_.wait(lock, request.stop, [] { return false; });
    watching_ = false;
    return base::Error{base::ErrorCode::kUnavailable, "stopped"};
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool watching_ = false;  // guarded by mutex_
};

class RecordLeaderTest : public ::testing::Test {
 protected:
  RecordLeaderTest() {
    RecordedCluster cluster;
    cluster["n"].emplace("a", Recorded("role"));
    catalog_.Set(std::move(cluster));
  }

  std::unique_ptr<RecordLeader> Replica(const std::string& name) {
    LeaderLeaseOptions lease;
    lease.namespace_name = "irsa";
    lease.name = "irsa";
    lease.identity = name;
    ReflectorOptions reflection = IdentityMapReflection();
    reflection.stream_lists = false;
    reflection.max_watch_silence = FakeWaiter::kLong;
    return std::make_unique<RecordLeader>(api_.store, catalog_, recorder_, ReflectorTools{clock_, waiter_, log_}, lease,
                                          reflection);
  }
  milliseconds Step(RecordLeader& replica) { return replica.Step({}); }
  bool IsRecorded() const { return !api_.store.Get(kMap).is_null(); }

  irsa::testing::FakeClock clock_;
  FakeWaiter waiter_;
  irsa::testing::FakeLog log_;
  Apiserver api_;
  FakeIdentityCatalog catalog_;
  IdentityRecorder recorder_{api_.store, clock_, waiter_, {}};
};

TEST_F(RecordLeaderTest, KeepsTheRecordRightAsLongAsItLeads) {
  const auto leader = Replica("one");
  EXPECT_EQ(Step(*leader), kLook);
  EXPECT_TRUE(leader->leads());
  api_.AwaitWatch();
  EXPECT_EQ(Step(*leader), kLook);
  EXPECT_TRUE(IsRecorded());
  EXPECT_EQ(leader->writes().written, 1);
}

TEST_F(RecordLeaderTest, AnotherOneOnlyLooksAtTheLease) {
  const auto leader = Replica("one");
  Step(*leader);
  api_.AwaitWatch();
  const auto other = Replica("two");
  EXPECT_EQ(Step(*other), kLeaderRetryPeriod);
  EXPECT_FALSE(other->leads());
  EXPECT_EQ(other->writes().written, 0);
}

TEST_F(RecordLeaderTest, AnotherOneTakesOverWhatADeadLeaderLeft) {
  auto leader = Replica("one");
  Step(*leader);
  const auto other = Replica("two");
  Step(*other);
  leader.reset();  // without a word
  clock_.Advance(seconds(15));
  Step(*other);
  EXPECT_TRUE(other->leads());
  api_.AwaitWatch();
  Step(*other);
  EXPECT_TRUE(IsRecorded());
}

TEST_F(RecordLeaderTest, OneThatGaveTheLeaseBackIsFollowedAtTheNextLook) {
  const auto leader = Replica("one");
  Step(*leader);
  const auto other = Replica("two");
  Step(*other);
  leader->GiveBack();
  EXPECT_FALSE(leader->leads());
  EXPECT_FALSE(api_.is_watched());
  clock_.Advance(kLeaderRetryPeriod);
  Step(*other);
  EXPECT_TRUE(other->leads());
}

TEST_F(RecordLeaderTest, OneThatWasPausedWritesNothingAndLetsGo) {
  const auto paused = Replica("one");
  Step(*paused);
  api_.AwaitWatch();
  const uint64_t written = paused->writes().written;  // by the first step, when the list was fast enough
  const auto other = Replica("two");
  Step(*other);
  clock_.Advance(seconds(15));
  Step(*other);
  EXPECT_TRUE(other->leads());
  Step(*paused);
  EXPECT_FALSE(paused->leads());
  EXPECT_EQ(paused->writes().written, written);
  EXPECT_EQ(api_.store.Get(kLease).at("spec").at("holderIdentity"), "two");
}

TEST_F(RecordLeaderTest, SaysOnceWhyThereIsNoLease) {
  api_.store.before = [](const ApiRequest&) -> std::optional<base::Result<ApiAnswer>> { return Refusal(403, "no"); };
  const auto replica = Replica("one");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Step(*replica), kLeaderRetryPeriod);
    clock_.Advance(kLeaderRetryPeriod);
  }
  EXPECT_THAT(log_.Lines(), ElementsAre(HasSubstr("the leader's lease could not be looked after, trying again "
                                                  "error=get lease irsa/irsa: the apiserver answered 403: no")));
}

}  // namespace
}  // namespace irsa::kube
