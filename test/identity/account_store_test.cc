#include "irsa/identity/sources/account_store.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr AccountName kA{"n", "a"};
constexpr AccountName kB{"n", "b"};

PackedAnnotations Value(std::string_view value) {
  std::vector<Annotation> annotations;
  if (!value.empty()) annotations.push_back({"k", value});
  return PackedAnnotations::Pack(annotations);
}

std::vector<std::pair<std::string, std::string>> Texts(const PackedAnnotations& packed) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const Annotation& annotation : packed.Unpack()) texts.emplace_back(annotation.key, annotation.value);
  return texts;
}

TEST(PackedAnnotations, GivesBackWhatWasAdded) {
  const std::string large(100'000, 'x');
  const PackedAnnotations packed =
      PackedAnnotations::Pack({{"a", large}, {"", ""}, {"b", std::string_view("\0\n", 2)}});
  EXPECT_THAT(Texts(packed), ElementsAre(Pair("a", large), Pair("", ""), Pair("b", std::string("\0\n", 2))));
  EXPECT_EQ(PackedAnnotations(packed.bytes()), packed);
}

TEST(PackedAnnotations, OfNothingTakeNothing) {
  EXPECT_EQ(PackedAnnotations().bytes(), "");
  EXPECT_EQ(PackedAnnotations::Pack({}).bytes(), "");
  EXPECT_THAT(PackedAnnotations().Unpack(), IsEmpty());
}

class AccountStoreTest : public ::testing::Test {
 protected:
  // A list of those accounts, each with its own version's number as its value.
  void List(uint64_t version, std::vector<std::pair<AccountName, uint64_t>> accounts) {
    store_.StartReplace();
    for (const auto& [name, at] : accounts) store_.Put(name, at, Value(std::to_string(at)));
    store_.FinishReplace(version);
  }
  void Put(const AccountName& name, uint64_t version) { store_.Put(name, version, Value(std::to_string(version))); }
  void LookUp(const AccountName& name, uint64_t version) {
    store_.PutLookedUp(name, version, Value("looked up " + std::to_string(version)));
  }

  // "-" for an account that is not known.
  std::string Find(const AccountName& name) const {
    const auto found = store_.Find(name);
    if (!found) return "-";
    const auto annotations = found->annotations.Unpack();
    return annotations.empty() ? "" : std::string(annotations[0].value);
  }

  AccountStore store_;
};

TEST_F(AccountStoreTest, KnowsNothingAtFirst) {
  EXPECT_EQ(Find(kA), "-");
  EXPECT_EQ(store_.size(), 0U);
}

TEST_F(AccountStoreTest, FindsWhatWasPut) {
  Put(kA, 1);
  store_.Put(kB, 2, {});
  EXPECT_EQ(Find(kA), "1");
  EXPECT_EQ(Find(kB), "");
  EXPECT_EQ(store_.size(), 2U);
}

TEST_F(AccountStoreTest, SaysSinceWhenAnAccountIsAsItIs) {
  const auto at = [](int seconds) { return base::SystemTime(std::chrono::seconds(seconds)); };
  EXPECT_FALSE(store_.Find(kA));
  store_.Put(kA, 1, Value("x"), at(100));
  EXPECT_EQ(store_.Find(kA)->since, at(100));
  store_.StartReplace();
  store_.Put(kA, 2, Value("x"), at(200));
  store_.FinishReplace(2);
  EXPECT_EQ(store_.Find(kA)->since, at(100)) << "the same annotations in a new list";
  store_.Put(kA, 3, Value("y"), at(300));
  EXPECT_EQ(store_.Find(kA)->since, at(300));
  store_.PutLookedUp(kA, 4, Value("z"), at(400));
  EXPECT_EQ(store_.Find(kA)->since, at(400));
}

TEST_F(AccountStoreTest, TellsNamesApart) {
  Put({"ab", "c"}, 1);
  EXPECT_EQ(Find({"a", "bc"}), "-");
  EXPECT_EQ(Find({"ab", ""}), "-");
  EXPECT_EQ(Find({"", "abc"}), "-");
  EXPECT_EQ(Find({"c", "ab"}), "-");
  EXPECT_EQ(Find({"ab", "c"}), "1");
}

TEST_F(AccountStoreTest, ChangesAndRemovesAccounts) {
  Put(kA, 1);
  Put(kA, 2);
  EXPECT_EQ(Find(kA), "2");
  EXPECT_EQ(store_.size(), 1U);
  store_.Remove(kA, 3);
  store_.Remove(kB, 4);
  EXPECT_EQ(Find(kA), "-");
  EXPECT_EQ(store_.size(), 0U);
}

TEST_F(AccountStoreTest, ReplacesWithoutLosingAnythingMeanwhile) {
  List(5, {{kA, 1}, {kB, 2}});
  store_.StartReplace();
  EXPECT_EQ(Find(kA), "1");
  Put(kB, 7);
  EXPECT_EQ(Find(kA), "1");
  EXPECT_EQ(Find(kB), "7");
  store_.FinishReplace(9);
  EXPECT_EQ(Find(kA), "-");
  EXPECT_EQ(Find(kB), "7");
  EXPECT_EQ(store_.size(), 1U);
}

TEST_F(AccountStoreTest, BeginsAReplacementAnew) {
  List(5, {{kA, 1}});
  store_.StartReplace();
  Put(kA, 1);
  store_.StartReplace();  // the list failed: that A was in it means nothing
  Put(kB, 2);
  store_.FinishReplace(9);
  EXPECT_EQ(Find(kA), "-");
  EXPECT_EQ(Find(kB), "2");
}

TEST_F(AccountStoreTest, GoesBackWithItsServer) {
  List(50, {{kA, 40}});
  List(9, {{kA, 8}});
  EXPECT_EQ(Find(kA), "8");
  LookUp(kB, 10);
  EXPECT_EQ(Find(kB), "looked up 10");
}

TEST_F(AccountStoreTest, KeepsWhatWasLookedUpInALaterState) {
  List(5, {});
  LookUp(kA, 8);
  EXPECT_EQ(Find(kA), "looked up 8");
  Put(kA, 6);
  store_.Remove(kA, 7);
  EXPECT_EQ(Find(kA), "looked up 8");
  Put(kA, 8);
  EXPECT_EQ(Find(kA), "8");
  store_.Remove(kA, 9);
  EXPECT_EQ(Find(kA), "-");
  EXPECT_EQ(store_.size(), 0U);
}

TEST_F(AccountStoreTest, TakesALaterEndOfWhatWasLookedUp) {
  List(5, {});
  LookUp(kA, 8);
  store_.Remove(kA, 9);
  EXPECT_EQ(Find(kA), "-");
}

TEST_F(AccountStoreTest, PassesOverWhatWasLookedUpBeforeTheWatchsState) {
  List(5, {{kA, 1}});
  LookUp(kA, 4);
  LookUp(kB, 5);
  EXPECT_EQ(Find(kA), "1");
  EXPECT_EQ(Find(kB), "-");
  Put(kB, 8);
  store_.Remove(kB, 9);
  LookUp(kB, 8);  // its answer was long under way
  EXPECT_EQ(Find(kB), "-");
}

TEST_F(AccountStoreTest, PassesOverWhatWasLookedUpWithoutANumber) {
  LookUp(kA, 0);
  EXPECT_EQ(Find(kA), "-");
}

TEST_F(AccountStoreTest, TakesTheLatestOfSeveralLookUps) {
  List(5, {});
  LookUp(kA, 8);
  LookUp(kA, 7);
  EXPECT_EQ(Find(kA), "looked up 8");
  LookUp(kA, 9);
  EXPECT_EQ(Find(kA), "looked up 9");
  EXPECT_EQ(store_.size(), 1U);
}

TEST_F(AccountStoreTest, ReplacesWhatWasLookedUpUnlessItIsLater) {
  List(5, {});
  LookUp(kA, 8);
  LookUp(kB, 20);
  List(10, {});
  EXPECT_EQ(Find(kA), "-");
  EXPECT_EQ(Find(kB), "looked up 20");
  List(21, {});
  EXPECT_EQ(Find(kB), "-");
  EXPECT_EQ(store_.size(), 0U);
}

TEST_F(AccountStoreTest, KeepsALaterLookUpWhenAListHasAnOlderState) {
  List(5, {});
  store_.StartReplace();
  LookUp(kA, 12);
  Put(kA, 7);
  store_.FinishReplace(10);
  EXPECT_EQ(Find(kA), "looked up 12");
  List(15, {{kA, 12}});
  EXPECT_EQ(Find(kA), "12");
}

// What one page of a list says of an account says nothing of those on other pages.
TEST_F(AccountStoreTest, LooksUpDuringAList) {
  List(5, {});
  store_.StartReplace();
  Put(kA, 9);
  LookUp(kB, 8);
  EXPECT_EQ(Find(kB), "looked up 8");
}

// For ThreadSanitizer too: readers see whole accounts, and accounts that stay are there all the time.
TEST_F(AccountStoreTest, ServesReadersWhileItChanges) {
  constexpr uint64_t kLast = 300;
  List(1, {{kA, 1}});
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([this] {
      for (uint64_t last = 0; last < kLast;) {
        const uint64_t now = std::stoull(Find(kA));
        ASSERT_GE(now, last);
        last = now;
        LookUp({"n", "later"}, kLast + 1 + last);
      }
    });
  }
  for (uint64_t version = 2; version <= kLast; ++version) {
    if (version % 3 == 0) {
      List(version, {{kA, version}, {kB, version}});
    } else {
      store_.Remove(kB, version);
      Put(kA, version);
    }
  }
  readers.clear();
  EXPECT_EQ(Find(kA), std::to_string(kLast));
  EXPECT_EQ(Find({"n", "later"}), "looked up " + std::to_string(2 * kLast + 1));
}

}  // namespace
}  // namespace irsa::identity
