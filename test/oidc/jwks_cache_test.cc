#include "irsa/oidc/jwks_cache.h"

#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/oidc/signing_key.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::oidc {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// Gives the set with a key of each of these ids, or an error; counts.
struct FakeSource {
  Result<JwkSet> Fetch() {
    ++fetches;
    if (entered != nullptr) {
      entered->count_down();
      released->wait();
    }
    if (clock != nullptr) clock->Advance(duration);
    if (throws) throw std::runtime_error("a bug");
    if (error) return *error;
    JwkSet set;
    for (const std::string& id : ids) set.keys.push_back({id, EcKey().Public(), std::nullopt});
    for (const std::string& id : skipped) set.skipped.push_back({0, id, "for the test"});
    return set;
  }

  std::vector<std::string> ids = {"a"};
  std::vector<std::string> skipped;
  std::optional<Error> error;
  bool throws = false;
  irsa::testing::FakeClock* clock = nullptr;  // advanced by the time that a fetch takes
  std::chrono::seconds duration{0};
  int fetches = 0;
  std::latch* entered = nullptr;  // both or none: Fetch says that it was called, and waits
  std::latch* released = nullptr;
};

class JwksCacheTest : public ::testing::Test {
 protected:
  // The ids of the set, or the error.
  std::string Ids(std::optional<std::string_view> key_id = std::nullopt) {
    const auto set = cache_.Get(key_id);
    if (!set.ok()) return set.error().message;
    std::string ids;
    for (const Jwk& jwk : (*set)->keys) ids += *jwk.id;
    return ids;
  }

  FakeSource source_;
  irsa::testing::FakeClock clock_;
  irsa::testing::FakeLog log_;
  JwksCache cache_{[this] { return source_.Fetch(); },
                   clock_,
                   log_,
                   {.max_age = std::chrono::seconds(600), .min_interval = std::chrono::seconds(10)}};
};

TEST_F(JwksCacheTest, FetchesNothingBeforeItIsAsked) { EXPECT_EQ(source_.fetches, 0); }

TEST_F(JwksCacheTest, FetchesOnceForManyTokens) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Ids("a"), "a");
    EXPECT_EQ(Ids(), "a");
  }
  EXPECT_EQ(source_.fetches, 1);
  EXPECT_THAT(log_.Lines(), ElementsAre());
}

TEST_F(JwksCacheTest, FetchesAnewWhenTheSetIsOlderThanItsAge) {
  EXPECT_EQ(Ids("a"), "a");
  source_.ids = {"b"};
  clock_.Advance(std::chrono::seconds(600));
  EXPECT_EQ(Ids("a"), "a");
  clock_.Advance(std::chrono::nanoseconds(1));
  EXPECT_EQ(Ids(), "b");
  EXPECT_EQ(source_.fetches, 2);
}

TEST_F(JwksCacheTest, FetchesAnewForAKeyItLacks) {
  EXPECT_EQ(Ids("a"), "a");
  source_.ids = {"a", "b"};
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Ids("b"), "ab");
  EXPECT_EQ(Ids("b"), "ab");
  EXPECT_EQ(source_.fetches, 2);
}

TEST_F(JwksCacheTest, DoesNotFetchMoreOftenThanItsIntervalWhateverTokensName) {
  EXPECT_EQ(Ids("x"), "a");
  for (int i = 0; i < 9; ++i) {
    clock_.Advance(std::chrono::seconds(1));
    EXPECT_EQ(Ids("x" + std::to_string(i)), "a");
  }
  clock_.Advance(std::chrono::milliseconds(999));
  EXPECT_EQ(Ids("x"), "a");
  EXPECT_EQ(source_.fetches, 1);
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Ids("x"), "a");
  EXPECT_EQ(source_.fetches, 2);
}

TEST_F(JwksCacheTest, TakesSkippedKeysForKeys) {
  source_.skipped = {"s"};
  EXPECT_EQ(Ids("s"), "a");
  clock_.Advance(std::chrono::seconds(60));
  EXPECT_EQ(Ids("s"), "a");
  EXPECT_EQ(source_.fetches, 1);
}

TEST_F(JwksCacheTest, GivesTheErrorUntilThereIsASet) {
  source_.error = Error{ErrorCode::kUnavailable, "no answer"};
  EXPECT_EQ(cache_.Get("a").error(), *source_.error);
  source_.error = Error{ErrorCode::kMalformed, "no JSON"};
  EXPECT_EQ(Ids("a"), "no answer");  // not asked again so soon
  EXPECT_EQ(source_.fetches, 1);
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Ids(), "no JSON");
  source_.error.reset();
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Ids("a"), "a");
  EXPECT_THAT(log_.Lines(), ElementsAre("key set could not be fetched error=no answer",
                                        "key set could not be fetched error=no JSON"));
}

TEST_F(JwksCacheTest, KeepsTheLastGoodSetWhileFetchingFails) {
  EXPECT_EQ(Ids("a"), "a");
  source_.error = Error{ErrorCode::kUnavailable, "no answer"};
  clock_.Advance(std::chrono::hours(24));
  EXPECT_EQ(Ids("a"), "a");
  EXPECT_EQ(Ids("b"), "a");
  EXPECT_EQ(source_.fetches, 2);
  EXPECT_THAT(log_.Lines(), ElementsAre("key set could not be fetched error=no answer"));
  source_.error.reset();
  source_.ids = {"b"};
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Ids("a"), "b");
}

