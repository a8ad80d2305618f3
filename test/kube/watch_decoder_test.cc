#include "irsa/kube/watch/watch_decoder.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/allocated_bytes.h"

namespace irsa::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kMaxBytes = 256;

std::string Describe(const WatchEvent& event) {
  constexpr const char* kNames[] = {"added", "modified", "deleted", "bookmark", "error"};
  std::string text = kNames[static_cast<size_t>(event.type)];
  if (event.type == WatchEventType::kError) {
    text.append(" ").append(std::to_string(event.failure.code)).append(" ").append(event.failure.message);
    if (event.failure.retry_after) text.append(" after ").append(std::to_string(event.failure.retry_after->count()));
    return text;
  }
  if (!event.object.name.empty()) {
    text.append(" ").append(event.object.namespace_name).append("/").append(event.object.name);
  }
  return text.append("@").append(event.object.resource_version).append(event.ends_initial_events ? " end" : "");
}

std::string Event(std::string_view type, std::string_view name, std::string_view version) {
  return R"({"type":")" + std::string(type) + R"(","object":{"metadata":{"namespace":"n","name":")" +
         std::string(name) + R"(","resourceVersion":")" + std::string(version) + "\"}}}\n";
}

class WatchDecoderTest : public ::testing::Test {
 protected:
  Status Feed(std::string_view piece) {
    return decoder_.Feed(piece, [this](const WatchEvent& event) {
      events_.push_back(Describe(event));
      return verdict_;
    });
  }

  Error FeedTo(std::string_view piece) {
    decoder_ = WatchDecoder(kMaxBytes);
    const Status fed = Feed(piece);
    return fed ? Error{} : fed.error();
  }

  WatchDecoder decoder_{kMaxBytes};
  Status verdict_;
  std::vector<std::string> events_;
};

TEST_F(WatchDecoderTest, ReadsEachTypeOfEvent) {
  ASSERT_TRUE(Feed(Event("ADDED", "a", "1") + Event("MODIFIED", "a", "2") + Event("DELETED", "a", "3")).ok());
  ASSERT_TRUE(Feed("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ServiceAccount\",\"metadata\":{\"resourceVersion\":"
                   "\"4\",\"creationTimestamp\":null}}}\n")
                  .ok());
  ASSERT_TRUE(
      Feed("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"message\":\"too old\"}}\n").ok());
  EXPECT_THAT(events_,
              ElementsAre("added n/a@1", "modified n/a@2", "deleted n/a@3", "bookmark@4", "error 410 too old"));
  EXPECT_TRUE(decoder_.Finish().ok());
}

TEST_F(WatchDecoderTest, KnowsTheEndOfAStreamedListsInitialEvents) {
  const auto bookmark = [](std::string_view mark) {
    return R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"4","annotations":{"k8s.io/initial-events-end":)" +
           std::string(mark) + "}}}}\n";
  };
  ASSERT_TRUE(Feed(bookmark("\"true\"") + bookmark("\"false\"") + bookmark("true")).ok());
  EXPECT_THAT(events_, ElementsAre("bookmark@4 end", "bookmark@4", "bookmark@4"));
}

TEST_F(WatchDecoderTest, ReadsWhatAServerSaysOfItsFailure) {
  ASSERT_TRUE(Feed(R"({"type":"ERROR","object":{"code":429,"details":{"retryAfterSeconds":7}}})"
                   "\n"
                   R"({"type":"ERROR","object":{"code":"410","message":{},"details":[]}})"
                   "\n"
                   R"({"type":"ERROR","object":{"code":-410,"details":{"retryAfterSeconds":99999999999}}})"
                   "\n")
                  .ok());
  EXPECT_THAT(events_, ElementsAre("error 429  after 7", "error 0 ", "error 0 "));
}

