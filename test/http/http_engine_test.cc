#include "src/http/wire/http_engine.h"

#include <new>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

class HttpEngineTest : public ::testing::Test {
 protected:
  // The answer of a handler to a request with these head lines (without the empty one).
  std::string Answer(const std::string& lines, Handler handler, std::string body = "", bool wants_headers = false) {
    const std::string text = lines + "\r\nHost: h\r\n\r\n";
    auto parsed = ParseRequestHead(text);
    const Route route{"", "/p", "", std::move(handler), wants_headers};
    std::string out;
    kept_open_ = engine_.Answer({std::get<RequestHead>(parsed), text, route, std::move(body), {}, {}}, out);
    return out;
  }

  static Response Hello(Request&) { return {.body = "hello"}; }

  std::atomic<bool> draining_ = false;
  std::vector<std::string> exceptions_;
  HttpEngine engine_{[this](std::string_view path, std::string_view what) {
                       exceptions_.push_back(std::string(path) + ": " + std::string(what));
                     },
                     draining_};
  bool kept_open_ = false;
};

TEST_F(HttpEngineTest, GivesTheHandlerTheWholeRequest) {
  Request seen;
  Answer(
      "POST /p?b=%20x&a=1&a=2&flag&c= HTTP/1.1",
      [&](Request& request) {
        seen = request;
        return Response{};
      },
      "body");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/p");
  EXPECT_THAT(seen.query,
              ElementsAre(Pair("a", "1"), Pair("a", "2"), Pair("b", " x"), Pair("c", ""), Pair("flag", "")));
  EXPECT_THAT(seen.headers, ElementsAre());
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(*FindQuery(seen, "a"), "1");
  EXPECT_EQ(*FindQuery(seen, "flag"), "");
  EXPECT_EQ(FindQuery(seen, "A"), nullptr);
}

TEST_F(HttpEngineTest, GivesHeadersToARouteThatWantsThem) {
  std::vector<std::pair<std::string, std::string>> headers;
  const auto keep = [&](Request& request) {
    headers = request.headers;
    return Response{};
  };
  Answer("GET /p HTTP/1.1\r\nX-Amz-Date: 1", keep, "", true);
  EXPECT_THAT(headers, ElementsAre(Pair("X-Amz-Date", "1"), Pair("Host", "h")));
}

