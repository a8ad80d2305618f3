#include <future>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/identity/sources/account_lookup.h"

#include "test/identity/account_lookup_fixture.h"
#include "test/testing/await.h"

namespace irsa::identity {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace irsa::identity
