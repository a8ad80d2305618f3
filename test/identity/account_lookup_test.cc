#include "irsa/identity/sources/account_lookup.h"

#include <future>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/scripted_api_server.h"
#include "test/testing/await.h"
#include "test/testing/fake_clock.h"

namespace irsa::identity {
namespace {

using base::Error;
using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr AccountName kApp{"team-a", "app"};
const AnnotatedObjects kObjects{kServiceAccountKind, "p"};
constexpr char kGetApp[] = "GET /api/v1/namespaces/team-a/serviceaccounts/app";
constexpr std::chrono::hours kPatient{1};  // for what comes without being waited for

std::string AccountText(std::string_view value, int version = 7) {
  return R"({"kind":"ServiceAccount","metadata":{"namespace":"team-a","name":"app","resourceVersion":")" +
         std::to_string(version) + R"(","annotations":{"other/x":"y","p/role-arn":")" + std::string(value) + "\"}}}";
}

PackedAnnotations Value(std::string_view value) {
  PackedAnnotations annotations;
  annotations.Add({"p/role-arn", value});
  return annotations;
}

class AccountLookupTest : public ::testing::Test {
 protected:
  AccountLookupTest() {
    options_.grace_period = kPatient;
    options_.miss_wait = kPatient;
  }

  // Made at first use: change the options before.
  AccountLookup& lookup() {
    if (lookup_ == nullptr) lookup_ = std::make_unique<AccountLookup>(server_, store_, clock_, kObjects, options_);
    return *lookup_;
  }

  // The value of the annotation, "-" for an account that does not exist, or the error's message.
  std::string Find(const AccountName& name = kApp, bool may_trust_misses = true,
                   std::chrono::milliseconds patience = kPatient) {
    const auto found = lookup().Find(name, clock_.SteadyNow() + patience, may_trust_misses);
    if (!found.ok()) return found.error().message;
    return *found ? std::string((*found)->Unpack().at(0).value) : "-";
  }
  std::string FindNow(const AccountName& name = kApp) { return Find(name, true, milliseconds(0)); }
  std::future<std::string> FindLater(const AccountName& name = kApp) {
    lookup();
    return std::async(std::launch::async, [this, name] { return Find(name); });
  }

  // As the watch does it.
  void Appear(std::string_view value, uint64_t version = 9) {
    store_.Put(kApp, version, Value(value));
    lookup().NoteAppearance(kApp);
  }