TEST_F(WatchDecoderTest, TakesPiecesCutAnywhere) {
  const std::string text = Event("ADDED", "a", "1") + "\r\n\n" + Event("DELETED", "b", "2");
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    events_.clear();
    ASSERT_TRUE(Feed(text.substr(0, cut)).ok());
    ASSERT_TRUE(Feed(text.substr(cut)).ok());
    EXPECT_THAT(events_, ElementsAre("added n/a@1", "deleted n/b@2")) << cut;
  }
  events_.clear();
  for (const char c : text) ASSERT_TRUE(Feed(std::string_view(&c, 1)).ok());
  EXPECT_THAT(events_, ElementsAre("added n/a@1", "deleted n/b@2"));
}

TEST_F(WatchDecoderTest, NoticesAnEndInTheMiddleOfAnEvent) {
  ASSERT_TRUE(Feed(Event("ADDED", "a", "1") + "{\"type\":").ok());
  EXPECT_EQ(decoder_.Finish().error(), (Error{ErrorCode::kMalformed, "the watch ended in the middle of an event"}));
  EXPECT_THAT(events_, ElementsAre("added n/a@1"));
}

TEST_F(WatchDecoderTest, BoundsAnEvent) {
  const Error too_large{ErrorCode::kTooLarge, "a watch event of more than 256 bytes"};
  EXPECT_EQ(FeedTo(std::string(kMaxBytes + 1, ' ')), too_large);
  EXPECT_EQ(FeedTo(std::string(kMaxBytes + 1, ' ') + "\n"), too_large);
  EXPECT_EQ(FeedTo(std::string(kMaxBytes, ' ') + "\n"), Error{});
  decoder_ = WatchDecoder(kMaxBytes);
  ASSERT_TRUE(Feed(std::string(kMaxBytes, ' ')).ok());
  EXPECT_EQ(Feed(" ").error(), too_large);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(WatchDecoderTest, KeepsNoMemoryOfALargeEvent) {
  constexpr size_t kLarge = 1 << 20;
  decoder_ = WatchDecoder(2 * kLarge);
  const std::string event = std::string(kLarge, ' ') + Event("ADDED", "a", "1");
  const size_t before = testing::AllocatedBytes();
  ASSERT_TRUE(Feed(std::string_view(event).substr(0, kLarge)).ok());
  ASSERT_TRUE(Feed(std::string_view(event).substr(kLarge)).ok());
  EXPECT_LT(testing::AllocatedBytes(), before + kLarge / 2);
  EXPECT_THAT(events_, ElementsAre("added n/a@1"));
}

TEST_F(WatchDecoderTest, RefusesWhatIsNoEvent) {
  const std::pair<const char*, Error> cases[] = {
      {"{\"type\"\n", {ErrorCode::kMalformed, "a watch event: not valid JSON at byte 8"}},
      {"[]\n", {ErrorCode::kInvalid, "a watch event: type is missing"}},
      {"{\"type\":7}\n", {ErrorCode::kInvalid, "a watch event: type is not a string but of type number"}},
      {"{\"type\":\"MOVED\",\"object\":{}}\n", {ErrorCode::kInvalid, "a watch event: its type is unknown"}},
      {"{\"type\":\"ADDED\"}\n", {ErrorCode::kInvalid, "a watch event: it carries no object"}},
      {"{\"type\":\"ERROR\",\"object\":\"x\"}\n", {ErrorCode::kInvalid, "a watch event: it carries no object"}},
      {"{\"type\":\"ADDED\",\"object\":{}}\n", {ErrorCode::kInvalid, "a watch event: an object without metadata.name"}},
      {"{\"type\":\"BOOKMARK\",\"object\":{}}\n",
       {ErrorCode::kInvalid, "a watch event: a bookmark without resourceVersion"}}};
  for (const auto& [text, error] : cases) EXPECT_EQ(FeedTo(text), error) << text;
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(WatchDecoderTest, EndsWithItsHandlersError) {
  const Error enough{ErrorCode::kUnavailable, "enough"};
  verdict_ = enough;
  EXPECT_EQ(Feed(Event("ADDED", "a", "1") + Event("ADDED", "b", "2")).error(), enough);
  EXPECT_THAT(events_, ElementsAre("added n/a@1"));
}

}  // namespace
}  // namespace irsa::kube
