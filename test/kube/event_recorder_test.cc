#include "irsa/kube/api/event_recorder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/kube/scripted_api_server.h"
#include "test/testing/fake_clock.h"

namespace irsa::kube {
namespace {

using Json = nlohmann::json;

class EventRecorderTest : public ::testing::Test {
 protected:
  // "written", "not written" or the error's message.
  std::string Record(const std::string& key, const std::string& note = "no identity") {
    const auto recorded = recorder_.Record(key, [&]() -> std::optional<Event> {
      ++made_;
      return Event{{"v1", "Pod", "team-a", "web", "the-uid"}, "IdentityMissing", note};
    });
    if (!recorded.ok()) return recorded.error().message;
    return *recorded ? "written" : "not written";
  }
  void Answers(int status) {
    server_.Add([this, status](const ApiRequest& request) {
      last_ = Json::parse(request.body);
      return ApiAnswer{status, "{}", {}};
    });
  }

  testing::FakeClock clock_;
  ScriptedApiServer server_;
  Json last_;
  int made_ = 0;
  EventRecorder recorder_{
      server_, clock_, {.instance = "irsa-0", .events_per_second = 1, .burst = 2, .max_remembered = 2}};
};

TEST_F(EventRecorderTest, WritesWhatTheApiWants) {
  Answers(201);
  EXPECT_EQ(Record("a"), "written");
  EXPECT_EQ(server_.requests().back(), "POST /apis/events.k8s.io/v1/namespaces/team-a/events");
  EXPECT_EQ(server_.last_deadline(), clock_.SteadyNow() + std::chrono::seconds(5));
  EXPECT_EQ(last_, Json::parse(R"({"apiVersion": "events.k8s.io/v1", "kind": "Event",
      "metadata": {"name": "irsa-af63dc4c8601ec8c", "namespace": "team-a"},
      "eventTime": "2026-09-21T15:13:20.000000Z", "type": "Warning", "reason": "IdentityMissing", "action": "PodScan",
      "note": "no identity", "reportingController": "irsa.dev/irsa", "reportingInstance": "irsa-0",
      "regarding": {"apiVersion": "v1", "kind": "Pod", "namespace": "team-a", "name": "web", "uid": "the-uid"}})"));
}

TEST_F(EventRecorderTest, TellsTheSameOnceInAnHour) {
  Answers(201);
  EXPECT_EQ(Record("a"), "written");
  EXPECT_EQ(Record("a"), "not written");
  clock_.Advance(std::chrono::minutes(61));
  Answers(201);
  EXPECT_EQ(Record("a"), "written");
  EXPECT_EQ(made_, 2);
}

TEST_F(EventRecorderTest, TakesTheEventOfAnotherProcessForItsOwn) {
  Answers(409);
  EXPECT_EQ(Record("a"), "not written");
  EXPECT_EQ(Record("a"), "not written");
  EXPECT_EQ(made_, 1);
}

TEST_F(EventRecorderTest, WritesNoMoreThanItsRate) {
  for (const char* key : {"a", "b"}) {
    Answers(201);
    EXPECT_EQ(Record(key), "written");
  }
  EXPECT_EQ(Record("c"), "not written");
  EXPECT_EQ(made_, 2);
  clock_.Advance(std::chrono::seconds(1));
  Answers(201);
  EXPECT_EQ(Record("c"), "written");
}

TEST_F(EventRecorderTest, RemembersNoMoreThanItMayUntilItIsOld) {
  for (const char* key : {"a", "b", "c"}) {
    Answers(201);
    EXPECT_EQ(Record(key), "written");
    clock_.Advance(std::chrono::seconds(1));
  }
  Answers(409);
  EXPECT_EQ(Record("c"), "not written");
  EXPECT_EQ(made_, 4) << "the apiserver was asked";
  EXPECT_EQ(Record("a"), "not written");
  EXPECT_EQ(Record("b"), "not written");
  EXPECT_EQ(made_, 4);
  clock_.Advance(std::chrono::hours(1));
  for (const char* key : {"c", "d"}) {
    Answers(201);
    EXPECT_EQ(Record(key), "written");
    EXPECT_EQ(Record(key), "not written") << "the old ones have made room";
    clock_.Advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(made_, 6);
}

TEST_F(EventRecorderTest, SaysWhyItCannot) {
  Answers(403);
  EXPECT_EQ(Record("a"), "write an event on Pod team-a/web: the apiserver answered 403");
  Answers(201);
  EXPECT_EQ(Record("a"), "written") << "it has not been told";
}

TEST_F(EventRecorderTest, ShortensANoteToWhatAnEventMayHold) {
  Answers(201);
  EXPECT_EQ(Record("a", std::string(1018, 'x') + "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), "written");
  EXPECT_EQ(last_.at("note"), std::string(1018, 'x') + "\xc3\xa9…");
}

TEST_F(EventRecorderTest, ShortensANameToWhatAnEventMayHold) {
  EventRecorder recorder(server_, clock_, {.instance = std::string(129, 'x')});
  Answers(201);
  const auto event = [] { return Event{{"v1", "Pod", "team-a", "web", "the-uid"}, "IdentityMissing", "no identity"}; };
  EXPECT_TRUE(recorder.Record("a", event).value());
  EXPECT_EQ(last_.at("reportingInstance"), std::string(125, 'x') + "…");
}

}  // namespace
}  // namespace irsa::kube