  irsa::testing::FakeClock clock_;
  kube::ScriptedApiServer server_;
  AccountStore store_;
  LookupOptions options_;
  std::unique_ptr<AccountLookup> lookup_;  // last: it uses the others
};

TEST_F(AccountLookupTest, AsksForAnAccountAndKeepsIt) {
  server_.Add([this](const kube::ApiRequest& request) {
    EXPECT_EQ(request.deadline, clock_.SteadyNow() + seconds(5));
    EXPECT_EQ(request.max_answer_bytes, 4U << 20);
    return kube::ApiAnswer{200, AccountText("x"), {}};
  });
  EXPECT_EQ(Find(), "x");
  EXPECT_EQ(store_.Find(kApp), Value("x"));
  EXPECT_THAT(server_.requests(), ElementsAre(kGetApp));
}

TEST_F(AccountLookupTest, AsksOnceForAllWhoWait) {
  std::vector<std::future<std::string>> callers;
  for (int i = 0; i < 4; ++i) callers.push_back(FindLater());
  server_.WaitUntilIdle();
  server_.Add(kube::Answer(200, AccountText("x")));
  for (auto& caller : callers) EXPECT_EQ(caller.get(), "x");
  EXPECT_THAT(server_.requests(), ElementsAre(kGetApp));
}

TEST_F(AccountLookupTest, AsksForDifferentAccountsAtATime) {
  auto app = FindLater();
  auto other = FindLater({"team-a", "other"});
  server_.WaitUntilIdle(2);
  for (int i = 0; i < 2; ++i) server_.Add(kube::Answer(404));
  EXPECT_EQ(app.get(), "-");
  EXPECT_EQ(other.get(), "-");
}

TEST_F(AccountLookupTest, IsWokenWhenTheAccountAppears) {
  auto caller = FindLater();
  server_.WaitUntilIdle();
  Appear("watched");
  EXPECT_EQ(caller.get(), "watched");
}

TEST_F(AccountLookupTest, FindsWhatAppearedJustBefore) {
  Appear("watched");
  EXPECT_EQ(Find(), "watched");
}

TEST_F(AccountLookupTest, PrefersWhatTheWatchSawToAnOlderAnswer) {
  server_.Add([this](const kube::ApiRequest&) {
    store_.Put(kApp, 9, Value("watched"));
    return kube::ApiAnswer{200, AccountText("old", 8), {}};
  });
  EXPECT_EQ(Find(), "watched");
  EXPECT_EQ(store_.Find(kApp), Value("watched"));
}

TEST_F(AccountLookupTest, AnswersWithWhatWasThereThoughItMayBeGone) {
  server_.Add([this](const kube::ApiRequest&) {
    store_.Remove(kApp, 9);
    return kube::ApiAnswer{200, AccountText("was there", 8), {}};
  });
  EXPECT_EQ(Find(), "was there");
  EXPECT_EQ(store_.Find(kApp), std::nullopt);
}

TEST_F(AccountLookupTest, TakesAVanishedAccountForNone) {
  auto caller = FindLater();
  server_.WaitUntilIdle();
  store_.Put(kApp, 9, Value("watched"));
  store_.Remove(kApp, 10);
  lookup().NoteAppearance(kApp);
  EXPECT_EQ(caller.get(), "-");
}

TEST_F(AccountLookupTest, SaysAtOnceThatAnAccountDoesNotExist) {
  server_.Add(kube::Answer(404, R"({"kind":"Status","message":"serviceaccounts \"app\" not found"})"));
  EXPECT_EQ(Find(), "-");
}

TEST_F(AccountLookupTest, LeavesWhatWasMissingAMomentAgoToTheWatch) {
  options_.threads = 1;
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(), "-");
  clock_.Advance(seconds(10) - milliseconds(1));
  auto caller = FindLater();
  // The miss, and the caller who waits.
  EXPECT_TRUE(testing::Await([this] { return lookup().interest() == 2; }));
  // What is asked for next would be behind it.
  FindNow({"team-a", "other"});
  server_.WaitUntilIdle();
  EXPECT_THAT(server_.requests(), ElementsAre(kGetApp, "GET /api/v1/namespaces/team-a/serviceaccounts/other"));
  Appear("watched");
  EXPECT_EQ(caller.get(), "watched");
}

TEST_F(AccountLookupTest, AsksAtOnceForWhatWasMissingLongAgo) {
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(), "-");
  clock_.Advance(seconds(10));
  server_.Add(kube::Answer(200, AccountText("x")));
  EXPECT_EQ(Find(), "x");
  EXPECT_THAT(server_.requests(), ElementsAre(kGetApp, kGetApp));
}

TEST_F(AccountLookupTest, AsksAgainForAMissThatTheWatchSaysNothingOf) {
  options_.miss_wait = milliseconds(1);
  for (int i = 0; i < 2; ++i) {
    server_.Add(kube::Answer(404));
    EXPECT_EQ(Find(), "-");
  }
  server_.Add(kube::Answer(200, AccountText("x")));
  EXPECT_EQ(Find(), "x");
  EXPECT_THAT(server_.requests(), ElementsAre(kGetApp, kGetApp, kGetApp));
}

TEST_F(AccountLookupTest, AsksAgainOnceForAllWhoWait) {
  options_.miss_wait = milliseconds(1);
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(), "-");
  std::vector<std::future<std::string>> callers;
  for (int i = 0; i < 4; ++i) callers.push_back(FindLater());
  server_.WaitUntilIdle();
  server_.Add(kube::Answer(200, AccountText("x")));
  for (auto& caller : callers) EXPECT_EQ(caller.get(), "x");
  EXPECT_THAT(server_.requests(), ElementsAre(kGetApp, kGetApp));
}

TEST_F(AccountLookupTest, LetsNoMoreThanSoManyWaitForWhatWasMissing) {
  options_.max_waiting_for_missing = 0;
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(), "-");
  EXPECT_EQ(Find(),
            "service account team-a/app did not exist a moment ago, and too many requests are already waiting for such "
            "service accounts; retry");
  EXPECT_THAT(server_.requests(), ElementsAre(kGetApp));
  Appear("watched");
  EXPECT_EQ(Find(), "watched");
}

