#include "irsa/kube/identity_recorder.h"

#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/fake_object_store.h"
#include "test/kube/record_examples.h"
#include "test/testing/fake_clock.h"

namespace irsa::kube {
namespace {

using base::Error;
using base::ErrorCode;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kCollection = "/apis/irsa.dev/v1alpha1/namespaces/team-a/identitymaps";
constexpr const char* kMap = "/apis/irsa.dev/v1alpha1/namespaces/team-a/identitymaps/identities";
constexpr const char* kQuery = "?fieldManager=irsa-identity-record&fieldValidation=Strict";
constexpr const char* kRoleArn = "arn:aws:iam::111122223333:role/app";
constexpr std::chrono::seconds kTime(5);

using Hooked = std::optional<base::Result<ApiAnswer>>;

bool IsLook(const ApiRequest& request) { return request.path.ends_with("&dryRun=All"); }

ApiAnswer Created() { return {.status = 201, .body = "{}", .retry_after = {}}; }

mutation::Identity Identity(const std::string& role_arn = kRoleArn) {
  return {role_arn, "sts.amazonaws.com", std::chrono::seconds(86400), false};
}

Json Entry(const std::string& role_arn = kRoleArn) { return RecordEntry(role_arn); }

// Waits by letting the test's time pass.
class ClockWaiter final : public base::Waiter {
 public:
  explicit ClockWaiter(irsa::testing::FakeClock& clock) : clock_(clock) {}

  bool Wait(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    clock_.Advance(duration + std::chrono::milliseconds(1));
    ++count;
    return !stop.stop_requested();
  }

  int count = 0;

 private:
  irsa::testing::FakeClock& clock_;
};

class IdentityRecorderTest : public ::testing::Test {
 protected:
  IdentityRecorderTest() {
    api_.before = [this](const ApiRequest& request) -> Hooked {
      if (!IsLook(request)) return hook_ ? hook_(request) : std::nullopt;
      looks_.push_back(request);
      return looks_to_answer_-- > 0 ? Hooked(look_answer_) : Hooked(Created());
    };
  }

  void PutMap(const Json& accounts) { api_.Put(kMap, {{"metadata", {}}, {"spec", {{"accounts", accounts}}}}); }
  Json Accounts() const { return api_.Get(kMap)["spec"]["accounts"]; }
  base::Status Write(const std::string& account = "app", const mutation::Identity& identity = Identity()) {
    return recorder_.Write("team-a", account, identity, clock_.SteadyNow() + kTime);
  }
  base::Status Remove(const std::string& account) {
    return recorder_.Remove("team-a", account, clock_.SteadyNow() + kTime);
  }
  // Called for each request but looks for what the policies know; what it returns, if anything, is the answer.
  void Before(std::function<Hooked(const ApiRequest&)> hook) { hook_ = std::move(hook); }
  // The first `count` requests are answered so, the others by the store.
  void AnswerFirst(int count, base::Result<ApiAnswer> answer) {
    Before([left = std::make_shared<int>(count), answer = std::move(answer)](const ApiRequest&) -> Hooked {
      return (*left)-- > 0 ? Hooked(answer) : std::nullopt;
    });
  }
  // The first `count` looks are answered so.
  void AnswerFirstLooks(int count, base::Result<ApiAnswer> answer) {
    looks_to_answer_ = count;
    look_answer_ = std::move(answer);
  }

  FakeObjectStore api_;
  std::function<Hooked(const ApiRequest&)> hook_;
  std::vector<ApiRequest> looks_;
  int looks_to_answer_ = 0;
  base::Result<ApiAnswer> look_answer_ = Created();
  irsa::testing::FakeClock clock_;
  ClockWaiter waiter_{clock_};
  std::stop_source stop_;
  IdentityRecorder recorder_{api_, clock_, waiter_, mutation::Settings(),
                             IdentityRecorderOptions{.stop = stop_.get_token()}};
};

TEST_F(IdentityRecorderTest, AddsAnEntryByOneRequest) {
  PutMap({{"other", Entry("arn:other")}});
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Accounts(), (Json{{"app", Entry()}, {"other", Entry("arn:other")}}));
  EXPECT_THAT(api_.Requests(), ElementsAre(std::string("PATCH ") + kMap + kQuery));
  EXPECT_EQ(api_.last().content_type, kJsonMergePatch);
  EXPECT_EQ(api_.last().deadline, clock_.SteadyNow() + std::chrono::seconds(3)) << "so that there is time for another";
}

TEST_F(IdentityRecorderTest, ReplacesAnEntryWhole) {
  PutMap({{"app", {{"roleArn", "arn:old"}, {"region", "eu-central-1"}}}});
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Accounts(), (Json{{"app", Entry()}}));
}