TEST_F(HttpEngineTest, WritesTheAnswerAndNoMore) {
  EXPECT_EQ(Answer("GET /p HTTP/1.1", [](Request&) { return Response{.content_type = "a/b", .body = "hello"}; }),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: a/b\r\n\r\nhello");
  EXPECT_TRUE(kept_open_);
  EXPECT_EQ(Answer("GET /p HTTP/1.1", [](Request&) { return Response{.status = 404, .content_type = "a/b"}; }),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nContent-Type: a/b\r\n\r\n");
}

TEST_F(HttpEngineTest, AppendsToWhatIsThere) {
  std::string out = "before|";
  auto parsed = ParseRequestHead("GET /p HTTP/1.0\r\n\r\n");
  const Route route{"GET", "/p", "", Hello};
  EXPECT_FALSE(engine_.Answer({std::get<RequestHead>(parsed), "", route, "", {}, {}}, out));
  EXPECT_THAT(out, StartsWith("before|HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpEngineTest, AnswersHeadWithoutTheBody) {
  EXPECT_EQ(Answer("HEAD /p HTTP/1.1", [](Request&) { return Response{.content_type = "a/b", .body = "hello"}; }),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: a/b\r\n\r\n");
}

TEST_F(HttpEngineTest, WritesTheHandlersHeadersButNoBrokenOnes) {
  const std::string answer = Answer("GET /p HTTP/1.1", [](Request&) {
    return Response{.status = 503, .headers = {{"Retry-After", "1"}, {"X", "a\r\nInjected: b"}, {"B d", "x"}}};
  });
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Injected")));
  EXPECT_THAT(answer, Not(HasSubstr("B d")));
}

TEST_F(HttpEngineTest, SaysWhenTheConnectionEnds) {
  EXPECT_THAT(Answer("GET /p HTTP/1.1", [](Request&) { return Response{.close = true}; }),
              HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(kept_open_);
  EXPECT_THAT(Answer("GET /p HTTP/1.1\r\nConnection: close", Hello), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(kept_open_);
  EXPECT_THAT(Answer("GET /p HTTP/1.0", Hello), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(kept_open_);
  EXPECT_THAT(Answer("GET /p HTTP/1.0\r\nConnection: keep-alive", Hello), HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_TRUE(kept_open_);
}

TEST_F(HttpEngineTest, SaysSoEvenWhenDrainingBeginsInTheHandler) {
  const std::string answer = Answer("GET /p HTTP/1.1", [this](Request&) {
    draining_ = true;
    return Response{};
  });
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(kept_open_);
}

TEST_F(HttpEngineTest, NeitherCompressesNorCutsAnswers) {
  const std::string text(5000, 'a');
  const auto handler = [&](Request&) { return Response{.content_type = "application/json", .body = text}; };
  const std::string expected =
      "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nContent-Type: application/json\r\n\r\n" + text;
  EXPECT_EQ(Answer("GET /p HTTP/1.1\r\nAccept-Encoding: gzip, br", handler), expected);
  EXPECT_EQ(Answer("GET /p HTTP/1.1\r\nRange: bytes=0-1", handler), expected);
  EXPECT_EQ(Answer("GET /p HTTP/1.1\r\nRange: malformed", handler), expected);
}

TEST_F(HttpEngineTest, WritesNoContinueOfItsOwn) {
  EXPECT_THAT(Answer("POST /p HTTP/1.1\r\nExpect: 100-continue", Hello, "body"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpEngineTest, AnswersAnExceptionWith500AndReportsIt) {
  const std::string expected =
      "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 15\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
      "internal error\n";
  EXPECT_EQ(Answer("GET /p HTTP/1.1", [](Request&) -> Response { throw std::runtime_error("secret"); }), expected);
  EXPECT_EQ(Answer("GET /p HTTP/1.1", [](Request&) -> Response { throw 7; }), expected);
  EXPECT_THAT(exceptions_, ElementsAre("/p: secret", "/p: an exception of unknown type"));
  EXPECT_TRUE(kept_open_);
}

TEST_F(HttpEngineTest, AnswersThatMemoryHasRunOutAndAsksToComeAgain) {
  const std::string answer = Answer("GET /p HTTP/1.1", [](Request&) -> Response { throw std::bad_alloc(); });
  EXPECT_EQ(answer.substr(0, answer.find("\r\n")), "HTTP/1.1 503 Service Unavailable");
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\n\r\nout of memory\n"), std::string::npos);
}

TEST_F(HttpEngineTest, HasTheAnswerWordedWhenAHandlerThrows) {
  HttpEngine engine(nullptr, draining_, [](const Refusal& refusal, std::string_view accept) {
    return Response{.content_type = "text/xml", .body = refusal.reason + " to " + std::string(accept)};
  });
  const std::string text = "GET /p HTTP/1.1\r\nHost: h\r\nAccept: a/b\r\n\r\n";
  auto parsed = ParseRequestHead(text);
  const Route route{"GET", "/p", "", [](Request&) -> Response { throw 7; }};
  std::string out;
  engine.Answer({std::get<RequestHead>(parsed), text, route, "", {}, {}}, out);
  EXPECT_THAT(out, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(out, HasSubstr("Content-Type: text/xml\r\n"));
  EXPECT_THAT(out, ::testing::EndsWith("\r\n\r\ninternal error to a/b"));
}

TEST_F(HttpEngineTest, NeedsNobodyToReportTo) {
  HttpEngine engine(nullptr, draining_);
  auto parsed = ParseRequestHead("GET /p HTTP/1.0\r\n\r\n");
  const Route route{"GET", "/p", "", [](Request&) -> Response { throw 7; }};
  std::string out;
  engine.Answer({std::get<RequestHead>(parsed), "", route, "", {}, {}}, out);
  EXPECT_THAT(out, StartsWith("HTTP/1.1 500 "));
}

// What the library does not know, it answers itself; the handler is then not run.
TEST_F(HttpEngineTest, ClosesWhereTheLibraryRefuses) {
  bool was_run = false;
  const std::string answer = Answer("BREW /p HTTP/1.1", [&](Request&) {
    was_run = true;
    return Response{};
  });
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(was_run);
  EXPECT_FALSE(kept_open_);
}

}  // namespace
}  // namespace irsa::http