TEST_F(AccountLookupTest, LetsNoMoreThanSoManyWaitAtATime) {
  options_.max_waiting = 1;
  options_.burst = 1;
  auto patient = FindLater();
  server_.WaitUntilIdle();
  EXPECT_EQ(Find({"team-a", "other"}),
            "service account team-a/other is not known yet, and too many requests are already waiting for service "
            "accounts; retry");
  Appear("watched");
  EXPECT_EQ(patient.get(), "watched");
}

TEST_F(AccountLookupTest, AsksForWhomNobodyMayWait) {
  options_.max_waiting = 0;
  EXPECT_THAT(Find(), HasSubstr("too many requests are already waiting"));
  server_.WaitUntilIdle();
  server_.Add(kube::Answer(200, AccountText("x")));
  EXPECT_TRUE(testing::Await([&] { return store_.Find(kApp).has_value(); }));
  EXPECT_EQ(Find(), "x");
}

TEST_F(AccountLookupTest, TakesNoMissForTheAnswerWhereItCannotAskAgain) {
  options_.burst = 1;
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(), "-");
  EXPECT_THAT(FindNow(), HasSubstr("did not confirm in time"));
  EXPECT_THAT(server_.requests(), ElementsAre(kGetApp));
}

TEST_F(AccountLookupTest, SaysWhyAskingAgainFailed) {
  options_.miss_wait = milliseconds(1);
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(), "-");
  auto patient = FindLater();
  server_.WaitUntilIdle();
  server_.Add(kube::Answer(403));
  std::string said;
  EXPECT_TRUE(testing::Await([&] { return (said = FindNow()).find("did not confirm in time") == std::string::npos; }));
  EXPECT_EQ(said, "get service account team-a/app: the apiserver answered 403");
  Appear("watched");
  EXPECT_EQ(patient.get(), "watched");
}

TEST_F(AccountLookupTest, ForgetsAMissWhenTheAccountAppears) {
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(), "-");
  Appear("watched");
  EXPECT_EQ(Find(), "watched");
  store_.Remove(kApp, 10);
  server_.Add(kube::Answer(200, AccountText("recreated", 11)));
  EXPECT_EQ(Find(), "recreated");
}

TEST_F(AccountLookupTest, RemembersNoMissOlderThanTheAppearance) {
  server_.Add([this](const kube::ApiRequest&) {
    Appear("watched");
    return kube::ApiAnswer{404, "", {}};
  });
  EXPECT_EQ(Find(), "watched");
  store_.Remove(kApp, 10);
  server_.Add(kube::Answer(200, AccountText("recreated", 11)));
  EXPECT_EQ(Find(), "recreated");
}

TEST_F(AccountLookupTest, TrustsNoMissWhileTheWatchIsCutOff) {
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(), "-");
  server_.Add(kube::Answer(200, AccountText("x")));
  EXPECT_EQ(Find(kApp, false), "x");
}

TEST_F(AccountLookupTest, WaitsOnWhenAskingFails) {
  auto caller = FindLater();
  server_.WaitUntilIdle();
  server_.Add(kube::Answer(403));
  // Another caller is told of the failure, and so it has come to the first one as well.
  EXPECT_TRUE(testing::Await([this] { return FindNow().find("answered 403") != std::string::npos; }));
  EXPECT_EQ(lookup().interest(), 1U) << "the first one waits on";
  Appear("watched");
  EXPECT_EQ(caller.get(), "watched");
}

