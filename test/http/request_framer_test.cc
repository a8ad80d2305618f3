#include "src/http/wire/request_framer.h"

#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "irsa/http/server/server.h"

namespace irsa::http {
namespace {

using State = RequestFramer::State;

constexpr size_t kMaxBody = 1000;

// What becomes of a connection's bytes: "POST /a:hello|GET /b:|431", with "…" for an unfinished request. `piece_size`
// says how many bytes (at least 1) come next.
std::string Frame(std::string_view text, const std::function<size_t()>& piece_size) {
  RequestFramer framer(kMaxBody);
  std::string verdict;
  while (!text.empty()) {
    std::string_view piece = text.substr(0, piece_size());
    text.remove_prefix(piece.size());
    State state = framer.Feed(piece);
    while (state != State::kMore) {
      if (state == State::kRefused) return verdict + std::to_string(framer.refusal().status);
      if (state == State::kComplete) {
        verdict += framer.head().method + " " + framer.head().target + ":" + framer.TakeBody() + "|";
        framer.Reset();
      }
      state = framer.Feed(piece);
    }
    EXPECT_TRUE(piece.empty());
  }
  return framer.HasBegun() ? verdict + "…" : verdict;
}

// Whole, in pieces of one size, split at one place, and at random.
void ExpectAnySplit(const std::string& text, const std::string& verdict) {
  EXPECT_EQ(Frame(text, [&] { return text.size(); }), verdict) << text.substr(0, 200);
  for (size_t size = 1; size < std::min<size_t>(text.size(), 70); ++size) {
    EXPECT_EQ(Frame(text, [&] { return size; }), verdict) << size << " bytes of " << text.substr(0, 200);
  }
  for (size_t at = 1; at < std::min<size_t>(text.size(), 300); ++at) {
    bool is_first = true;
    const auto split = [&] { return std::exchange(is_first, false) ? at : text.size(); };
    EXPECT_EQ(Frame(text, split), verdict) << "split at " << at << " of " << text.substr(0, 200);
  }
  std::minstd_rand random(7);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Frame(text, [&] { return 1 + random() % 40; }), verdict) << text.substr(0, 200);
  }
}

TEST(RequestFramer, FindsRequestsInAStream) {
  ExpectAnySplit(
      "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "POST /d HTTP/1.0\r\nContent-Length: 0\r\n\r\n"
      "GET /e HTTP/1.1\r\nHo",
      "GET /a?b=c:|POST /b:hello|POST /c:abc|POST /d:|…");
}

TEST(RequestFramer, LeavesTheNextRequestAlone) {
  RequestFramer framer(kMaxBody);
  std::string_view bytes = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET";
  EXPECT_EQ(framer.Feed(bytes), State::kHead);
  EXPECT_EQ(bytes, "abGET");
  EXPECT_EQ(framer.Feed(bytes), State::kComplete);
  EXPECT_EQ(bytes, "GET");
  EXPECT_EQ(framer.Feed(bytes), State::kComplete) << "until it is reset";
  EXPECT_EQ(bytes, "GET");
}

