// A reflector with a scripted apiserver and a sink that writes down what it is told.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/kube/watch/reflector.h"

#include "test/kube/fake_waiter.h"
#include "test/kube/scripted_api_server.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::kube {

class RecordingSink final : public ReflectorSink {
 public:
  void StartReplace() override { calls.emplace_back("start"); }
  void FinishReplace(std::string_view version) override { calls.push_back("finish @" + std::string(version)); }
  void Put(const ObjectView& object) override { calls.push_back("put " + Text(object)); }
  void Remove(const ObjectView& object) override { calls.push_back("remove " + Text(object)); }

  std::vector<std::string> calls;  // read only while the reflector waits for its server

 private:
  static std::string Text(const ObjectView& object) {
    return std::string(object.namespace_name)
        .append("/")
        .append(object.name)
        .append("@")
        .append(object.resource_version);
  }
};

inline std::string ObjectText(std::string_view name, int version) {
  return R"({"metadata":{"namespace":"n","name":")" + std::string(name) + R"(","resourceVersion":")" +
         std::to_string(version) + "\"}}";
}

inline std::string EventText(std::string_view type, const std::string& object) {
  return R"({"type":")" + std::string(type) + R"(","object":)" + object + "}\n";
}

inline std::string Added(std::string_view name, int version) { return EventText("ADDED", ObjectText(name, version)); }
inline std::string Modified(std::string_view name, int version) {
  return EventText("MODIFIED", ObjectText(name, version));
}
inline std::string Deleted(std::string_view name, int version) {
  return EventText("DELETED", ObjectText(name, version));
}
inline std::string Bookmark(int version) {
  return EventText("BOOKMARK", R"({"metadata":{"resourceVersion":")" + std::to_string(version) + "\"}}");
}
inline std::string ListEnd(int version) {
  return EventText("BOOKMARK", R"({"metadata":{"resourceVersion":")" + std::to_string(version) +
                                   R"(","annotations":{"k8s.io/initial-events-end":"true"}}})");
}
inline std::string Failure(std::string_view fields) { return EventText("ERROR", "{" + std::string(fields) + "}"); }

// A page with those objects; `more` is the continue token.
inline std::string Page(int version, const std::vector<std::string>& objects, std::string_view more = "") {
  std::string text = R"({"metadata":{"resourceVersion":")" + std::to_string(version) + R"(","continue":")" +
                     std::string(more) + R"("},"items":[)";
  for (const std::string& object : objects) text.append(text.back() == '[' ? "" : ",").append(object);
  return text.append("]}");
}

inline constexpr char kList[] = "GET /api/v1/things?limit=500";
inline constexpr char kStream[] =
    "GET /api/v1/things?watch=true&allowWatchBookmarks=true&timeoutSeconds=450"
    "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
inline std::string WatchFrom(int version) {
  return "GET /api/v1/things?watch=true&allowWatchBookmarks=true&timeoutSeconds=450&resourceVersion=" +
         std::to_string(version);
}

class ReflectorFixture : public ::testing::Test {
 protected:
  static constexpr auto kFirstSilence = std::chrono::hours(1);
  static constexpr auto kListSilence = std::chrono::hours(2);
  static constexpr auto kWatchSilence = std::chrono::hours(3);

  ReflectorFixture() {
    options_.path = "/api/v1/things";
    options_.stream_lists = false;
    options_.max_first_silence = kFirstSilence;
    options_.max_list_silence = kListSilence;
    options_.max_watch_silence = kWatchSilence;
  }

  // Random numbers are all one half. The server must have been told all it answers.
  void Run() {
    Begin();
    server_.WaitUntilIdle();
  }
  void Begin() {
    reflector_ = std::make_unique<Reflector>(server_, sink_, ReflectorTools{clock_, waiter_, log_, [] { return 0.5; }},
                                             options_);
    reflector_->Start();
  }

  // A list of nothing at that version.
  void AddEmptyList(int version) { server_.Add(Answer(200, Page(version, {}))); }

  irsa::testing::FakeClock clock_;
  FakeWaiter waiter_;
  irsa::testing::FakeLog log_;
  ScriptedApiServer server_;
  RecordingSink sink_;
  ReflectorOptions options_;
  std::unique_ptr<Reflector> reflector_;  // last: it uses the others
};

}  // namespace irsa::kube