TEST_F(AccountLookupTest, SaysWhyItIsNotKnown) {
  const std::pair<kube::ScriptedApiServer::Step, std::string> cases[] = {
      {kube::Answer(403, R"({"kind":"Status","message":"may not get"})"), "the apiserver answered 403: may not get"},
      {kube::Answer(200, "{"), "the apiserver's answer: not valid JSON at byte 2"},
      {kube::Answer(200, "{}"), "an object without metadata.name"},
      {kube::Fail({ErrorCode::kTooLarge, "https://scripted: too large"}), "https://scripted: too large"}};
  for (const auto& [step, why] : cases) {
    auto patient = FindLater();
    server_.WaitUntilIdle();
    server_.Add(step);
    std::string said;
    // Until the answer is there; from then on it is what callers are told who cannot wait any more.
    EXPECT_TRUE(
        testing::Await([&] { return (said = FindNow()).find("did not confirm in time") == std::string::npos; }));
    EXPECT_EQ(said, "get service account team-a/app: " + why);
    Appear("watched");
    EXPECT_EQ(patient.get(), "watched");
    store_.Remove(kApp, 10);
    lookup_.reset();
  }
}

TEST_F(AccountLookupTest, ComesToAnEndAtTheDeadline) {
  const auto found = lookup().Find(kApp, clock_.SteadyNow(), true);
  EXPECT_EQ(found.error(), (Error{ErrorCode::kUnavailable,
                                  "service account team-a/app is not known yet, and the apiserver did not confirm in "
                                  "time whether it exists; retry"}));
  // Its answer is kept for whoever comes next.
  server_.Add(kube::Answer(200, AccountText("x")));
  EXPECT_TRUE(testing::Await([&] { return store_.Find(kApp); }));
}

TEST_F(AccountLookupTest, WaitsNoLongerThanTheGracePeriod) {
  options_.grace_period = milliseconds(1);
  EXPECT_THAT(Find(), HasSubstr("did not confirm in time"));
}

TEST_F(AccountLookupTest, LetsANameThatCannotBeNeitherWaitNorBeAskedFor) {
  options_.max_waiting = 0;
  EXPECT_EQ(Find({"team-a", "../secrets/x"}), "-");
  EXPECT_EQ(Find({"../team-a", "app"}), "-");
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(AccountLookupTest, DoesNotAskForWhatAppearsWhileItIsQueued) {
  options_.threads = 1;
  FindNow({"team-a", "asked"});
  server_.WaitUntilIdle();
  FindNow();
  Appear("watched");
  server_.Add(kube::Answer(404));
  FindNow({"team-a", "next"});
  server_.WaitUntilIdle();
  EXPECT_THAT(server_.requests(), ElementsAre("GET /api/v1/namespaces/team-a/serviceaccounts/asked",
                                              "GET /api/v1/namespaces/team-a/serviceaccounts/next"));
}

TEST_F(AccountLookupTest, LimitsItsRequests) {
  options_.burst = 2;
  options_.requests_per_second = 1;
  for (int i = 0; i < 5; ++i) FindNow({"team-a", "x" + std::to_string(i)});
  server_.WaitUntilIdle(2);
  EXPECT_THAT(server_.requests(), SizeIs(2));
  for (int i = 0; i < 2; ++i) server_.Add(kube::Answer(404));
  clock_.Advance(seconds(1));
  FindNow({"team-a", "x3"});
  server_.WaitUntilIdle(1);
  EXPECT_THAT(server_.requests(), SizeIs(3));
}

TEST_F(AccountLookupTest, QueuesNoMoreThanAreWaitedFor) {
  options_.threads = 1;
  options_.max_queued = 2;
  FindNow({"team-a", "asked"});
  server_.WaitUntilIdle();
  for (const char* name : {"queued-1", "queued-2", "not-queued"}) FindNow({"team-a", name});
  for (int i = 0; i < 3; ++i) server_.Add(kube::Answer(404));
  // The queue is in order, so what is asked for next would be behind the one that did not fit.
  EXPECT_TRUE(testing::Await([this] { return server_.requests().size() == 3; }));
  FindNow({"team-a", "next"});
  server_.WaitUntilIdle();
  constexpr const char* kPath = "GET /api/v1/namespaces/team-a/serviceaccounts/";
  EXPECT_THAT(server_.requests(), ElementsAre(std::string(kPath) + "asked", std::string(kPath) + "queued-1",
                                              std::string(kPath) + "queued-2", std::string(kPath) + "next"));
}

TEST_F(AccountLookupTest, RemembersNoMoreMissesThanItMay) {
  options_.max_misses = 2;
  options_.max_waiting_for_missing = 0;  // so that a remembered miss is refused
  const AccountName names[] = {{"team-a", "a"}, {"team-a", "b"}, {"team-a", "c"}};
  for (const AccountName& name : names) {
    server_.Add(kube::Answer(404));
    EXPECT_EQ(Find(name), "-");
  }
  EXPECT_EQ(lookup().interest(), 2U);
  EXPECT_THAT(Find(names[0]), HasSubstr("did not exist a moment ago"));
  EXPECT_THAT(Find(names[1]), HasSubstr("did not exist a moment ago"));
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(names[2]), "-") << "asked for again";
  clock_.Advance(seconds(10));
  server_.Add(kube::Answer(404));
  EXPECT_EQ(Find(names[2]), "-");
  EXPECT_THAT(Find(names[2]), HasSubstr("did not exist a moment ago")) << "the old ones have made room";
}

