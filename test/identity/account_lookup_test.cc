#include "irsa/identity/sources/account_lookup.h"

#include <atomic>
#include <future>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/identity/account_lookup_fixture.h"
#include "test/testing/await.h"

namespace irsa::identity {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(AccountLookupTest, AsksForAnAccountAndKeepsIt) {
  server_.Add([this](const kube::ApiRequest& request) {
    EXPECT_EQ(request.deadline, clock_.SteadyNow() + seconds(5));
    EXPECT_EQ(request.max_answer_bytes, 4U << 20);
    return kube::ApiAnswer{200, AccountText("x"), {}};
  });
  EXPECT_EQ(Find(), "x");
  EXPECT_EQ(store_.Find(kApp)->annotations, Value("x"));
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

// Whoever comes third waits for an answer to one of the first two, again and again.
TEST_F(AccountLookupTest, AsksForTwoAccountsAtATime) {
  constexpr size_t kAccounts = 20;
  for (size_t i = 0; i < kAccounts; ++i) FindNow({"team-a", "x" + std::to_string(i)});
  for (size_t asked = 2; asked <= kAccounts; ++asked) {
    ASSERT_TRUE(testing::Await([&] { return server_.requests().size() >= asked; }));
    ASSERT_THAT(server_.requests(), SizeIs(asked));
    server_.Add(kube::Answer(404));
  }
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
  EXPECT_EQ(store_.Find(kApp)->annotations, Value("watched"));
}

TEST_F(AccountLookupTest, AnswersWithWhatWasThereThoughItMayBeGone) {
  server_.Add([this](const kube::ApiRequest&) {
    store_.Remove(kApp, 9);
    return kube::ApiAnswer{200, AccountText("was there", 8), {}};
  });
  EXPECT_EQ(Find(), "was there");
  EXPECT_FALSE(store_.Find(kApp));
}

TEST_F(AccountLookupTest, TakesAVanishedAccountForNone) {
  auto caller = FindLater();
  server_.WaitUntilIdle();
  store_.Put(kApp, 9, Value("watched"));
  store_.Remove(kApp, 10);
  lookup().NoteAppearance(kApp);
  EXPECT_EQ(caller.get(), "-");
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
  server_.Add([](const kube::ApiRequest&) -> Result<kube::ApiAnswer> { throw std::runtime_error("a bug"); });
  EXPECT_TRUE(testing::Await([this] { return FindNow().find("a bug") != std::string::npos; }));
  Appear("watched");
  EXPECT_EQ(caller.get(), "watched");
  EXPECT_EQ(lookup().interest(), 0U);
}

// A clock that fails is as good as memory that ends.
TEST_F(AccountLookupTest, AnswersAndGoesOnWithoutMemoryForAMiss) {
  class BrokenClock final : public base::Clock {
   public:
    base::SystemTime Now() const override { return {}; }
    base::SteadyTime SteadyNow() const override {
      if (is_broken.exchange(false)) throw std::bad_alloc();
      return base::SteadyTime(std::chrono::hours(1));
    }
    mutable std::atomic<bool> is_broken = false;
  };
  BrokenClock clock;
  AccountLookup lookup(server_, store_, clock, kObjects, options_);
  for (const bool is_broken : {true, false}) {
    server_.Add([&clock, is_broken](const kube::ApiRequest&) -> Result<kube::ApiAnswer> {
      clock.is_broken = is_broken;  // for the next look, which is to say until when the miss counts
      return kube::ApiAnswer{404, "", {}};
    });
    const auto found = lookup.Find(kApp, base::SteadyTime(kPatient * 2), false);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_FALSE(found->has_value());
    EXPECT_TRUE(testing::Await([&] { return lookup.interest() == (is_broken ? 0U : 1U); }));
  }
}

// The caller's place is free again.
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
