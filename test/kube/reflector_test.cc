#include "irsa/kube/watch/reflector.h"

#include <new>
#include <set>
#include <stdexcept>
#include <string>

#include "test/kube/reflector_fixture.h"
#include "test/testing/await.h"

namespace irsa::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const Error kCut{ErrorCode::kUnavailable, "https://scripted: the connection ended"};

class ReflectorTest : public ReflectorFixture {};

TEST_F(ReflectorTest, ListsPageAfterPageThenWatchesFromThere) {
  server_.Add(Answer(200, Page(9, {ObjectText("a", 1), ObjectText("b", 2)}, "x/y=")));
  server_.Add(Answer(200, Page(9, {ObjectText("c", 3)})));
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kList, std::string(kList) + "&continue=x%2Fy%3D", WatchFrom(9)));
  EXPECT_THAT(sink_.calls, ElementsAre("start", "put n/a@1", "put n/b@2", "put n/c@3", "finish @9"));
  EXPECT_THAT(log_.Lines(), ElementsAre("list complete, watching for changes path=/api/v1/things version=9 how=paged"));
}

TEST_F(ReflectorTest, HandsOnEventsAndGoesOnFromTheLast) {
  AddEmptyList(5);
  server_.Add(Stream({Added("a", 6), Modified("a", 7) + Deleted("a", 8), Bookmark(20)}));
  Run();
  EXPECT_THAT(sink_.calls, ElementsAre("start", "finish @5", "put n/a@6", "put n/a@7", "remove n/a@8"));
  EXPECT_THAT(server_.requests(), ElementsAre(kList, WatchFrom(5), WatchFrom(20)));
}

TEST_F(ReflectorTest, NarrowsListsAndWatches) {
  options_.query = "fieldSelector=metadata.name%3Dx";
  AddEmptyList(5);
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(std::string(kList) + "&fieldSelector=metadata.name%3Dx",
                                              WatchFrom(5) + "&fieldSelector=metadata.name%3Dx"));
}

TEST_F(ReflectorTest, GivesEachRequestADeadline) {
  server_.Add([this](const ApiRequest& request) {
    EXPECT_EQ(request.deadline, clock_.SteadyNow() + seconds(30));
    EXPECT_EQ(request.max_answer_bytes, options_.max_page_bytes);
    EXPECT_EQ(request.verb, Verb::kList);
    return ApiAnswer{200, Page(5, {}), {}};
  });
  server_.Add([](const ApiRequest& request) {
    EXPECT_EQ(request.verb, Verb::kWatch);
    return ApiAnswer{200, "", {}};
  });
  Run();
  EXPECT_EQ(server_.last_deadline(), clock_.SteadyNow() + seconds(480));
}

// Those of one process too: they begin together.
TEST_F(ReflectorTest, WatchesForAnotherTimeThanOthers) {
  options_.min_watch = seconds(1);
  options_.max_watch = seconds(1'000'000'000);
  const ReflectorTools tools{clock_, waiter_, log_};
  std::set<std::string> watches;
  for (int i = 0; i < 3; ++i) {
    ScriptedApiServer server;
    server.Add(Answer(200, Page(5, {})));
    RecordingSink sink;
    Reflector reflector(server, sink, tools, options_);
    reflector.Start();
    server.WaitUntilIdle();
    watches.insert(server.requests().back());
  }
  EXPECT_EQ(watches.size(), 3U);
}

TEST_F(ReflectorTest, AsksForSmallerPagesWhenTheyAreTooLarge) {
  const Error too_large{ErrorCode::kTooLarge, "https://scripted: its answer is larger than the limit"};
  options_.page_size = 20;
  for (int i = 0; i < 2; ++i) server_.Add(Fail(too_large));
  server_.Add(Answer(200, Page(9, {ObjectText("a", 1)}, "more")));
  server_.Add(Fail(too_large));
  AddEmptyList(10);
  Run();
  EXPECT_THAT(server_.requests(),
              ElementsAre("GET /api/v1/things?limit=20", "GET /api/v1/things?limit=2", "GET /api/v1/things?limit=1",
                          "GET /api/v1/things?limit=1&continue=more", "GET /api/v1/things?limit=20", WatchFrom(10)));
  EXPECT_THAT(log_.Lines()[0], HasSubstr("larger than the limit"));
}

TEST_F(ReflectorTest, BeginsAListAnewWhenItsStateIsForgotten) {
  server_.Add(Answer(200, Page(9, {ObjectText("a", 1)}, "more")));
  server_.Add(Answer(410));
  server_.Add(Answer(200, Page(12, {ObjectText("b", 11)})));
  Run();
  EXPECT_THAT(sink_.calls, ElementsAre("start", "put n/a@1", "start", "put n/b@11", "finish @12"));
  EXPECT_THAT(waiter_.waits(), IsEmpty());
}

TEST_F(ReflectorTest, WaitsWhenAListDoesNotEnd) {
  const std::string endless = R"({"metadata":{"resourceVersion":"1","continue":"more"},"items":[]})";
  for (int i = 0; i < 2; ++i) server_.Add(Answer(200, endless));
  AddEmptyList(12);
  Run();
  EXPECT_THAT(waiter_.waits(), ElementsAre(milliseconds(100)));
  EXPECT_THAT(log_.Lines()[0], HasSubstr("list /api/v1/things: a list that does not end"));
}

TEST_F(ReflectorTest, WaitsWhenAListsStateIsForgottenAgain) {
  for (int i = 0; i < 2; ++i) {
    server_.Add(Answer(200, Page(9, {}, "more")));
    server_.Add(Answer(410));
  }
  AddEmptyList(12);
  Run();
  EXPECT_THAT(waiter_.waits(), ElementsAre(milliseconds(100)));
  EXPECT_THAT(log_.Lines()[0], HasSubstr("list /api/v1/things: the apiserver answered 410"));
}

TEST_F(ReflectorTest, ListsAgainWhenItsPositionIsForgotten) {
  const ScriptedApiServer::Step forgotten[] = {Answer(410, R"({"kind":"Status","message":"too old resource version"})"),
                                               Stream({Failure(R"("code":410,"message":"too old resource version")")})};
  AddEmptyList(5);
  for (const auto& step : forgotten) {
    server_.Add(step);
    AddEmptyList(5);
  }
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kList, WatchFrom(5), kList, WatchFrom(5), kList, WatchFrom(5)));
  EXPECT_THAT(sink_.calls, ElementsAre("start", "finish @5", "start", "finish @5", "start", "finish @5"));
  // Listing is no progress while watching fails: else this would be a fast loop of lists.
  EXPECT_THAT(waiter_.waits(), ElementsAre(milliseconds(100), milliseconds(200)));
}