// Every watched change would take the lock otherwise, for as long as irsa runs.
TEST_F(AccountLookupTest, ForgetsOldMissesWithTheFirstAppearance) {
  for (const char* name : {"a", "b"}) {
    server_.Add(kube::Answer(404));
    EXPECT_EQ(Find({"team-a", name}), "-");
  }
  lookup().NoteAppearance(kApp);
  EXPECT_EQ(lookup().interest(), 2U) << "they count still";
  clock_.Advance(seconds(10));
  lookup().NoteAppearance(kApp);
  EXPECT_EQ(lookup().interest(), 0U);
}

TEST_F(AccountLookupTest, EndsAnInquiryThatNobodyWaitsFor) {
  options_.burst = 1;
  FindNow();
  EXPECT_THAT(FindNow({"team-a", "not-asked"}), HasSubstr("did not confirm in time"));
  EXPECT_EQ(lookup().interest(), 1U) << "of the one that is asked for";
  server_.WaitUntilIdle();
  server_.Add(kube::Answer(403));
  EXPECT_TRUE(testing::Await([this] { return lookup().interest() == 0; }));
  EXPECT_THAT(FindNow(), HasSubstr("did not confirm in time")) << "and not what was said to nobody";
}

// An error in one look-up costs neither its place nor the others.
TEST_F(AccountLookupTest, GoesOnAfterAnException) {
  auto caller = FindLater();
  server_.WaitUntilIdle();  // it is the caller's question that meets the bug, and not one that nobody waits for
  server_.Add([](const kube::ApiRequest&) -> base::Result<kube::ApiAnswer> { throw std::runtime_error("a bug"); });
  EXPECT_TRUE(testing::Await([this] { return FindNow().find("a bug") != std::string::npos; }));
  Appear("watched");
  EXPECT_EQ(caller.get(), "watched");
  EXPECT_EQ(lookup().interest(), 0U);
}

// A clock that fails is as good as memory that ends: the caller's place is free again.
TEST_F(AccountLookupTest, FreesTheCallersPlaceWhateverIsThrown) {
  class BrokenClock final : public base::Clock {
   public:
    base::SystemTime Now() const override { return {}; }
    base::SteadyTime SteadyNow() const override {
      if (calls++ % 2 == 1) throw std::bad_alloc();  // the caller's second look: when it queues
      return base::SteadyTime(std::chrono::hours(1));
    }
    mutable int calls = 0;
  };
  const BrokenClock clock;
  options_.max_waiting = 1;
  AccountLookup lookup(server_, store_, clock, kObjects, options_);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(
        {
          const auto found = lookup.Find(kApp, base::SteadyTime(kPatient * 2), true);
          EXPECT_TRUE(found.ok());
        },
        std::bad_alloc);
  }
  EXPECT_EQ(lookup.interest(), 0U);
}

TEST_F(AccountLookupTest, TakesNoNameThatCannotBe) {
  for (const AccountName& name : {AccountName{"team-a", "../secrets"}, AccountName{"..", "x"}, AccountName{"", "x"},
                                  AccountName{"team-a", ""}, AccountName{"a.b", "x"}, AccountName{"team-a", "X"}}) {
    EXPECT_EQ(Find(name), "-");
  }
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(AccountLookupTest, StopsWhileItAsks) {
  FindNow();
  server_.WaitUntilIdle();
  lookup_.reset();
}

}  // namespace
}  // namespace irsa::identity