TEST(RequestFramer, RefusesMalformedRequests) {
  const std::pair<std::string, std::string> cases[] = {
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"\r\n\r\n", "400"},
      {"\nGET / HTTP/1.1\r\n", "400"},
      {"GET / HTTP/1.1\nHost: h\n\n", "400"},
      {"GET / HTTP/1.1\r\nHost: h\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: h\r\n\n", "400"},
      {"GET / HTTP/1.1\r\nA: b\r\n c\r\nHost: h\r\n\r\n", "400"},
      {std::string("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24), "400"},
      {"\x16\x03\x01\x02\x01\x01\n", "400"},
      {"GET / HTTP/3.0\r\n\r\n", "505"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", "413"},
      {"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET", "GET /:|…"},
      {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /:|GET /b:|"},
  };
  for (const auto& [text, verdict] : cases) ExpectAnySplit(text, verdict);
}

TEST(RequestFramer, BoundsTheRequestLine) {
  const std::string longest = "GET /" + std::string(kMaxRequestLineBytes - 16, 'a') + " HTTP/1.1";
  ASSERT_EQ(longest.size() + 2, kMaxRequestLineBytes);
  ExpectAnySplit(longest + "\r\nHost: h\r\n\r\n", longest.substr(0, longest.size() - 9) + ":|");
  ExpectAnySplit("G" + longest + "\r\nHost: h\r\n\r\n", "414");
  ExpectAnySplit(std::string(kMaxHeadBytes + 100, 'a'), "414");
}

TEST(RequestFramer, BoundsTheHead) {
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nA: ";
  const std::string longest = start + std::string(kMaxHeadBytes - start.size() - 4, 'a') + "\r\n\r\n";
  ASSERT_EQ(longest.size(), kMaxHeadBytes);
  ExpectAnySplit(longest, "GET /:|");
  ExpectAnySplit(start + "a" + longest.substr(start.size()), "431");
  // What stands behind the limit is not looked at, in however large a piece it comes.
  ExpectAnySplit(start + std::string(kMaxHeadBytes, 'a') + "\n", "431");
}

TEST(RequestFramer, GivesBodiesRoomForPadding) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{10000}, size_t{300 << 10}, size_t{3 << 20}}) {
    RequestFramer framer(kMaxBody);
    const std::string body(size, 'x');
    std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
    std::string_view bytes = head;
    ASSERT_EQ(framer.Feed(bytes), State::kHead);
    std::string_view rest = body;
    State state = State::kMore;
    while (state == State::kMore) {
      std::string_view piece = rest.substr(0, 10000);
      rest.remove_prefix(piece.size());
      state = framer.Feed(piece);
    }
    ASSERT_EQ(state, State::kComplete);
    const std::string taken = framer.TakeBody();
    EXPECT_EQ(taken, body);
    EXPECT_GE(taken.capacity(), size + kBodyPadding);
    EXPECT_LE(taken.capacity(), 2 * (size + kBodyPadding)) << "no more than twice what arrived";
  }
}

TEST(RequestFramer, DoesNotReserveWhatWasOnlyAnnounced) {
  RequestFramer framer(kMaxBody);
  std::string_view bytes = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n";
  EXPECT_EQ(framer.Feed(bytes), State::kHead);
  bytes = "abc";
  EXPECT_EQ(framer.Feed(bytes), State::kMore);
  EXPECT_LT(framer.held_bytes(), 300U << 10);
  EXPECT_EQ(framer.TakeBody(), "abc");
}

TEST(RequestFramer, CountsWhatItKeeps) {
  RequestFramer framer(kMaxBody);
  EXPECT_FALSE(framer.HasBegun());
  std::string_view bytes = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n";
  const size_t head_bytes = bytes.size();
  EXPECT_EQ(framer.Feed(bytes), State::kHead);
  EXPECT_TRUE(framer.HasBegun());
  bytes = "abc";
  EXPECT_EQ(framer.Feed(bytes), State::kMore);
  EXPECT_GE(framer.held_bytes(), head_bytes + 9);
  framer.Reset();
  EXPECT_FALSE(framer.HasBegun());
  EXPECT_EQ(framer.held_bytes(), 0U);

  const std::string text(1000, 'a');
  const std::pair<std::string, size_t> heads[] = {
      {text, 1000},  // not whole yet
      {text + " /" + text + " HTTP/1.1\r\nHost: h\r\nContent-Type: " + text + "\r\n\r\n", 6000},
  };
  for (const auto& [head, at_least] : heads) {
    bytes = head;
    framer.Feed(bytes);
    EXPECT_GE(framer.held_bytes(), at_least);
    framer.Reset();
  }
}

TEST(RequestFramer, GivesBackWhatWasAnnouncedAndDidNotCome) {
  RequestFramer framer(kMaxBody);
  std::string_view bytes = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n";
  EXPECT_EQ(framer.Feed(bytes), State::kHead);
  const std::string part(10'000, 'x');
  bytes = part;
  EXPECT_EQ(framer.Feed(bytes), State::kMore);
  EXPECT_GE(framer.held_bytes(), 256U << 10) << "so that a body that comes at once is not moved";
  framer.ReleaseUnused();
  EXPECT_LT(framer.held_bytes(), 11'000U);
  bytes = part;
  EXPECT_EQ(framer.Feed(bytes), State::kMore);
  EXPECT_LE(framer.held_bytes(), 41'000U) << "twice what there is at most";
  EXPECT_EQ(framer.TakeBody(), part + part);
}

}  // namespace
}  // namespace irsa::http
