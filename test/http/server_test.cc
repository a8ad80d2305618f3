// What a client sees of the server; each test runs over TLS and over the bare socket.
#include "irsa/http/server/server.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/http/test_server.h"
#include "test/testing/allocated_bytes.h"
#include "test/testing/raw_client.h"

namespace irsa::http {
namespace {

using ::testing::ElementsAre;
using testing::HttpRequest;
using testing::RawAnswer;
using testing::RawClient;

class ServerTest : public ::testing::TestWithParam<bool> {
 protected:
  TestServer server_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Over, ServerTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Tls" : "Plain"; });

TEST_P(ServerTest, AnswersThousandsOfRequestsOnOneConnection) {
  RawClient client(server_.Client());
  for (int i = 0; i < 3000; ++i) {
    const std::string body = "{\"number\":" + std::to_string(i) + "}";
    ASSERT_EQ(client.Exchange(Echo(body)), Echoed(body)) << i;
  }
  EXPECT_EQ(server_.server().connection_count(), 1U);
}

TEST_P(ServerTest, TakesBodiesOfAllSizes) {
  RawClient client(server_.Client());
  for (const size_t size : {0U, 1U, 16383U, 16384U, 16385U, 65536U, 1U << 20, 7U << 20}) {
    const std::string body(size, 'x');
    ASSERT_TRUE(client.Exchange(Echo(body)) == Echoed(body)) << size;
  }
}

TEST_P(ServerTest, TakesAReviewAsTheApiserverSendsIt) {
  std::ifstream file(IRSA_SOURCE_DIR "/test/data/reviews/large.json", std::ios::binary);
  const std::string review{std::istreambuf_iterator<char>(file), {}};
  ASSERT_GT(review.size(), 100'000U);
  RawClient client(server_.Client());
  const std::string request = HttpRequest("POST", "/echo?timeout=10s",
                                          "User-Agent: kube-apiserver-admission\r\nAccept: application/json, */*\r\n"
                                          "Content-Type: application/json\r\nAccept-Encoding: gzip\r\n",
                                          review);
  EXPECT_TRUE(client.Exchange(request) == Echoed(review));
}

TEST_P(ServerTest, TakesARequestByteByByte) {
  RawClient client(server_.Client());
  for (const char c : Echo("[1,2]")) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.Receive(), Echoed("[1,2]"));
}

TEST_P(ServerTest, TakesChunkedBodies) {
  RawClient client(server_.Client());
  const std::string head =
      HttpRequest("POST", "/echo", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n");
  ASSERT_TRUE(client.Send(head + "3\r\n[1,"));
  ASSERT_TRUE(client.Send("\r\n2;x=y\r\n2]\r\n0\r\n\r\n" + HttpRequest("GET", "/hello")));
  EXPECT_EQ(client.Receive(), Echoed("[1,2]"));
  EXPECT_EQ(client.Receive(), Hello());
}

TEST_P(ServerTest, AnswersPipelinedRequestsInOrder) {
  RawClient client(server_.Client());
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += Echo(std::to_string(i)) + HttpRequest("GET", "/hello");
  ASSERT_TRUE(client.Send(requests));
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(client.Receive(), Echoed(std::to_string(i)));
    ASSERT_EQ(client.Receive(), Hello());
  }
}

TEST_P(ServerTest, AnswersHead) {
  RawClient client(server_.Client());
  ASSERT_TRUE(
      client.Send(HttpRequest("HEAD", "/hello") + HttpRequest("HEAD", "/nowhere") + HttpRequest("GET", "/hello")));
  RawAnswer bodiless = Hello();
  bodiless.body.clear();
  EXPECT_EQ(client.Receive(false), bodiless);
  EXPECT_EQ(client.Receive(false)->status, 404);
  EXPECT_EQ(client.Receive(), Hello());
}

TEST_P(ServerTest, ClosesWhenTheClientOrTheHandlerAsksForIt) {
  RawAnswer hello = Hello();
  hello.headers["connection"] = "close";
  for (const char* request :
       {"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET /hello HTTP/1.0\r\n\r\n"}) {
    RawClient client(server_.Client());
    EXPECT_EQ(client.Exchange(request), hello);
    EXPECT_TRUE(client.IsEnded());
  }
  RawClient client(server_.Client());
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/leave"))->headers.at("connection"), "close");
  EXPECT_TRUE(client.IsEnded());
}

TEST_P(ServerTest, KeepsAnHttp10ConnectionThatAsksForIt) {
  RawClient client(server_.Client());
  RawAnswer hello = Hello();
  hello.headers["connection"] = "keep-alive";
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(client.Exchange("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), hello);
}

TEST_P(ServerTest, AnswersAClientThatWillSendNoMore) {
  RawClient client(server_.Client());
  ASSERT_TRUE(client.Send(Echo("[]")));
  client.EndSending();
  EXPECT_EQ(client.Receive(), Echoed("[]"));
  EXPECT_TRUE(client.IsEnded());
}

TEST_P(ServerTest, KeepsTheConnectionAfterARefusalWithoutABody) {
  RawClient client(server_.Client());
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/nowhere")), Refused(404, "no such path", false));
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/echo")),
            Refused(405, "this path accepts only POST", false, {{"allow", "POST"}}));
  EXPECT_EQ(client.Exchange(HttpRequest("DELETE", "/hello")),
            Refused(405, "this path accepts only GET, HEAD", false, {{"allow", "GET, HEAD"}}));
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello")), Hello());
}

// The body is announced but never sent: the answer must not wait for it.
TEST_P(ServerTest, RefusesABodyBeforeItIsSent) {
  const std::string json = "Content-Type: application/json\r\n";
  const std::string large = "Content-Length: 1073741824\r\n";
  const std::string small = "Content-Length: 10\r\n";
  const std::tuple<std::string, std::string, RawAnswer> cases[] = {
      {"/nowhere", json + large, Refused(404, "no such path")},
      {"/hello", json + large, Refused(405, "this path accepts only GET, HEAD", true, {{"allow", "GET, HEAD"}})},
      {"/echo", json + large, Refused(413, "the body has more than the limit of 7340032 bytes")},
      {"/echo", json + "Content-Length: 7340033\r\n",
       Refused(413, "the body has more than the limit of 7340032 bytes")},
      {"/echo", json, Refused(411, "the body's length is missing")},
      {"/echo", small, Refused(415, "the body's type must be application/json")},
      {"/echo", "Content-Type: text/plain\r\n" + small, Refused(415, "the body's type must be application/json")},
      {"/echo", json + small + "Content-Encoding: gzip\r\n",
       Refused(415, "the body must not be compressed or otherwise encoded")},
      {"/echo", json + small + "Expect: a-miracle\r\n", Refused(417, "the only supported expectation is 100-continue")},
      {"/echo", json + large + "Expect: 100-continue\r\n",
       Refused(413, "the body has more than the limit of 7340032 bytes")},
  };
  for (const auto& [path, headers, answer] : cases) {
    RawClient client(server_.Client());
    EXPECT_EQ(client.Exchange(HttpRequest("POST", path, headers)), answer) << path << "\n" << headers;
    EXPECT_TRUE(client.IsEnded());
  }
  EXPECT_EQ(server_.echoes(), 0);
}

TEST_P(ServerTest, RefusesABodyOnAPathThatTakesNone) {
  RawClient client(server_.Client());
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello", "", "body")), Refused(400, "this path accepts no body"));
  EXPECT_TRUE(client.IsEnded());
}

TEST_P(ServerTest, RefusesChunksOverTheLimitWhenTheyAreAnnounced) {
  RawClient client(server_.Client());
  const std::string head =
      HttpRequest("POST", "/echo", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n");
  ASSERT_TRUE(client.Send(head + "700000\r\n" + std::string(7 << 20, 'x') + "\r\n1\r\n"));
  EXPECT_EQ(client.Receive(), Refused(413, "the body has more than the limit of 7340032 bytes"));
  EXPECT_TRUE(client.IsEnded());
  EXPECT_EQ(server_.echoes(), 0);
}

// A client that sends all of its body before it reads must find the answer, not a connection that was reset.
TEST_P(ServerTest, LetsWhoWasRefusedReadTheAnswer) {
  for (int i = 0; i < 5; ++i) {
    RawClient client(server_.Client());
    ASSERT_TRUE(client.Send(Echo(std::string(8 << 20, 'x'))));
    EXPECT_EQ(client.Receive(), Refused(413, "the body has more than the limit of 7340032 bytes"));
    EXPECT_TRUE(client.IsEnded());
  }
}

TEST_P(ServerTest, TellsAClientThatAsksToSendItsBody) {
  RawClient client(server_.Client());
  const std::string request = Echo("[1]", "Expect: 100-continue\r\n");
  EXPECT_EQ(client.Exchange(request.substr(0, request.size() - 3)), (RawAnswer{100, {}, ""}));
  EXPECT_EQ(client.Exchange("[1]"), Echoed("[1]"));
}

TEST_P(ServerTest, RefusesWhatOthersMayReadAsAnotherRequest) {
  const std::string host = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
  const std::string smuggled = "\r\n5\r\n[1,2]\r\n0\r\n\r\n";
  const std::string requests[] = {
      host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + smuggled,
      host + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n[1,2]",
      host + "Content-Length: 5, 5\r\n\r\n[1,2]",
      host + "Content-Length: -5\r\n\r\n[1,2]",
      host + "Content-Length: +5\r\n\r\n[1,2]",
      host + "Content-Length: 18446744073709551621\r\n\r\n[1,2]",
      host + "Content-Length : 5\r\n\r\n[1,2]",
      host + "Transfer-Encoding: xchunked\r\n" + smuggled,
      host + "Transfer-Encoding: chunked, identity\r\n" + smuggled,
      host + "Transfer-Encoding:\r\n chunked\r\n" + smuggled,
      host + "X: a\r\n\tContent-Length: 5\r\n\r\n[1,2]",
      host + "X: a\nContent-Length: 5\r\n\r\n[1,2]",
      host + "X: a\rContent-Length: 5\r\n\r\n[1,2]",
      host + std::string("X: a\0b\r\n", 8) + "Content-Length: 5\r\n\r\n[1,2]",
      host + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
      host + "Transfer-Encoding: chunked\r\n\r\n5\n[1,2]\n0\n\n",
      host + "Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2]GET / HTTP/1.1\r\n",
      "POST /echo HTTP/1.0\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n" + smuggled,
      "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\n[1,2]",
      "POST /echo\r\nHost: h\r\n\r\n",
      "\r\n\r\n" + Echo("[1,2]"),
  };
  for (const std::string& request : requests) {
    RawClient client(server_.Client());
    client.Send(request + HttpRequest("GET", "/hello"));
    const auto answer = client.Receive();
    ASSERT_TRUE(answer) << request;
    EXPECT_EQ(answer->status, 400) << request;
    EXPECT_EQ(answer->headers.at("connection"), "close");
    EXPECT_TRUE(client.IsEnded()) << request;
  }
  EXPECT_EQ(server_.echoes(), 0);
}

TEST_P(ServerTest, BoundsTheHead) {
  const std::pair<std::string, int> cases[] = {
      {HttpRequest("GET", "/" + std::string(9000, 'a')), 414},
      {"GET /" + std::string(9000, 'a'), 414},
      {HttpRequest("GET", "/hello", "A: " + std::string(17000, 'a') + "\r\n"), 431},
      {"GET /hello HTTP/1.1\r\nA: " + std::string(17000, 'a'), 431},
      {"GET /hello HTTP/2.0\r\n\r\n", 505},
  };
  for (const auto& [request, status] : cases) {
    RawClient client(server_.Client());
    client.Send(request);
    const auto answer = client.Receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status);
    EXPECT_TRUE(client.IsEnded());
  }
  const std::string longest(8192 - std::string_view("GET /hello? HTTP/1.1\r\n").size(), 'a');
  EXPECT_EQ(RawClient(server_.Client()).Exchange(HttpRequest("GET", "/hello?" + longest)), Hello());
}

TEST_P(ServerTest, DoesNotRunAHandlerForHalfABody) {
  const std::string request = Echo(std::string(1000, 'x'));
  {
    RawClient client(server_.Client());
    client.Send(request.substr(0, request.size() - 1));
    client.EndSending();
    EXPECT_EQ(client.Receive(), Refused(400, "the request ended before it was complete"));
  }
  RawClient(server_.Client()).Send(request.substr(0, request.size() - 1));
  EXPECT_EQ(RawClient(server_.Client()).Exchange(Echo("[]")), Echoed("[]"));
  EXPECT_EQ(server_.echoes(), 1);
}

TEST_P(ServerTest, LivesOnWhenAHandlerThrows) {
  RawClient client(server_.Client());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.Exchange(HttpRequest("GET", "/throw")), Refused(500, "internal error", false));
  }
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello")), Hello());
  EXPECT_THAT(server_.exceptions(), ElementsAre("/throw: a bug", "/throw: a bug"));
}

// Neither a bug there nor memory that runs out ends more than the one connection.
TEST_P(ServerTest, LivesOnWhenARefusalCannotBeWritten) {
  ServerOptions options;
  options.write_refusal = [](const Refusal& refusal, std::string_view) -> Response {
    if (refusal.status == 404) throw std::bad_alloc();
    throw std::runtime_error("a bug");
  };
  TestServer server(GetParam(), options);
  for (const std::string& refused : {HttpRequest("GET", "/nowhere"), HttpRequest("PUT", "/hello")}) {
    EXPECT_EQ(RawClient(server.Client()).Exchange(refused), std::nullopt);
  }
  EXPECT_EQ(RawClient(server.Client()).Exchange(HttpRequest("GET", "/hello")), Hello());
  EXPECT_THAT(server.exceptions(), ElementsAre(": a bug"));
}

TEST_P(ServerTest, KeepsNoMemoryOfALargeAnswer) {
  ServerOptions options;
  options.threads = 1;
  options.request_timeout = std::chrono::minutes(1);  // it is not about time
  TestServer server(GetParam(), options);
  RawClient client(server.Client());
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello")), Hello());
  const size_t before = testing::AllocatedBytes();
  ASSERT_TRUE(client.Exchange(HttpRequest("GET", "/big?bytes=20000000")));
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello")), Hello());  // the turn of the large one is over by then
  EXPECT_LT(testing::AllocatedBytes(), before + (1U << 20));
}

TEST_P(ServerTest, SendsLargeAnswersWhole) {
  RawClient client(server_.Client());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Exchange(HttpRequest("GET", "/big?bytes=5000000"));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->body == std::string(5'000'000, 'x'));
  }
}

