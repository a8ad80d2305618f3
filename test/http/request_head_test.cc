#include "src/http/wire/request_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

RequestHead Accepted(const std::string& text) {
  auto parsed = ParseRequestHead(text);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) ADD_FAILURE() << refusal->reason << " in\n" << text;
  return std::holds_alternative<RequestHead>(parsed) ? std::get<RequestHead>(parsed) : RequestHead{};
}

// "<status> <reason>", or what was accepted.
std::string Verdict(const std::string& text) {
  auto parsed = ParseRequestHead(text);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  return refusal == nullptr ? "accepted" : std::to_string(refusal->status) + " " + refusal->reason;
}

std::string WithHeaders(const std::string& headers) { return "POST /p HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n"; }

TEST(RequestHead, IsReadWhole) {
  const RequestHead head = Accepted(
      "POST /mutate?timeout=10s HTTP/1.1\r\nHost: h\r\ncontent-LENGTH: 42\r\n"
      "Content-Type: application/json; charset=utf-8\r\nExpect: 100-Continue\r\nConnection: close\r\n\r\n");
  RequestHead expected;
  expected.method = "POST";
  expected.target = "/mutate?timeout=10s";
  expected.body = RequestHead::Body::kLength;
  expected.content_length = 42;
  expected.content_type = "application/json";
  expected.expectation = RequestHead::Expectation::kContinue;
  expected.keep_alive = false;
  EXPECT_EQ(head, expected);
  EXPECT_EQ(head.path(), "/mutate");
  EXPECT_TRUE(head.HasBody());
}

TEST(RequestHead, NeedsLittle) {
  RequestHead expected;
  expected.method = "GET";
  expected.target = "/healthz";
  EXPECT_EQ(Accepted("GET /healthz HTTP/1.1\r\nHost:\r\n\r\n"), expected);
  EXPECT_EQ(expected.path(), "/healthz");
  EXPECT_FALSE(expected.HasBody());
}

TEST(RequestHead, OfHttp10ClosesUnlessAskedNotTo) {
  RequestHead expected;
  expected.method = "GET";
  expected.target = "/";
  expected.is_http_1_0 = true;
  expected.keep_alive = false;
  EXPECT_EQ(Accepted("GET / HTTP/1.0\r\n\r\n"), expected);
  expected.keep_alive = true;
  EXPECT_EQ(Accepted("GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n"), expected);
  expected.keep_alive = false;
  EXPECT_EQ(Accepted("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: x , CLOSE\r\n\r\n"), expected);
}

TEST(RequestHead, KnowsHowTheBodyIsSent) {
  EXPECT_EQ(Accepted(WithHeaders("Transfer-Encoding: Chunked\r\n")).body, RequestHead::Body::kChunked);
  EXPECT_EQ(Accepted(WithHeaders("Content-Length: 0\r\n")).body, RequestHead::Body::kLength);
  EXPECT_EQ(Accepted(WithHeaders("Content-Length: 18446744073709551615\r\n")).content_length, 18446744073709551615ULL);
  EXPECT_FALSE(Accepted(WithHeaders("Content-Length: 0\r\n")).HasBody());
  EXPECT_FALSE(Accepted(WithHeaders("Content-Encoding: Identity\r\nContent-Encoding:\r\n")).is_encoded);
  EXPECT_TRUE(Accepted(WithHeaders("Content-Encoding: identity\r\nContent-Encoding: gzip\r\n")).is_encoded);
  EXPECT_TRUE(Accepted(WithHeaders("Content-Encoding: identity, gzip\r\n")).is_encoded);
}

TEST(RequestHead, KnowsExpectationsItDoesNotKnow) {
  for (const char* headers : {"Expect: a\r\n", "Expect: a\r\nExpect: 100-continue\r\n", "Expect:\r\n"}) {
    EXPECT_EQ(Accepted(WithHeaders(headers)).expectation, RequestHead::Expectation::kUnknown) << headers;
  }
}

