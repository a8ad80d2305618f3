#include "src/http/wire/chunked_decoder.h"

#include <gtest/gtest.h>

namespace irsa::http {
namespace {

using State = ChunkedDecoder::State;

struct Decoded {
  State state = State::kMore;
  std::string body;
  std::string rest;

  bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << "state " << static_cast<int>(decoded.state) << ", body \"" << decoded.body << "\", rest \""
             << decoded.rest << '"';
}

// Fed in pieces of `size` bytes; the last piece is followed by nothing.
Decoded Decode(std::string_view text, size_t size, size_t limit = 100) {
  ChunkedDecoder decoder(limit);
  Decoded decoded;
  while (!text.empty() && decoded.state == State::kMore) {
    std::string_view piece = text.substr(0, size);
    const size_t before = piece.size();
    decoded.state = decoder.Feed(piece, decoded.body);
    text.remove_prefix(before - piece.size());
  }
  decoded.rest = text;
  return decoded;
}

TEST(ChunkedDecoder, TakesABodyApartHoweverItIsSplit) {
  const std::string text =
      "5\r\nhello\r\n01;name=\"v;\"\r\n,\r\n0A \t;x\r\n 0123\r\n789\r\n000\r\nTrailer: a\r\nB: c\r\n\r\nGET /";
  const Decoded expected{State::kDone, "hello, 0123\r\n789", "GET /"};
  for (size_t size = 1; size <= text.size(); ++size) EXPECT_EQ(Decode(text, size), expected) << size;
}

TEST(ChunkedDecoder, WantsMoreUntilTheLastLine) {
  const std::string text = "2\r\nab\r\n0\r\nA: b\r\n\r\n";
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(Decode(text.substr(0, size), 7).state, State::kMore) << size;
  }
  EXPECT_EQ(Decode(text, 7).state, State::kDone);
}

TEST(ChunkedDecoder, RefusesMalformedChunks) {
  for (const char* text : {"\r\n",
                           "5\n",
                           "x\r\n",
                           "-1\r\n",
                           "+1\r\n",
                           "0x5\r\n",
                           "5 5\r\n",
                           " 5\r\n",
                           "5,\r\n",
                           "5 \r\n",
                           "5\t\r\n",
                           "5;\r\n",
                           "5; \r\n",
                           "5;a=\r\n",
                           "5;a b\r\n",
                           "5;a=\"b\r\n",
                           "5;\"a\"\r\n",
                           "5;a=b=c\r\n",
                           "5;a \r\n",
                           "00000000000000005\r\n",
                           "5;\x01\r\n",
                           "10000000000000000\r\n",
                           "2\r\nabc\r\n",
                           "2\r\nab\n0",
                           "2\r\nab\rc\r\n",
                           "0\r\nno trailer\r\n",
                           "0\r\n folded: a\r\n",
                           "0\r\nA: b\n",
                           "0\r\n\n",
                           "5\r\r\n"}) {
    EXPECT_EQ(Decode(text, 1).state, State::kMalformed) << text;
    EXPECT_EQ(Decode(text, 100).state, State::kMalformed) << text;
  }
}

TEST(ChunkedDecoder, RefusesWhatGoesOverTheLimitWhenItIsAnnounced) {
  EXPECT_EQ(Decode("64\r\n", 1), (Decoded{State::kMore, "", ""}));
  EXPECT_EQ(Decode("65\r\nx", 5), (Decoded{State::kTooLarge, "", "x"}));
  EXPECT_EQ(Decode("3\r\nabc\r\n62\r\n", 5), (Decoded{State::kTooLarge, "abc", ""}));
  EXPECT_EQ(Decode("ffffffffffffffff\r\n", 5), (Decoded{State::kTooLarge, "", ""}));
}

TEST(ChunkedDecoder, BoundsLinesAndTrailers) {
  const std::string line = "1;" + std::string(253, 'x');
  EXPECT_EQ(Decode(line + "\r\na\r\n", 9).state, State::kMore);
  EXPECT_EQ(Decode(line + "x\r\na\r\n", 9).state, State::kMalformed);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 41; ++i) trailers += "T: " + std::string(96, 'x') + "\r\n";
  EXPECT_EQ(Decode(trailers, 50).state, State::kMore) << "4,059 bytes";
  EXPECT_EQ(Decode(trailers + "T: " + std::string(96, 'x') + "\r\n", 50).state, State::kMalformed);
}

}  // namespace
}  // namespace irsa::http