TEST(Server, ListensOnIpv4AndIpv6) {
  auto started = Server::Start({}, {{"GET", "/hello", "", [](Request&) { return Response{.body = "hello"}; }}});
  ASSERT_TRUE(started.ok()) << started.error().message;
  for (const char* address : {"127.0.0.1", "::1"}) {
    RawClient client({.address = address, .port = (*started)->port()});
    EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello")), Hello());
  }
  ServerOptions only_ipv6;
  only_ipv6.bind_address = "::1";
  auto other = Server::Start(only_ipv6, {});
  ASSERT_TRUE(other.ok()) << other.error().message;
  RawClient client({.address = "::1", .port = (*other)->port()});
  EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello")), Refused(404, "no such path", false));
}

TEST(JoinedHeader, HasAllValuesInTheirOrder) {
  const std::vector<std::pair<std::string, std::string>> headers = {{"Accept", "a"}, {"Host", "h"}, {"ACCEPT", "b, c"}};
  EXPECT_EQ(JoinedHeader(headers, "accept"), "a, b, c");
  EXPECT_EQ(JoinedHeader(headers, "x"), "");
}

TEST(Server, TellsARouteThatWantsItWhoAsks) {
  for (const auto& [bind_address, client_address, seen] :
       {std::tuple("127.0.0.1", "127.0.0.1", "127.0.0.1"), {"::1", "::1", "::1"}, {"", "127.0.0.1", "127.0.0.1"}}) {
    const auto peer = [](Request& request) { return Response{.body = "<" + request.peer_address + ">"}; };
    ServerOptions options;
    options.bind_address = bind_address;
    options.threads = 1;
    auto server =
        Server::Start(std::move(options),
                      {{.method = "GET", .path = "/peer", .content_type = "", .handler = peer, .wants_peer = true},
                       {.method = "GET", .path = "/other", .content_type = "", .handler = peer}});
    ASSERT_TRUE(server.ok()) << server.error().message;
    testing::RawClientOptions to;
    to.address = client_address;
    to.port = (*server)->port();
    RawClient client(to);
    EXPECT_EQ(client.Exchange(HttpRequest("GET", "/peer"))->body, "<" + std::string(seen) + ">");
    EXPECT_EQ(client.Exchange(HttpRequest("GET", "/other"))->body, "<>");
  }
}

