#include "irsa/serve/pod_reporting.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/fake_object_store.h"
#include "test/testing/await.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_identity_source.h"
#include "test/testing/fake_log.h"

namespace irsa::serve {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kLease = "/apis/coordination.k8s.io/v1/namespaces/irsa/leases/irsa";
constexpr const char* kPod = R"({"metadata":{"namespace":"team-a","name":"web","uid":"u","resourceVersion":"1"},
    "spec":{"serviceAccountName":"app","containers":[{"name":"app"}]}})";

Result<kube::ApiAnswer> ListOf(const std::string& items) {
  return kube::ApiAnswer{200, R"({"metadata":{"resourceVersion":"1"},"items":[)" + items + "]}", {}};
}

// Waits that are over when the test says so.
class SteppedWaiter final : public base::Waiter {
 public:
  bool Wait(std::chrono::milliseconds, const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    is_used_ = true;
    if (!changed_.wait(lock, stop, [this] { return steps_ > 0; })) return false;
    --steps_;
    return true;
  }
  void Step() {
    const std::lock_guard lock(mutex_);
    ++steps_;
    changed_.notify_all();
  }
  // Whether what comes before a wait is done.
  bool IsUsed() const { return is_used_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int steps_ = 0;  // guarded by mutex_
  std::atomic<bool> is_used_ = false;
};

// An apiserver with a pod that lacks its identity.
class PodReportingTest : public ::testing::Test {
 protected:
  struct Replica {
    explicit Replica(PodReportingTest& test)
        : reporting({test.api_, test.identities_, test.clock_, waiter, log, metrics,
                     [&test] {
                       ++test.questions_;
                       return test.knows_identities_.load();
                     }},
                    {}, LeaseName{"irsa", "irsa"}) {}

    bool Counts() const { return metrics.Render().find("irsa_unidentified_pods{") != std::string::npos; }

    SteppedWaiter waiter;  // between looks at the lease
    testing::FakeLog log;
    telemetry::Metrics metrics{{}, "1"};
    PodReporting reporting;
  };

  PodReportingTest() {
    identities_.accounts["team-a/app"].identity = identity::Identity{
        "arn:aws:iam::111122223333:role/app", "sts.amazonaws.com", std::chrono::seconds(86400), false};
    api_.before = [this](const kube::ApiRequest& request) -> std::optional<Result<kube::ApiAnswer>> {
      if (request.path == kLease && ++asked_about_lease_ > 0 && lease_status_ != 0) {
        return kube::Refusal(lease_status_, "no");
      }
      if (request.path.starts_with("/api/v1/serviceaccounts?")) return ListOf("");
      if (!request.path.starts_with("/api/v1/pods?")) return std::nullopt;
      ++scans_;
      return lists_hang_ ? HangUntilStopped(request.stop) : ListOf(kPod);
    };
  }

  static Result<kube::ApiAnswer> HangUntilStopped(const std::stop_token& stop) {
    SteppedWaiter().Wait({}, stop);
    return Error{ErrorCode::kUnavailable, "stopped"};
  }
  bool IsHeld() const { return api_.Get(kLease).at("spec").contains("holderIdentity"); }

  testing::FakeClock clock_;
  testing::FakeIdentitySource identities_;
  kube::FakeObjectStore api_;
  std::atomic<bool> knows_identities_ = true;
  std::atomic<int> questions_ = 0;  // whether they are known
  std::atomic<bool> lists_hang_ = false;
  std::atomic<int> scans_ = 0;
  std::atomic<int> lease_status_ = 0;  // of each answer about it; 0: as it is
  std::atomic<int> asked_about_lease_ = 0;
};

TEST_F(PodReportingTest, TheOneThatLeadsLooksAndReports) {
  const Replica replica(*this);
  ASSERT_TRUE(testing::Await([&] { return replica.Counts(); }));
  EXPECT_TRUE(replica.reporting.leads());
  EXPECT_THAT(replica.metrics.Render(), HasSubstr("irsa_unidentified_pods{namespace=\"team-a\"} 1\n"));
  EXPECT_THAT(api_.Requests(), Contains("POST /apis/events.k8s.io/v1/namespaces/team-a/events"));
}

TEST_F(PodReportingTest, GoesOnAfterAnException) {
  std::atomic<int> exceptions = 0;
  const auto answer = api_.before;
  api_.before = [&](const kube::ApiRequest& request) {
    if (exceptions++ == 0) throw std::bad_alloc();
    return answer(request);
  };
  Replica replica(*this);
  ASSERT_TRUE(testing::Await([&] { return replica.waiter.IsUsed(); }));
  EXPECT_THAT(replica.log.Lines(),
              ElementsAre("background work interrupted, retrying work=leader election error=out of memory"));
  replica.waiter.Step();
  EXPECT_TRUE(testing::Await([&] { return replica.Counts(); }));
}

TEST_F(PodReportingTest, OnlyOneOfTwoLooks) {
  const Replica first(*this);
  ASSERT_TRUE(testing::Await([&] { return first.Counts(); }));
  const Replica second(*this);
  ASSERT_TRUE(testing::Await([&] { return second.waiter.IsUsed(); }));
  EXPECT_TRUE(first.reporting.leads());
  EXPECT_FALSE(second.reporting.leads());
  EXPECT_FALSE(second.Counts());
  EXPECT_EQ(scans_, 1);
}

TEST_F(PodReportingTest, AnotherOneTakesOverFromOneThatIsStuck) {
  Replica first(*this);
  ASSERT_TRUE(testing::Await([&] { return first.Counts(); }));
  Replica second(*this);
  ASSERT_TRUE(testing::Await([&] { return second.waiter.IsUsed(); }));
  clock_.Advance(std::chrono::seconds(16));
  EXPECT_FALSE(first.reporting.leads());
  second.waiter.Step();
  EXPECT_TRUE(testing::Await([&] { return second.Counts(); }));
  EXPECT_TRUE(second.reporting.leads());
  first.waiter.Step();
  EXPECT_TRUE(testing::Await([&] { return !first.Counts(); })) << "two that count would count each pod twice";
}

TEST_F(PodReportingTest, GivesTheLeaseBackInTheMiddleOfAScan) {
  lists_hang_ = true;
  Replica replica(*this);
  ASSERT_TRUE(testing::Await([this] { return scans_ == 1; }));
  replica.reporting.StepDown();
  EXPECT_TRUE(testing::Await([this] { return !IsHeld(); }));
  EXPECT_FALSE(replica.reporting.leads());
  EXPECT_THAT(replica.log.Lines(), ElementsAre("leading lease=irsa/irsa", "no longer leading lease=irsa/irsa"))
      << "an end is no failure";
}

TEST_F(PodReportingTest, DoesNotLookBeforeTheIdentitiesAreKnown) {
  knows_identities_ = false;
  const Replica replica(*this);
  ASSERT_TRUE(testing::Await([this] { return questions_ > 0; }));
  EXPECT_TRUE(replica.reporting.leads());
  EXPECT_EQ(scans_, 0);
}

TEST_F(PodReportingTest, SaysOnceThatTheLeaseIsOutOfReach) {
  lease_status_ = 403;
  Replica replica(*this);
  replica.waiter.Step();
  replica.waiter.Step();
  ASSERT_TRUE(testing::Await([this] { return asked_about_lease_ == 3; }));
  EXPECT_FALSE(replica.reporting.leads());
  EXPECT_THAT(replica.log.Lines(),
              ElementsAre(StartsWith("leader lease not renewed or acquired, retrying error=get lease "
                                     "irsa/irsa: the apiserver answered 403")));
}

}  // namespace
}  // namespace irsa::serve