TEST_F(IdentityRecorderTest, MakesTheFirstMapOfANamespace) {
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Accounts(), (Json{{"app", Entry()}}));
  EXPECT_EQ(api_.Get(kMap)["metadata"]["name"], "identities");
  EXPECT_EQ(api_.Requests().back(), std::string("POST ") + kCollection + kQuery);
}

TEST_F(IdentityRecorderTest, WritingAgainChangesNothing) {
  ASSERT_TRUE(Write().ok());
  const Json before = api_.Get(kMap);
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(api_.Get(kMap), before);
}

TEST_F(IdentityRecorderTest, TwoReplicasLoseNothingOfEachOther) {
  // Another one makes the map between our look and our write.
  Before([this](const ApiRequest& request) -> Hooked {
    if (request.method == "POST") PutMap({{"other", Entry()}});
    return std::nullopt;
  });
  ASSERT_TRUE(Write().ok());
  EXPECT_EQ(Accounts(), (Json{{"app", Entry()}, {"other", Entry()}}));
}

const ApiAnswer kNotYet = Refusal(422, "denied request: the policies have not seen these entries yet");

TEST_F(IdentityRecorderTest, WaitsUntilThePoliciesHaveSeenTheEntry) {
  AnswerFirstLooks(3, kNotYet);
  ASSERT_TRUE(Write().ok());
  ASSERT_EQ(looks_.size(), 4);
  EXPECT_EQ(waiter_.count, 3);
  for (const ApiRequest& look : looks_) {
    EXPECT_EQ(look.method + " " + look.path, std::string("POST ") + kCollection + kQuery + "&dryRun=All");
    EXPECT_EQ(Json::parse(look.body), (Json{{"apiVersion", "irsa.dev/v1alpha1"},
                                            {"kind", "IdentityMap"},
                                            {"metadata", {{"name", "dry-run"}}},
                                            {"spec", {{"accounts", {{"app", Entry()}}}}}}));
  }
}

TEST_F(IdentityRecorderTest, LooksAgainWhileTheApiserverCannotSay) {
  AnswerFirstLooks(2, Error{ErrorCode::kUnavailable, "https://api: connection refused"});
  EXPECT_TRUE(Write().ok());
  EXPECT_EQ(looks_.size(), 3);
}

TEST_F(IdentityRecorderTest, IsNotSureOfWhatThePoliciesNeverSee) {
  const base::SteadyTime deadline = clock_.SteadyNow() + kTime;
  AnswerFirstLooks(1'000'000, kNotYet);
  EXPECT_EQ(Write().error(), (Error{ErrorCode::kUnavailable,
                                    "the record of namespace team-a: see whether the apiserver's policies know it: the "
                                    "apiserver answered 422: denied request: the policies have not seen these entries "
                                    "yet"}));
  EXPECT_LE(clock_.SteadyNow(), deadline);
}

TEST_F(IdentityRecorderTest, DoesNotWaitForPoliciesToSeeWhatSomebodyElseHasReplaced) {
  Before([this, asked = 0](const ApiRequest& request) mutable -> Hooked {
    if (request.method == "GET" && ++asked == 2) PutMap({{"app", Entry("arn:other")}});
    return std::nullopt;
  });
  AnswerFirstLooks(1'000'000, kNotYet);
  EXPECT_EQ(Write().error(), (Error{ErrorCode::kConflict,
                                    "the record of namespace team-a: somebody else has written the entry at the same "
                                    "time"}));
  EXPECT_EQ(looks_.size(), 16U);
}

TEST_F(IdentityRecorderTest, AsksForNothingBeyondTheDeadline) {
  const base::SteadyTime deadline = clock_.SteadyNow() + kTime;
  std::vector<base::SteadyTime> deadlines;
  Before([&](const ApiRequest& request) -> Hooked {
    deadlines.push_back(request.deadline);
    return std::nullopt;
  });
  AnswerFirstLooks(1'000'000, kNotYet);
  EXPECT_EQ(Write().error().code, ErrorCode::kUnavailable);
  EXPECT_GT(deadlines.size(), 3U) << "a write, and looks at what became of it";
  for (const base::SteadyTime each : deadlines) EXPECT_LE(each, deadline);
}

