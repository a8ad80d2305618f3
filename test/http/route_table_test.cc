#include "src/http/server/route_table.h"

#include <gtest/gtest.h>

#include "src/http/wire/http_engine.h"

namespace irsa::http {
namespace {

std::vector<Route> Routes() {
  return {{"POST", "/mutate", "application/json", nullptr},
          {"GET", "/healthz", "", nullptr},
          {"GET", "/", "", nullptr},
          {"POST", "/", "application/x-www-form-urlencoded", nullptr},
          {.method = "POST",
           .path = "/query",
           .content_type = "application/x-www-form-urlencoded",
           .handler = nullptr,
           .is_body_optional = true}};
}

RequestHead Head(std::string method, std::string target) {
  RequestHead head;
  head.method = std::move(method);
  head.target = std::move(target);
  return head;
}

RequestHead Post(uint64_t length = 10) {
  RequestHead head = Head("POST", "/mutate?timeout=10s");
  head.body = RequestHead::Body::kLength;
  head.content_length = length;
  head.content_type = "Application/JSON";
  return head;
}

// The route's "METHOD path", or the refusal's "status reason [header]".
std::string Verdict(const RequestHead& head) {
  const RouteTable table(Routes());
  const auto admitted = table.Admit(head, 100);
  if (const auto* route = std::get_if<const Route*>(&admitted)) return (*route)->method + " " + (*route)->path;
  const auto& refusal = std::get<Refusal>(admitted);
  return std::to_string(refusal.status) + " " + refusal.reason + " [" + refusal.header + "]";
}

TEST(RouteTable, FindsARouteByMethodAndPath) {
  EXPECT_EQ(Verdict(Post()), "POST /mutate");
  EXPECT_EQ(Verdict(Post(0)), "POST /mutate");
  EXPECT_EQ(Verdict(Post(100)), "POST /mutate");
  EXPECT_EQ(Verdict(Head("GET", "/healthz")), "GET /healthz");
  EXPECT_EQ(Verdict(Head("HEAD", "/healthz?verbose")), "GET /healthz");
  EXPECT_EQ(Verdict(Head("GET", "/?Action=x")), "GET /");
  RequestHead chunked = Post(0);
  chunked.body = RequestHead::Body::kChunked;
  EXPECT_EQ(Verdict(chunked), "POST /mutate");
}

TEST(RouteTable, RefusesUnknownPathsAndMethods) {
  for (const char* target : {"/mutate/", "/MUTATE", "/mut%61te", "/healthz/x", "*", "http://h/mutate", "/mutate#x"}) {
    EXPECT_EQ(Verdict(Head("POST", target)), "404 no such path []") << target;
  }
  EXPECT_EQ(Verdict(Head("GET", "/mutate")), "405 this path accepts only POST [Allow: POST]");
  EXPECT_EQ(Verdict(Head("HEAD", "/mutate")), "405 this path accepts only POST [Allow: POST]");
  EXPECT_EQ(Verdict(Head("post", "/mutate")), "405 this path accepts only POST [Allow: POST]");
  EXPECT_EQ(Verdict(Head("POST", "/healthz")), "405 this path accepts only GET, HEAD [Allow: GET, HEAD]");
  EXPECT_EQ(Verdict(Head("PUT", "/")), "405 this path accepts only GET, HEAD, POST [Allow: GET, HEAD, POST]");
}

TEST(RouteTable, RefusesBodiesBeforeTheyAreSent) {
  RequestHead head = Post(101);
  EXPECT_EQ(Verdict(head), "413 the body has more than the limit of 100 bytes []");
  head = Post();
  head.body = RequestHead::Body::kNone;
  EXPECT_EQ(Verdict(head), "411 the body's length is missing []");
  head = Post();
  head.is_encoded = true;
  EXPECT_EQ(Verdict(head), "415 the body must not be compressed or otherwise encoded []");
  for (const char* type : {"", "text/json", "application/json-patch+json", "application"}) {
    head = Post();
    head.content_type = type;
    EXPECT_EQ(Verdict(head), "415 the body's type must be application/json []") << type;
  }
  head = Post();
  head.expectation = RequestHead::Expectation::kUnknown;
  EXPECT_EQ(Verdict(head), "417 the only supported expectation is 100-continue []");
  head.expectation = RequestHead::Expectation::kContinue;
  EXPECT_EQ(Verdict(head), "POST /mutate");
}

TEST(RouteTable, RefusesABodyWhereNoneIsTaken) {
  RequestHead head = Head("GET", "/healthz");
  head.body = RequestHead::Body::kLength;
  EXPECT_EQ(Verdict(head), "GET /healthz") << "of no bytes";
  head.content_length = 1;
  EXPECT_EQ(Verdict(head), "400 this path accepts no body []");
}

TEST(RouteTable, TakesARequestWithoutABodyWhereItIsOptional) {
  RequestHead head = Head("POST", "/query?Action=x");
  EXPECT_EQ(Verdict(head), "POST /query") << "without a length";
  head.body = RequestHead::Body::kLength;
  EXPECT_EQ(Verdict(head), "POST /query") << "of no bytes";
  head.content_type = "application/json";
  EXPECT_EQ(Verdict(head), "POST /query") << "whatever the type of nothing";
  head.content_length = 1;
  EXPECT_EQ(Verdict(head), "415 the body's type must be application/x-www-form-urlencoded []");
  head.content_length = 101;
  head.content_type = "application/x-www-form-urlencoded";
  EXPECT_EQ(Verdict(head), "413 the body has more than the limit of 100 bytes []");
}

std::string WriteRefusal(const Refusal& refusal, Persistence persistence, AnswerParts parts) {
  return WriteRefusal(refusal, RefusalResponse(refusal, nullptr, ""), persistence, parts);
}

TEST(Refusal, IsWordedByTheWriter) {
  const RefusalWriter writer = [](const Refusal& refusal, std::string_view accept) {
    return Response{.status = 200,
                    .content_type = "text/xml",
                    .body = "<" + refusal.reason + " " + std::string(accept) + ">",
                    .headers = {{"x-id", "7"}}};
  };
  const Refusal refusal{404, "nothing", "Allow: POST"};
  EXPECT_EQ(
      WriteRefusal(refusal, RefusalResponse(refusal, writer, "a/b"), Persistence::kClose, AnswerParts::kHeadAndBody),
      "HTTP/1.1 404 Not Found\r\nContent-Type: text/xml\r\nContent-Length: 13\r\nx-id: 7\r\nAllow: POST\r\n"
      "Connection: close\r\n\r\n<nothing a/b>");
}

TEST(Refusal, IsAWholeAnswer) {
  EXPECT_EQ(WriteRefusal({405, "only POST", "Allow: POST"}, Persistence::kKeepAlive, AnswerParts::kHeadAndBody),
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 10\r\n"
            "Allow: POST\r\n\r\nonly POST\n");
  EXPECT_EQ(WriteRefusal({404, "nothing", ""}, Persistence::kClose, AnswerParts::kHead),
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 8\r\n"
            "Connection: close\r\n\r\n");
}

TEST(Refusal, HasAPhraseForEveryStatusInUse) {
  for (const int status : {400, 404, 405, 408, 411, 413, 414, 415, 417, 431, 503, 505}) {
    EXPECT_EQ(
        WriteRefusal({status, "x", ""}, Persistence::kClose, AnswerParts::kHeadAndBody).find("Internal Server Error"),
        std::string::npos)
        << status;
  }
}

}  // namespace
}  // namespace irsa::http