TEST_F(ReflectorTest, ListsAgainAfterWhatIsNoEvent) {
  AddEmptyList(5);
  server_.Add(Stream({Added("a", 6), "{}\n", Added("b", 7)}));
  AddEmptyList(8);
  Run();
  EXPECT_THAT(sink_.calls, ElementsAre("start", "finish @5", "put n/a@6", "start", "finish @8"));
  EXPECT_THAT(log_.Lines()[1], HasSubstr("watch /api/v1/things: a watch event: type is missing"));
}

TEST_F(ReflectorTest, ListsAgainAfterAnEventThatIsTooLarge) {
  options_.max_object_bytes = 50;
  AddEmptyList(5);
  server_.Add(Stream({Added("a", 6)}));
  AddEmptyList(7);
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kList, WatchFrom(5), kList, WatchFrom(7)));
  EXPECT_THAT(sink_.calls, Not(Contains("put n/a@6")));
}

TEST_F(ReflectorTest, ListsAgainWhenTheServersStateGoesBack) {
  AddEmptyList(50);
  server_.Add(Stream({Bookmark(50), Bookmark(7), Added("a", 8)}));
  AddEmptyList(9);
  Run();
  EXPECT_THAT(sink_.calls, ElementsAre("start", "finish @50", "start", "finish @9"));
  EXPECT_THAT(log_.Lines()[1], HasSubstr("went back from version 50 to 7"));
}

TEST_F(ReflectorTest, GoesOnWhereAConnectionWasCut) {
  AddEmptyList(5);
  server_.Add(Stream({Added("a", 6), Added("b", 7).substr(0, 20)}, Fail(kCut)));
  server_.Add(Stream({Added("b", 7), "{\"type\":"}));
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kList, WatchFrom(5), WatchFrom(6), WatchFrom(7)));
  EXPECT_THAT(sink_.calls, ElementsAre("start", "finish @5", "put n/a@6", "put n/b@7"));
  EXPECT_THAT(log_.Lines(),
              ElementsAre(StartsWith("list complete"), HasSubstr("https://scripted: the connection ended"),
                          StartsWith("up to date with the apiserver again"),
                          HasSubstr("the watch ended in the middle of an event")));
}

TEST_F(ReflectorTest, WaitsLongerAndLongerUntilSomethingWorks) {
  for (int i = 0; i < 7; ++i) server_.Add(Fail(kCut));
  AddEmptyList(5);
  server_.Add(Stream({Added("a", 6)}, Fail(kCut)));
  server_.Add(Answer(500));
  Run();
  EXPECT_THAT(waiter_.waits(), ElementsAre(milliseconds(100), milliseconds(200), milliseconds(400), milliseconds(800),
                                           milliseconds(1600), milliseconds(2500), milliseconds(2500),
                                           milliseconds(100), milliseconds(200)));
}