TEST_F(IdentityRecorderTest, LetsNoMoreThanSoManyWriteAtATime) {
  IdentityRecorder recorder(api_, clock_, waiter_, mutation::Settings(), {.max_writers = 1});
  base::Status second;
  Before([&, is_first = true](const ApiRequest&) mutable -> Hooked {
    if (!std::exchange(is_first, false)) return std::nullopt;
    second = recorder.Write("team-b", "app", Identity(), clock_.SteadyNow() + kTime);
    return std::nullopt;
  });
  EXPECT_TRUE(recorder.Write("team-a", "app", Identity(), clock_.SteadyNow() + kTime).ok());
  EXPECT_EQ(second.error(), (Error{ErrorCode::kUnavailable,
                                   "the record of namespace team-b: as many changes as may be under way are so"}));
  EXPECT_TRUE(recorder.Write("team-b", "app", Identity(), clock_.SteadyNow() + kTime).ok());
}

TEST_F(IdentityRecorderTest, HandsOnWhyItCannotLook) {
  AnswerFirstLooks(1, Refusal(403, "cannot create"));
  EXPECT_EQ(Write().error(), (Error{ErrorCode::kDenied,
                                    "the record of namespace team-a: see whether the apiserver's policies know it: the "
                                    "apiserver answered 403: cannot create"}));
  EXPECT_EQ(waiter_.count, 0);
}

TEST_F(IdentityRecorderTest, LooksOnlyForWhatIsWrittenAhead) {
  ASSERT_TRUE(Remove("app").ok());
  ASSERT_TRUE(
      recorder_.Change("team-a", {{"app", RecordIdentity(Identity(), {}).value()}}, "", clock_.SteadyNow()).ok());
  EXPECT_THAT(looks_, IsEmpty());
}

TEST_F(IdentityRecorderTest, BeginsAnewAfterAConflict) {
  PutMap(Json::object());
  AnswerFirst(9, Refusal(409, "the object has been modified"));
  EXPECT_TRUE(Write().ok());
  EXPECT_EQ(waiter_.count, 0);
}

TEST_F(IdentityRecorderTest, GivesUpAfterManyConflicts) {
  PutMap(Json::object());
  AnswerFirst(10, Refusal(409, "the object has been modified"));
  EXPECT_EQ(Write().error(), (Error{ErrorCode::kConflict,
                                    "the record of namespace team-a: change it: the apiserver answered 409: the object "
                                    "has been modified"}));
}

TEST_F(IdentityRecorderTest, HandsOnARefusalAtOnce) {
  AnswerFirst(100, Refusal(403, "identitymaps.irsa.dev is forbidden"));
  EXPECT_EQ(Write().error(), (Error{ErrorCode::kDenied,
                                    "the record of namespace team-a: change it: the apiserver answered 403: "
                                    "identitymaps.irsa.dev is forbidden"}));
  EXPECT_EQ(waiter_.count, 0);
}

TEST_F(IdentityRecorderTest, HandsOnARefusalToCreate) {
  Before([](const ApiRequest& request) -> Hooked {
    return request.method == "POST" ? Hooked(Refusal(403, "namespace team-a is being terminated")) : std::nullopt;
  });
  EXPECT_EQ(Write().error(), (Error{ErrorCode::kDenied,
                                    "the record of namespace team-a: create it: the apiserver answered 403: namespace "
                                    "team-a is being terminated"}));
}

TEST_F(IdentityRecorderTest, SaysWhatIsMissing) {
  AnswerFirst(100, ApiAnswer{.status = 404, .body = "404 page not found\n", .retry_after = {}});
  EXPECT_EQ(Write().error(), (Error{ErrorCode::kNotFound,
                                    "the record of namespace team-a: create it: the apiserver answered 404: the "
                                    "namespace must exist, and the custom resource definition identitymaps.irsa.dev be "
                                    "installed"}));
}

TEST_F(IdentityRecorderTest, AsksAgainWhileThereIsTime) {
  PutMap(Json::object());
  AnswerFirst(3, Error{ErrorCode::kUnavailable, "https://api: connection refused"});
  EXPECT_TRUE(Write().ok());
  EXPECT_EQ(Accounts(), (Json{{"app", Entry()}}));
  EXPECT_EQ(waiter_.count, 3);
}

TEST_F(IdentityRecorderTest, GivesUpAtTheDeadline) {
  const base::SteadyTime deadline = clock_.SteadyNow() + kTime;
  AnswerFirst(1'000'000, Refusal(503, "etcd is gone"));
  EXPECT_EQ(Write().error(), (Error{ErrorCode::kUnavailable,
                                    "the record of namespace team-a: change it: the apiserver answered 503: etcd is "
                                    "gone"}));
  EXPECT_LE(clock_.SteadyNow(), deadline);
  EXPECT_GE(waiter_.count, 5);
}