TEST(RequestHead, RefusesAnUnclearEndOfTheRequest) {
  const std::pair<const char*, const char*> cases[] = {
      {"Content-Length: 5\r\nContent-Length: 5\r\n", "400 more than one Content-Length header"},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "400 both Content-Length and Transfer-Encoding"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "400 both Content-Length and Transfer-Encoding"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "400 more than one Transfer-Encoding header"},
      {"Transfer-Encoding: gzip, chunked\r\n", "400 a Transfer-Encoding other than chunked"},
      {"Transfer-Encoding: identity\r\n", "400 a Transfer-Encoding other than chunked"},
      {"Transfer-Encoding:\r\n", "400 a Transfer-Encoding other than chunked"},
      {"Content-Length:\r\n", "400 Content-Length is not a number of bytes"},
      {"Content-Length: -1\r\n", "400 Content-Length is not a number of bytes"},
      {"Content-Length: +1\r\n", "400 Content-Length is not a number of bytes"},
      {"Content-Length: 1,1\r\n", "400 Content-Length is not a number of bytes"},
      {"Content-Length: 1 1\r\n", "400 Content-Length is not a number of bytes"},
      {"Content-Length: 0x10\r\n", "400 Content-Length is not a number of bytes"},
      {"Content-Length: 18446744073709551616\r\n", "400 Content-Length is not a number of bytes"},
      {"Content-Length : 5\r\n", "400 a header line is malformed"},
      {"X: a\r\n folded\r\n", "400 a header line is malformed"},
      {"X: a\rContent-Length: 5\r\n", "400 a header line is malformed"},
      {"Host: other\r\n", "400 more than one Host header"},
      {"Content-Type: a/b\r\nContent-Type: c/d\r\n", "400 more than one Content-Type header"},
  };
  for (const auto& [headers, verdict] : cases) EXPECT_EQ(Verdict(WithHeaders(headers)), verdict) << headers;
  EXPECT_EQ(Verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400 Transfer-Encoding in HTTP/1.0");
  EXPECT_EQ(Verdict("GET / HTTP/1.1\r\n\r\n"), "400 the Host header is missing");
}

TEST(RequestHead, RefusesAMalformedRequestLine) {
  for (const char* line :
       {"", "GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET / http/1.1",
        "GET / HTTP/1.10", "GET / HTTP/11", "GET / FTP/1.1", "G(T / HTTP/1.1", "GET /\x01 HTTP/1.1",
        "GET /caf\xc3\xa9 HTTP/1.1", "GET /\tx HTTP/1.1", "GET / HTTP/a.b", "GET / HTTP/1:1"}) {
    EXPECT_EQ(Verdict(std::string(line) + "\r\nHost: h\r\n\r\n"), "400 the request line is malformed") << line;
  }
  for (const char* version : {"HTTP/2.0", "HTTP/0.9"}) {
    EXPECT_EQ(Verdict(std::string("GET / ") + version + "\r\nHost: h\r\n\r\n"),
              "505 only HTTP/1.1 and HTTP/1.0 are supported");
  }
}

TEST(RequestHead, OfALaterMinorVersionIsReadAsHttp11) {
  EXPECT_EQ(Accepted("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), Accepted("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(Verdict("GET / HTTP/1.9\r\n\r\n"), "400 the Host header is missing");
}

// RFC 9112, section 3.2.
TEST(RequestHead, OfTheAbsoluteFormHasThePath) {
  const auto target = [](const std::string& sent) {
    return Accepted("GET " + sent + " HTTP/1.1\r\nHost: other\r\n\r\n").target;
  };
  EXPECT_EQ(target("http://irsa.svc/mutate?timeout=10s"), "/mutate?timeout=10s");
  EXPECT_EQ(target("HTTPS://[2001:db8::1]:8443/healthz"), "/healthz");
  EXPECT_EQ(target("http://irsa.svc:80"), "/");
  EXPECT_EQ(target("http://irsa.svc?a=b"), "/?a=b");
  EXPECT_EQ(Accepted("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").target, "*");
  for (const char* bad : {"healthz", "http:///healthz", "http://user@host/", "http://[::1/x", "ftp://host/", "*"}) {
    EXPECT_EQ(Verdict(std::string("GET ") + bad + " HTTP/1.1\r\nHost: h\r\n\r\n"),
              "400 the request line's target is malformed")
        << bad;
  }
}

TEST(RequestHead, HasAHostThatIsOne) {
  for (const char* host : {"", "h", "irsa.irsa-system.svc", "irsa.svc:8443", "192.0.2.1:80", "[2001:db8::1]",
                           "[::ffff:192.0.2.1]:8443", "h:", "a%2Db", "under_score"}) {
    EXPECT_EQ(Verdict(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), "accepted") << host;
  }
  for (const char* host : {"a b", "h:8o", "h:1:2", "user@h", "h/path", "[::1", "::1", "[]", "[::1]x", "a%2", "a%zz",
                           "h?", "h#", "\xc3\xa9", "<h>"}) {
    EXPECT_EQ(Verdict(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), "400 the Host header is malformed")
        << host;
  }
}

TEST(RequestHead, HasABoundedNumberOfHeaders) {
  std::string headers;
  for (size_t i = 1; i < kMaxHeaders; ++i) headers += "X: y\r\n";
  EXPECT_EQ(Verdict(WithHeaders(headers)), "accepted");
  EXPECT_EQ(Verdict(WithHeaders(headers + "X: y\r\n")), "431 more than 100 headers");
}

TEST(RequestHead, GivesItsHeadersInOrder) {
  EXPECT_THAT(ReadHeaders(WithHeaders("b:  2 \r\nA: 1\r\nb: 3\r\n")),
              ElementsAre(Pair("Host", "h"), Pair("b", "2"), Pair("A", "1"), Pair("b", "3")));
}

}  // namespace
}  // namespace irsa::http