TEST(Server, SaysWhyItCannotListen) {
  TestServer first;
  ServerOptions options;
  options.bind_address = "127.0.0.1";
  options.port = first.server().port();
  const std::string port = std::to_string(options.port);
  EXPECT_EQ(Server::Start(options, {}).error(),
            (Error{ErrorCode::kUnavailable,
                   "cannot listen on address 127.0.0.1, port " + port + ": Address already in use"}));
  options.bind_address.clear();
  EXPECT_EQ(
      Server::Start(options, {}).error(),
      (Error{ErrorCode::kUnavailable, "cannot listen on all addresses, port " + port + ": Address already in use"}));
  options.bind_address = "192.0.2.1";  // of a network for documentation (RFC 5737)
  EXPECT_EQ(Server::Start(options, {}).error(),
            (Error{ErrorCode::kUnavailable,
                   "cannot listen on address 192.0.2.1, port " + port + ": Cannot assign requested address"}));
  for (const std::string address : {"localhost", "127.1"}) {
    options.bind_address = address;
    EXPECT_EQ(
        Server::Start(options, {}).error(),
        (Error{ErrorCode::kInvalid, "cannot listen on address " + address + ", port " + port + ": no IP address"}));
  }
  options.bind_address.clear();
  options.port = 65536;
  EXPECT_EQ(Server::Start(options, {}).error(),
            (Error{ErrorCode::kInvalid, "cannot listen on all addresses, port 65536: no port number"}));
}

}  // namespace
}  // namespace irsa::http