TEST_F(IdentityRecorderTest, AStopEndsTheWaiting) {
  stop_.request_stop();
  AnswerFirst(100, Refusal(503, "etcd is gone"));
  EXPECT_EQ(Write().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(waiter_.count, 1);
}

TEST_F(IdentityRecorderTest, SendsNothingForWhatCannotBeRecorded) {
  EXPECT_EQ(Write("app", Identity(std::string(3000, 'x'))).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(recorder_.Write("../kube-system", "app", Identity(), clock_.SteadyNow()).error(),
            (Error{ErrorCode::kInvalid, "\"../kube-system\" is not a namespace's name"}));
  EXPECT_THAT(api_.Requests(), IsEmpty());
}

TEST_F(IdentityRecorderTest, RemovesOneEntry) {
  PutMap({{"app", Entry()}, {"other", Entry()}});
  ASSERT_TRUE(Remove("app").ok());
  EXPECT_EQ(Accounts(), (Json{{"other", Entry()}}));
  ASSERT_TRUE(Remove("app").ok());
  EXPECT_EQ(Accounts(), (Json{{"other", Entry()}}));
}

TEST_F(IdentityRecorderTest, RemovingFromNoMapMakesNone) {
  ASSERT_TRUE(Remove("app").ok());
  EXPECT_EQ(api_.Get(kMap), Json());
  EXPECT_EQ(api_.CountOf("POST"), 0);
}

TEST_F(IdentityRecorderTest, ChangesOnlyTheStateThatIsKnown) {
  PutMap({{"app", Entry()}});
  const std::string version = api_.Get(kMap)["metadata"]["resourceVersion"].get<std::string>();
  const auto change = [&] {
    return recorder_.Change("team-a", {{"app", std::nullopt}}, version, clock_.SteadyNow() + kTime);
  };
  PutMap({{"app", Entry()}, {"other", Entry()}});
  EXPECT_EQ(change().error().code, ErrorCode::kConflict);
  EXPECT_EQ(api_.CountOf("PATCH"), 1);
  EXPECT_EQ(Accounts().size(), 2);
  api_.Delete(kMap);
  EXPECT_EQ(change().error(), (Error{ErrorCode::kConflict, "the record of namespace team-a: it is gone"}));
  EXPECT_EQ(api_.Get(kMap), Json());
}

TEST_F(IdentityRecorderTest, ChangesSeveralEntriesAtOnce) {
  PutMap({{"gone", Entry()}});
  const RecordChange change = {{"gone", std::nullopt}, {"app", RecordIdentity(Identity(), {}).value()}};
  const auto version = api_.Get(kMap)["metadata"]["resourceVersion"].get<std::string>();
  ASSERT_TRUE(recorder_.Change("team-a", change, version, clock_.SteadyNow() + kTime).ok());
  EXPECT_EQ(Accounts(), (Json{{"app", Entry()}}));
  EXPECT_EQ(api_.CountOf("PATCH"), 1);
}

TEST_F(IdentityRecorderTest, SendsNothingForNoChange) {
  EXPECT_TRUE(recorder_.Change("team-a", {}, "", clock_.SteadyNow() + kTime).ok());
  EXPECT_THAT(api_.Requests(), IsEmpty());
}

TEST_F(IdentityRecorderTest, WritesAStatusWithoutTouchingEntries) {
  api_.Put(std::string(kMap) + "/status", {{"metadata", {}}});
  ASSERT_TRUE(recorder_.WriteStatus("team-a", 4, 12, clock_.SteadyNow() + kTime).ok());
  EXPECT_THAT(api_.Requests(), Each(StartsWith(std::string("PATCH ") + kMap + "/status?")));
  EXPECT_EQ(Json::parse(api_.last().body), Json::parse(R"({"status":{"observedGeneration":4,"accounts":12}})"));
}

TEST_F(IdentityRecorderTest, AStatusNeedsAMap) {
  EXPECT_TRUE(recorder_.WriteStatus("team-a", 4, 12, clock_.SteadyNow() + kTime).ok());
  AnswerFirst(1, Refusal(403, "no"));
  EXPECT_THAT(recorder_.WriteStatus("team-a", 4, 12, clock_.SteadyNow() + kTime).error().message,
              HasSubstr("write its status: the apiserver answered 403: no"));
  EXPECT_FALSE(recorder_.WriteStatus("", 4, 12, clock_.SteadyNow() + kTime).ok());
}

TEST_F(IdentityRecorderTest, NeedsNoneOfTheMapsThatComeBack) {
  Before([](const ApiRequest& request) -> Hooked {
    EXPECT_TRUE(request.on_body && request.on_body("{"));
    return std::nullopt;
  });
  EXPECT_TRUE(Write().ok());
}

}  // namespace
}  // namespace irsa::kube