TEST_F(ReflectorTest, WaitsAsLongAsItIsTold) {
  server_.Add(Answer(429, "", seconds(3)));
  server_.Add(Answer(503, "", seconds(100'000)));
  AddEmptyList(5);
  server_.Add(Answer(429, "", seconds(4)));
  server_.Add(Stream({Failure(R"("code":429,"details":{"retryAfterSeconds":5})")}));
  Run();
  EXPECT_THAT(waiter_.waits(), ElementsAre(seconds(3), seconds(300), seconds(4), seconds(5)));
}

TEST_F(ReflectorTest, DoesNotLoopOnWatchesThatEndAtOnce) {
  AddEmptyList(5);
  for (int i = 0; i < 2; ++i) server_.Add(Stream({}));
  server_.Add([this](const ApiRequest&) {
    clock_.Advance(seconds(450));
    return ApiAnswer{200, "", {}};
  });
  server_.Add(Stream({}));
  Run();
  EXPECT_THAT(waiter_.waits(), ElementsAre(milliseconds(100), milliseconds(200), milliseconds(100)));
  EXPECT_EQ(log_.Lines().size(), 1U);
}

TEST_F(ReflectorTest, EndsAWatchOnWhichNothingComes) {
  AddEmptyList(5);
  server_.Add(Stream({Bookmark(6)}, [this](const ApiRequest& request) {
    waiter_.End(kWatchSilence);  // something has come in that time, in the next one nothing does
    waiter_.End(kWatchSilence);
    return Hang()(request);
  }));
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kList, WatchFrom(5), WatchFrom(6)));
  EXPECT_THAT(log_.Lines()[1], HasSubstr("watch /api/v1/things: no event or bookmark for too long"));
}

TEST_F(ReflectorTest, EndsAWatchOnWhichNothingHasComeAtAll) {
  AddEmptyList(5);
  server_.Add([this](const ApiRequest& request) {
    waiter_.End(kWatchSilence);
    return Hang()(request);
  });
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kList, WatchFrom(5), WatchFrom(5)));
}

TEST_F(ReflectorTest, SaysHowItStands) {
  server_.Add(Answer(403, R"({"kind":"Status","message":"may not list"})"));
  Begin();
  server_.WaitUntilIdle();
  const Reflector::State before = reflector_->state();
  EXPECT_FALSE(reflector_->has_synced());
  EXPECT_EQ(before.failure, "list /api/v1/things: the apiserver answered 403: may not list");
  EXPECT_EQ(before.in_sync_at, std::nullopt);

  AddEmptyList(5);
  ASSERT_TRUE(testing::Await([&] { return server_.requests().size() >= 3; }));
  const Reflector::State after = reflector_->state();
  EXPECT_TRUE(reflector_->has_synced());
  EXPECT_EQ(after.failure, "");
  EXPECT_EQ(after.in_sync_at, clock_.SteadyNow());

  clock_.Advance(seconds(7));
  server_.Add(Stream({Bookmark(6)}, Fail(kCut)));
  ASSERT_TRUE(testing::Await([&] { return server_.requests().size() >= 4; }));
  EXPECT_EQ(reflector_->state().in_sync_at, clock_.SteadyNow());
  EXPECT_EQ(reflector_->state().failure, "watch /api/v1/things: https://scripted: the connection ended");
}

TEST_F(ReflectorTest, LogsAFailureOnce) {
  for (int i = 0; i < 3; ++i) server_.Add(Fail(kCut));
  server_.Add(Answer(500));
  AddEmptyList(5);
  Run();
  EXPECT_THAT(log_.Lines(),
              ElementsAre("not up to date with the apiserver, retrying error=list /api/v1/things: "
                          "https://scripted: the connection ended",
                          HasSubstr("answered 500"), StartsWith("up to date"), StartsWith("list complete")));
}

TEST_F(ReflectorTest, GoesOnAfterAnException) {
  server_.Add([](const ApiRequest&) -> Result<ApiAnswer> { throw std::runtime_error("a bug"); });
  AddEmptyList(5);
  server_.Add(Stream({Added("a", 6)}, [](const ApiRequest&) -> Result<ApiAnswer> { throw std::bad_alloc(); }));
  server_.Add(Stream({Added("b", 7)}));
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kList, kList, WatchFrom(5), WatchFrom(6), WatchFrom(7)));
  EXPECT_THAT(sink_.calls, ElementsAre("start", "start", "finish @5", "put n/a@6", "put n/b@7"));
  EXPECT_THAT(log_.Lines(),
              ElementsAre(StartsWith("not up to date with the apiserver, retrying error=follow /api/v1/things: a bug"),
                          StartsWith("up to date"), StartsWith("list complete"), HasSubstr(": out of memory"),
                          StartsWith("up to date")));
}

TEST_F(ReflectorTest, StopsAtOnceWhateverItWaitsFor) {
  Run();  // for an answer
  reflector_.reset();
  options_.backoff.initial = options_.backoff.max = FakeWaiter::kLong * 4;
  server_.Add(Fail(kCut));
  Begin();  // to try again
  ASSERT_TRUE(testing::Await([&] { return !log_.Lines().empty(); }));
  reflector_.reset();
  EXPECT_EQ(server_.requests().size(), 2U);
}

}  // namespace
}  // namespace irsa::kube