TEST_F(JwksCacheTest, AnswersWithTheSetItGaveWhileItIsReplaced) {
  const auto before = cache_.Get("a").value();
  source_.ids = {"b"};
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Ids("b"), "b");
  EXPECT_EQ(before->keys.at(0).id, "a");
}

// While one thread fetches: who is served by the old set has it at once, even when it is old; others wait for the new.
TEST_F(JwksCacheTest, LetsOneThreadFetchForAll) {
  EXPECT_EQ(Ids("a"), "a");
  source_.ids = {"a", "b"};
  clock_.Advance(std::chrono::hours(1));
  std::latch entered(1);
  std::latch released(1);
  source_.entered = &entered;
  source_.released = &released;
  std::string fetcher;
  std::string waiters[3];
  {
    const std::jthread first([&] { fetcher = Ids("b"); });
    entered.wait();
    EXPECT_EQ(Ids("a"), "a");
    EXPECT_EQ(Ids(), "a");
    std::vector<std::jthread> threads;
    for (std::string& waiter : waiters) threads.emplace_back([this, &waiter] { waiter = Ids("b"); });
    released.count_down();
  }
  EXPECT_EQ(fetcher, "ab");
  for (const std::string& waiter : waiters) EXPECT_EQ(waiter, "ab");
  EXPECT_EQ(source_.fetches, 2);
}

TEST_F(JwksCacheTest, GivesItsErrorToAllWhoWaitForTheFirstFetch) {
  source_.error = Error{ErrorCode::kUnavailable, "no answer"};
  std::latch entered(1);
  std::latch released(1);
  source_.entered = &entered;
  source_.released = &released;
  std::string answers[3];
  {
    std::vector<std::jthread> threads;
    for (std::string& answer : answers) threads.emplace_back([this, &answer] { answer = Ids("a"); });
    entered.wait();
    released.count_down();
  }
  for (const std::string& answer : answers) EXPECT_EQ(answer, "no answer");
  EXPECT_EQ(source_.fetches, 1);
}

// Both ages count from a fetch's end, however long it took and however it ended.
TEST_F(JwksCacheTest, CountsFromTheEndOfAFetch) {
  source_.clock = &clock_;
  source_.duration = std::chrono::seconds(5);
  EXPECT_EQ(Ids("x"), "a");
  clock_.Advance(std::chrono::milliseconds(9999));
  EXPECT_EQ(Ids("x"), "a");
  EXPECT_EQ(source_.fetches, 1);
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Ids("x"), "a");
  EXPECT_EQ(source_.fetches, 2);

  clock_.Advance(std::chrono::seconds(600));
  EXPECT_EQ(Ids("a"), "a");
  EXPECT_EQ(source_.fetches, 2);
  source_.error = Error{ErrorCode::kUnavailable, "no answer"};
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Ids("a"), "a");
  EXPECT_EQ(source_.fetches, 3);
  clock_.Advance(std::chrono::milliseconds(9999));
  EXPECT_EQ(Ids("a"), "a");
  EXPECT_EQ(source_.fetches, 3);
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Ids("a"), "a");
  EXPECT_EQ(source_.fetches, 4);
}

// A failed fetch does not make the set that is there look fresh.
TEST_F(JwksCacheTest, IsAsOldAsItsSet) {
  EXPECT_EQ(Ids("a"), "a");
  clock_.Advance(std::chrono::seconds(601));
  source_.error = Error{ErrorCode::kUnavailable, "no answer"};
  EXPECT_EQ(Ids("a"), "a");
  source_.error.reset();
  source_.ids = {"b"};
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Ids(), "b");
  EXPECT_EQ(source_.fetches, 3);
}

TEST_F(JwksCacheTest, FetchesAgainAfterAnException) {
  source_.throws = true;
  EXPECT_THROW(Ids("a"), std::runtime_error);
  EXPECT_EQ(Ids("a"), "the key set could not be fetched");
  EXPECT_EQ(source_.fetches, 1);
  source_.throws = false;
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Ids("a"), "a");
  source_.throws = true;
  clock_.Advance(std::chrono::hours(1));
  EXPECT_THROW(Ids("a"), std::runtime_error);
  EXPECT_EQ(Ids("a"), "a");
}

TEST_F(JwksCacheTest, LetsNobodyWaitForAFetchThatThrew) {
  source_.throws = true;
  std::latch entered(1);
  std::latch released(1);
  source_.entered = &entered;
  source_.released = &released;
  std::string answers[3];
  {
    std::vector<std::jthread> threads;
    for (std::string& answer : answers) {
      threads.emplace_back([this, &answer] {
        try {
          answer = Ids("a");
        } catch (const std::runtime_error& error) {
          answer = error.what();
        }
      });
    }
    entered.wait();
    released.count_down();
  }
  EXPECT_THAT(answers,
              UnorderedElementsAre("a bug", "the key set could not be fetched", "the key set could not be fetched"));
  EXPECT_EQ(source_.fetches, 1);
}

}  // namespace
}  // namespace irsa::oidc
