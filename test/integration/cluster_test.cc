// `irsa serve` with a cluster: what a review is answered while the apiserver changes, fails and comes back.
#include <filesystem>
#include <iterator>
#include <list>
#include <sched.h>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"

#include "test/integration/apiserver_stand_in.h"
#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"
#include "test/testing/await.h"
#include "test/testing/sanitizer.h"

namespace irsa::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

std::string Arn(std::string_view role) { return "arn:aws:iam::111122223333:role/" + std::string(role); }

// The review of a pod with that service account in namespace team-a.
std::string Review(std::string_view account) {
  json review = json::parse(ReadTestFile("test/data/reviews/simple.json"));
  review["request"]["namespace"] = "team-a";
  review["request"]["object"]["spec"]["serviceAccountName"] = account;
  return review.dump();
}

class Cluster : public ::testing::Test {
 protected:
  void Start(std::vector<std::string> flags = {}, std::string_view awaited_log = "ready") {
    flags.push_back("--kube-api=" + apiserver_.Url());
    serve_ = std::make_unique<ServeProcess>(flags, awaited_log);
  }

  RawAnswer Ask(std::string_view account) { return Exchange(serve_->port(), MutateRequest(Review(account))); }

  // The name of the role that a pod of the account gets: "-" for none, or the status when it is not 200.
  std::string Role(std::string_view account) {
    const RawAnswer answer = Ask(account);
    if (answer.status != 200) return std::to_string(answer.status);
    const json response = json::parse(answer.body).at("response");
    if (!response.contains("patch")) return "-";
    const std::string patch = base::DecodeBase64(response.at("patch").get<std::string>()).value();
    const size_t found = patch.find("arn:aws:iam::111122223333:role/") + 31;
    return patch.substr(found, patch.find('"', found) - found);
  }
  // Waits until that is so.
  bool BecomesRole(std::string_view account, std::string_view role) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (Role(account) != role) {
      if (std::chrono::steady_clock::now() > give_up) return false;
    }
    return true;
  }

  ApiserverStandIn apiserver_;
  std::unique_ptr<ServeProcess> serve_;
};

TEST_F(Cluster, GivesPodsTheirRoles) {
  apiserver_.PutAccount("team-a", "app", Arn("x"));
  apiserver_.PutAccount("team-a", "plain", "");
  Start();
  EXPECT_EQ(Role("app"), "x");
  EXPECT_EQ(Role("plain"), "-");
  EXPECT_EQ(serve_->Metric("irsa_identities"), 2);
  EXPECT_EQ(serve_->Metric(R"(irsa_kube_requests_total{code="200",verb="list"})"), 1);
  EXPECT_GE(serve_->Metric("irsa_sync_age_seconds"), 0);
  EXPECT_THAT(serve_->Operations("/readyz?verbose"), HasSubstr("[+]identities ok\n"));
}

TEST_F(Cluster, StreamsItsListWhereItCan) {
  apiserver_.StreamLists(true);
  apiserver_.PutAccount("team-a", "app", Arn("x"));
  Start();
  EXPECT_EQ(Role("app"), "x");
  apiserver_.PutAccount("team-a", "app", Arn("y"));
  EXPECT_TRUE(BecomesRole("app", "y"));
  EXPECT_THAT(serve_->WaitForLog("list complete, watching for changes"), HasSubstr("\"how\":\"streamed\""));
}

TEST_F(Cluster, FollowsWhatChanges) {
  apiserver_.PutAccount("team-a", "app", Arn("x"));
  Start();
  apiserver_.WaitForWatch();
  apiserver_.PutAccount("team-a", "app", Arn("y"));
  EXPECT_TRUE(BecomesRole("app", "y"));
  apiserver_.PutAccount("team-a", "app", "");
  EXPECT_TRUE(BecomesRole("app", "-"));
  apiserver_.RemoveAccount("team-a", "app");
  apiserver_.PutAccount("team-a", "app", Arn("z"));
  EXPECT_TRUE(BecomesRole("app", "z"));
}

TEST_F(Cluster, LooksUpWhatTheWatchHasNotShown) {
  Start();
  apiserver_.WaitForWatch();
  apiserver_.HoldWatches(true);
  apiserver_.PutAccount("team-a", "late", Arn("x"));
  EXPECT_EQ(Role("late"), "x");
  EXPECT_THAT(apiserver_.requests(), Contains("GET /api/v1/namespaces/team-a/serviceaccounts/late"));
  EXPECT_EQ(Role("absent"), "-");
}

