#include "src/http/server/client_hello_framer.h"

#include <string>

#include <gtest/gtest.h>

namespace irsa::http {
namespace {

using State = ClientHelloFramer::State;

std::string Record(const std::string& content, char type = 22) {
  const size_t size = content.size();
  return std::string{type, 3, 1, static_cast<char>(size >> 8), static_cast<char>(size)} + content;
}

std::string Message(size_t announced, const std::string& content, char type = 1) {
  return std::string{type, static_cast<char>(announced >> 16), static_cast<char>(announced >> 8),
                     static_cast<char>(announced)} +
         content;
}

std::string Hello(size_t bytes) { return Message(bytes, std::string(bytes, 'h')); }

// The verdict, and how many bytes were taken; the same however the text is split.
std::pair<State, size_t> Frame(const std::string& text, WhichHello which = WhichHello::kFirst) {
  std::pair<State, size_t> verdict;
  for (const size_t piece : {text.size() + 1, size_t{1}, size_t{7}}) {
    ClientHelloFramer framer(which);
    State state = State::kMore;
    for (size_t at = 0; at < text.size() && state == State::kMore; at += piece) {
      state = framer.Feed(std::string_view(text).substr(at, piece));
    }
    if (piece > text.size()) verdict = {state, framer.taken_bytes()};
    EXPECT_EQ(verdict, std::pair(state, framer.taken_bytes())) << piece;
  }
  return verdict;
}

TEST(ClientHelloFramer, EndsWithTheRecordInWhichTheHelloEnds) {
  const std::string one = Record(Hello(200));
  EXPECT_EQ(Frame(one), std::pair(State::kWhole, one.size()));
  EXPECT_EQ(Frame(one + "what follows"), std::pair(State::kWhole, one.size()));
  for (size_t size = 1; size < one.size(); ++size) {
    EXPECT_EQ(Frame(one.substr(0, size)), std::pair(State::kMore, size)) << size;
  }
}

TEST(ClientHelloFramer, TakesAHelloOf16KiBInManyRecords) {
  const std::string hello = Hello(kMaxClientHelloBytes);
  std::string text;
  for (size_t at = 0; at < hello.size(); at += 300) text += Record(hello.substr(at, 300));
  EXPECT_EQ(Frame(text), std::pair(State::kWhole, text.size()));
}

TEST(ClientHelloFramer, TakesAMessageHeaderInPieces) {
  const std::string hello = Hello(2);
  std::string text;
  for (const char byte : hello) text += Record({byte});
  EXPECT_EQ(Frame(text), std::pair(State::kWhole, text.size()));
}

TEST(ClientHelloFramer, PassesOverAChangeOfCiphersBetweenTwoHellos) {
  const std::string text = Record("\x01", 20) + Record(Hello(200));
  EXPECT_EQ(Frame(text, WhichHello::kSecond), std::pair(State::kWhole, text.size()));
  EXPECT_EQ(Frame(text), std::pair(State::kNoTls, size_t{1})) << "nothing precedes the first one";
}

TEST(ClientHelloFramer, ReportsEachRecordOfEarlyDataBeforeASecondHello) {
  const std::string early = Record("\x01", 20) + Record("what a server skips", 23);
  const std::string text = early + Record(Hello(200));
  EXPECT_EQ(Frame(text, WhichHello::kSecond), std::pair(State::kEarlyData, early.size()));
  EXPECT_EQ(Frame(text.substr(6)), std::pair(State::kNoTls, size_t{1})) << "nothing precedes the first one";
}

TEST(ClientHelloFramer, RefusesRecordsOfOtherContentWithinAHello) {
  const std::string begun = Record(Hello(200).substr(0, 100));
  for (const WhichHello which : {WhichHello::kFirst, WhichHello::kSecond}) {
    for (const char type : {'\x14', '\x15', '\x17'}) {
      EXPECT_EQ(Frame(begun + Record("\x01", type), which), std::pair(State::kNoTls, begun.size() + 1)) << int{type};
    }
  }
}

TEST(ClientHelloFramer, RefusesWhatIsAnnouncedToBeTooLarge) {
  EXPECT_EQ(Frame(Record(Message(kMaxClientHelloBytes + 1, ""))).first, State::kTooLarge);
  EXPECT_EQ(Frame(std::string("\x16\x03\x01\x40\x00\x01\x01\xff\x00\x03", 10)), std::pair(State::kTooLarge, size_t{9}))
      << "130,816 bytes";
  std::string drip;
  for (size_t i = 0; i <= kMaxClientHelloRecords; ++i) drip += Record(i == 0 ? Message(1000, "") : "h");
  EXPECT_EQ(Frame(drip).first, State::kTooLarge);
}

TEST(ClientHelloFramer, RefusesARecordOfMoreThan16KiB) {
  const auto head = [](char type, std::string_view size) { return std::string{type, 3, 3} + std::string(size); };
  for (const WhichHello which : {WhichHello::kFirst, WhichHello::kSecond}) {
    EXPECT_EQ(Frame(head(22, {"\x40\x00", 2}), which), std::pair(State::kMore, size_t{5}));
    EXPECT_EQ(Frame(head(22, {"\x40\x01", 2}), which), std::pair(State::kOverflow, size_t{5}));
  }
  EXPECT_EQ(Frame(head(23, {"\x40\x01", 2}), WhichHello::kSecond), std::pair(State::kOverflow, size_t{5}));
}

TEST(ClientHelloFramer, RefusesWhatIsNoHello) {
  const std::string cases[] = {"GET / HTTP/1.1\r\n\r\n",
                               std::string("\x16\x02\x00\x00\x05hello", 10),
                               std::string("\x80\x2e\x01\x03\x01", 5),
                               Record(Message(4, "abcd", 2)),
                               Record("\x02\x28", 21),
                               Record("\x01\x01", 20),
                               Record("")};
  for (const WhichHello which : {WhichHello::kFirst, WhichHello::kSecond}) {
    for (const std::string& text : cases) EXPECT_EQ(Frame(text, which).first, State::kNoTls) << text.substr(0, 10);
  }
}

}  // namespace
}  // namespace irsa::http
