// Lists as the beginning of a watch, and what happens where there is no such thing.
#include "test/kube/reflector_fixture.h"

namespace irsa::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class StreamedListTest : public ReflectorFixture {
 protected:
  StreamedListTest() { options_.stream_lists = true; }
};

TEST_F(StreamedListTest, IsAWatchThatGoesOn) {
  server_.Add(Stream({Added("a", 1), Added("b", 2), ListEnd(9) + Deleted("a", 10), Bookmark(11)}));
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kStream, WatchFrom(11)));
  EXPECT_THAT(sink_.calls, ElementsAre("start", "put n/a@1", "put n/b@2", "finish @9", "remove n/a@10"));
  EXPECT_THAT(log_.Lines(),
              ElementsAre("list complete, watching for changes path=/api/v1/things version=9 how=streamed"));
}

TEST_F(StreamedListTest, TakesChangesBeforeItIsWhole) {
  server_.Add(Stream({Added("a", 1), Modified("a", 8), Deleted("a", 9), ListEnd(9)}));
  Run();
  EXPECT_THAT(sink_.calls, ElementsAre("start", "put n/a@1", "put n/a@8", "remove n/a@9", "finish @9"));
}

TEST_F(StreamedListTest, GivesWayToPagesAtOnceWhereItIsUnknown) {
  const ScriptedApiServer::Step unknown[] = {
      Answer(400),
      Answer(422, R"({"kind":"Status","message":"sendInitialEvents: Forbidden"})"),
      Stream({Added("a", 1), Bookmark(3), Added("b", 4)}),  // a watch like any other
      Stream({Added("a", 1)}),                              // ends too early
      Stream({R"({"kind":"List","items":[]})"
              "\n"}),  // a list like any other
      Stream({Failure(R"("code":500)")})};
  for (const auto& step : unknown) {
    ScriptedApiServer server;
    server.Add(step);
    server.Add(Answer(200, Page(5, {})));
    FakeWaiter waiter;
    RecordingSink sink;
    Reflector reflector(server, sink, {clock_, waiter, log_, [] { return 0.5; }}, options_);
    reflector.Start();
    server.WaitUntilIdle();
    EXPECT_THAT(server.requests(), ElementsAre(kStream, kList, WatchFrom(5)));
    EXPECT_EQ(sink.calls.back(), "finish @5");
    EXPECT_THAT(waiter.waits(), IsEmpty());
    EXPECT_EQ(reflector.state().failure, "");
  }
  EXPECT_THAT(log_.Lines()[2], HasSubstr("no streamed list, listing in pages path=/api/v1/things why=watch "
                                         "/api/v1/things: the apiserver answered 422: sendInitialEvents: Forbidden"));
}

TEST_F(StreamedListTest, GivesWayToPagesWhenNothingComes) {
  server_.Add(Hang());
  AddEmptyList(5);
  waiter_.End(kFirstSilence);
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kStream, kList, WatchFrom(5)));
  EXPECT_THAT(waiter_.waits(), IsEmpty());
}

TEST_F(StreamedListTest, GivesWayToPagesWhenItsEndDoesNotCome) {
  server_.Add([this](const ApiRequest& request) {
    waiter_.AwaitWait(kFirstSilence);
    EXPECT_TRUE(request.on_body(Added("a", 1)));
    waiter_.End(kFirstSilence);
    waiter_.AwaitWait(kListSilence);  // since something has come
    waiter_.End(kListSilence);
    return Hang()(request);
  });
  AddEmptyList(5);
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kStream, kList, WatchFrom(5)));
  EXPECT_THAT(sink_.calls, ElementsAre("start", "put n/a@1", "start", "finish @5"));
}

TEST_F(StreamedListTest, WaitsWhereTheServerNeedsTime) {
  server_.Add(Answer(429, "", seconds(3)));
  server_.Add(Fail({ErrorCode::kUnavailable, "https://scripted: refused"}));
  AddEmptyList(5);
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kStream, kList, kList, WatchFrom(5)));
  EXPECT_THAT(waiter_.waits(), ElementsAre(seconds(3), milliseconds(200)));
}

TEST_F(StreamedListTest, WaitsWhereItsEndSaysThatTheServerNeedsTime) {
  server_.Add(Stream({Failure(R"("code":429,"details":{"retryAfterSeconds":3})")}));
  AddEmptyList(5);
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kStream, kList, WatchFrom(5)));
  EXPECT_THAT(waiter_.waits(), ElementsAre(seconds(3)));
}

TEST_F(StreamedListTest, IsTriedAgainWithTheNextList) {
  server_.Add(Answer(400));
  AddEmptyList(5);
  server_.Add(Answer(410));
  server_.Add(Stream({ListEnd(9)}));
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kStream, kList, WatchFrom(5), kStream, WatchFrom(9)));
  EXPECT_THAT(sink_.calls, ElementsAre("start", "start", "finish @5", "start", "finish @9"));
}

TEST_F(StreamedListTest, KeepsItsPositionWhenTheWatchAfterItIsCut) {
  server_.Add(Stream({ListEnd(9), Added("a", 10)}, Fail(StoppedError())));
  Run();
  EXPECT_THAT(server_.requests(), ElementsAre(kStream, WatchFrom(10)));
}

}  // namespace
}  // namespace irsa::kube