// Processes that start meanwhile may use one core, for which irsa would have one thread: what waits gets more.
class OnOneCore {
 public:
  OnOneCore() {
    ::sched_getaffinity(0, sizeof(before_), &before_);
    size_t core = 0;
    while (!CPU_ISSET(core, &before_)) ++core;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    ::sched_setaffinity(0, sizeof(one), &one);
  }
  ~OnOneCore() { ::sched_setaffinity(0, sizeof(before_), &before_); }
  OnOneCore(const OnOneCore&) = delete;
  OnOneCore& operator=(const OnOneCore&) = delete;

 private:
  cpu_set_t before_;
};

TEST_F(Cluster, AnswersWhatItKnowsWhileAsManyReviewsWaitAsMay) {
  const OnOneCore processes;
  apiserver_.PutAccount("team-a", "app", Arn("x"));
  Start({"--service-account-lookup-grace-period=1m", "--request-timeout=1m"});
  apiserver_.WaitForWatch();
  apiserver_.AnswerWith(500);
  const std::string names[] = {"a", "b", "c", "d", "e"};
  std::list<RawClient> waiting;
  for (const std::string& name : names) {
    const std::string review = HttpRequest("POST", "/mutate", "Content-Type: application/json\r\n", Review(name));
    waiting.emplace_back(TlsTo(serve_->port())).Send(review);
  }
  for (const std::string& name : names) {
    const auto is_asked_for = Contains("GET /api/v1/namespaces/team-a/serviceaccounts/" + name);
    EXPECT_TRUE(Await([&] { return ::testing::Value(apiserver_.requests(), is_asked_for); })) << name;
  }
  EXPECT_EQ(Role("app"), "x");
  for (const std::string& name : names) apiserver_.PutAccount("team-a", name, Arn("y"));
  for (RawClient& client : waiting) EXPECT_EQ(client.Receive().value().status, 200);
}

TEST_F(Cluster, HasMoreThreadsWhereReviewsMayWaitForConfigMaps) {
  const OnOneCore processes;
  Start();
  ServeProcess reading({"--respect-env-from", "--kube-api=" + apiserver_.Url()});
  const auto threads = [](ServeProcess& serve) {
    const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(serve.process().pid()) + "/task");
    return std::distance(begin(tasks), end(tasks));
  };
  EXPECT_TRUE(Await([&] { return threads(reading) == threads(*serve_) + 2; }))
      << threads(reading) << " and " << threads(*serve_);
}

// The workload is applied before its service account, and the watch is late.
TEST_F(Cluster, GivesTheRoleOfAnAccountThatAWarningMissed) {
  Start();
  apiserver_.WaitForWatch();
  apiserver_.HoldWatches(true);
  EXPECT_EQ(Post(serve_->port(), "/warn?timeout=5s", JobReview("late")).status, 200);
  apiserver_.PutAccount("team-a", "late", Arn("x"));
  EXPECT_EQ(Role("late"), "x");
}

TEST_F(Cluster, DoesNotGuessBeforeItIsSynced) {
  apiserver_.AnswerWith(503);
  apiserver_.PutAccount("team-a", "app", Arn("x"));
  Start({}, "listening");
  const RawAnswer answer = Ask("app");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  serve_->WaitForLog("not up to date with the apiserver, retrying");
  EXPECT_THAT(serve_->Operations("/readyz?verbose"),
              AllOf(HasSubstr("[-]identities failed: service accounts have not been listed yet: "),
                    HasSubstr("/api/v1/serviceaccounts: the apiserver answered 503: told to")));
  apiserver_.AnswerWith(0);
  serve_->WaitForLog("ready");
  EXPECT_EQ(Role("app"), "x");
}

TEST_F(Cluster, SaysThatItDoesNotKnowWhileTheApiserverIsGone) {
  apiserver_.PutAccount("team-a", "app", Arn("x"));
  Start({"--service-account-lookup-grace-period=10ms"});
  apiserver_.AnswerWith(500);
  EXPECT_EQ(Role("app"), "x");
  EXPECT_EQ(Role("unknown"), "503");
  EXPECT_EQ(serve_->Operations("/readyz"), "ok\n");
}

TEST_F(Cluster, CatchesUpWhateverHappensToItsWatch) {
  apiserver_.PutAccount("team-a", "app", Arn("role-0"));
  apiserver_.PutAccount("team-a", "doomed", Arn("x"));
  Start();
  for (int round = 1; round <= 20; ++round) {
    apiserver_.WaitForWatch();
    const std::string role = "role-" + std::to_string(round);
    if (round % 3 == 0) apiserver_.ForgetHistory();
    apiserver_.PutAccount("team-a", "app", Arn(role));
    if (round == 12) apiserver_.RemoveAccount("team-a", "doomed");
    apiserver_.CutWatches();
    ASSERT_TRUE(BecomesRole("app", role)) << round;
  }
  EXPECT_EQ(Role("doomed"), "-");
  EXPECT_EQ(serve_->Metric("irsa_identities"), 1);
  EXPECT_THAT(serve_->process().err(), HasSubstr("the connection ended before the answer was complete"));
}

TEST_F(Cluster, LeaksNothingHoweverOftenItsWatchIsCut) {
  constexpr int kCycles = 100;
  // The index of so many takes about 0.4 MB. In every fourth cycle it is listed anew: kept each time, it would take
  // more than twice the slack.
  constexpr int kAccounts = 2000;
  constexpr size_t kAllocatorsSlack = 4 << 20;
  for (int i = 0; i < kAccounts; ++i) apiserver_.PutAccount("team-a", "app-" + std::to_string(i), Arn("x"));
  Start();
  const auto cycle = [this](int count) {
    for (int i = 0; i < count; ++i) {
      apiserver_.WaitForWatch();
      if (i % 4 == 0) apiserver_.ForgetHistory();
      apiserver_.CutWatches();
      apiserver_.PutAccount("team-a", "app-0", Arn("x"));
    }
    apiserver_.WaitForWatch();
  };
  cycle(20);
  const double descriptors = serve_->Metric("process_open_fds");
  const double lists = serve_->Metric(R"(irsa_kube_requests_total{code="200",verb="list"})");
  const size_t resident = serve_->ResidentBytes();
  cycle(kCycles);
  EXPECT_LE(serve_->Metric("process_open_fds"), descriptors + 1);
  // A sanitizer keeps freed memory, and tells of leaks itself.
  if (!kHasSanitizer) {
    EXPECT_LE(serve_->ResidentBytes(), resident + kAllocatorsSlack);
  }
  EXPECT_GE(serve_->Metric(R"(irsa_kube_requests_total{code="error",verb="watch"})"), kCycles);
  EXPECT_GE(serve_->Metric(R"(irsa_kube_requests_total{code="200",verb="list"})"), lists + kCycles / 4.0);
  EXPECT_EQ(serve_->Metric("irsa_identities"), kAccounts);
}

TEST_F(Cluster, TakesIdentitiesFromTheConfigMapToo) {
  apiserver_.PutAccount("team-a", "annotated", Arn("own"));
  apiserver_.PutAccount("team-a", "plain", "");
  apiserver_.PutConfigMap("irsa", "pod-identity-webhook",
                          R"({"bad": {}, "*/annotated": {"RoleARN": ")" + Arn("map") +
                              R"("}, "team-a/plain": {"RoleARN": ")" + Arn("map") + "\"}}");
  Start({"--watch-config-map", "--namespace=irsa"});
  EXPECT_EQ(Role("annotated"), "own");
  EXPECT_EQ(Role("plain"), "map");
  EXPECT_EQ(serve_->Metric("irsa_config_map_entries_skipped_total"), 1);
  serve_->WaitForLog("ConfigMap entry skipped");
  apiserver_.PutConfigMap("irsa", "pod-identity-webhook", "broken");
  serve_->WaitForLog("ConfigMap not loaded: the last good state stays in use");
  EXPECT_EQ(Role("plain"), "map");
  apiserver_.PutConfigMap("irsa", "pod-identity-webhook", "{}");
  EXPECT_TRUE(BecomesRole("plain", "-"));
}

TEST_F(Cluster, StopsAtOnceWhateverItWaitsFor) {
  Start();
  apiserver_.WaitForWatch();
  serve_->process().Signal(SIGTERM);
  EXPECT_EQ(serve_->process().Wait(), 0);
  apiserver_.AnswerWith(500);
  Start({}, "listening");
  serve_->WaitForLog("not up to date with the apiserver, retrying");
  serve_->process().Signal(SIGTERM);
  EXPECT_EQ(serve_->process().Wait(), 0);
}

}  // namespace
}  // namespace irsa::testing
