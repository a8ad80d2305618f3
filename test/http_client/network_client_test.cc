#include "irsa/http/client/network_client.h"

#include <atomic>
#include <barrier>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "src/http/socket/socket.h"
#include "test/http_client/client_fixture.h"
#include "test/testing/refusing_port.h"
#include "test/testing/scripted_server.h"

namespace irsa::http {
namespace {

using irsa::testing::HttpAnswer;
using irsa::testing::Peer;
using irsa::testing::ReceivedRequest;
using irsa::testing::ScriptedServer;
using ::testing::HasSubstr;

// Answers every request with the same bytes, and keeps what it received.
class Recorder {
 public:
  explicit Recorder(std::string answer, bool keep_open = true) : answer_(std::move(answer)), keep_open_(keep_open) {}

  bool operator()(const ReceivedRequest& request, Peer& peer) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    return peer.Write(answer_) && keep_open_;
  }

  ReceivedRequest last() const {
    const std::lock_guard lock(mutex_);
    return requests_.back();
  }

 private:
  const std::string answer_;
  const bool keep_open_;
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
};

TEST(NetworkClient, ReturnsStatusHeadersAndBody) {
  Recorder recorder(HttpAnswer(201, "hello", "Retry-After: 3\r\nX-Two: a b\r\n"));
  const ScriptedServer server(std::ref(recorder));
  NetworkClient client;
  const auto response = client.Send(RequestTo(server.Url("/a?b=c%20d")));
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(*FindHeader(*response, "retry-after"), "3");
  EXPECT_EQ(*FindHeader(*response, "x-two"), "a b");
  EXPECT_EQ(FindHeader(*response, "x-three"), nullptr);
}

TEST(NetworkClient, SendsMethodTargetHeadersAndBody) {
  Recorder recorder(HttpAnswer(200, ""));
  const ScriptedServer server(std::ref(recorder));
  NetworkClient client;
  ClientRequest request = RequestTo(server.Url("/a?b=c%20d"));
  request.method = "PATCH";
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "text/plain"}};
  request.body = "{}";
  ASSERT_TRUE(client.Send(request).ok());
  const ReceivedRequest received = recorder.last();
  EXPECT_EQ(received.method, "PATCH");
  EXPECT_EQ(received.target, "/a?b=c%20d");
  EXPECT_EQ(received.body, "{}");
  EXPECT_EQ(received.headers,
            (std::map<std::string, std::string>{{"host", "127.0.0.1:" + std::to_string(server.port())},
                                                {"user-agent", "irsa/" IRSA_VERSION},
                                                {"accept", "text/plain"},
                                                {"accept-encoding", "identity"},
                                                {"content-type", "application/json"},
                                                {"content-length", "2"}}));
}

TEST(NetworkClient, ConnectsToIpv6Literals) {
  Recorder recorder(HttpAnswer(200, "x"));
  const ScriptedServer server(std::ref(recorder), std::nullopt, true);
  NetworkClient client;
  EXPECT_EQ(client.Send(RequestTo(server.Url())).value().body, "x");
  EXPECT_EQ(recorder.last().headers.at("host"), "[::1]:" + std::to_string(server.port()));
}

TEST(NetworkClient, ReadsABodyThatEndsWithTheConnection) {
  Recorder recorder("HTTP/1.0 200 OK\r\n\r\nto the end", false);
  const ScriptedServer server(std::ref(recorder));
  NetworkClient client;
  EXPECT_EQ(client.Send(RequestTo(server.Url())).value().body, "to the end");
}

TEST(NetworkClient, DoesNotFollowRedirects) {
  Recorder recorder(HttpAnswer(302, "moved", "Location: http://127.0.0.1:1/\r\n"));
  const ScriptedServer server(std::ref(recorder));
  NetworkClient client;
  const auto response = client.Send(RequestTo(server.Url()));
  EXPECT_EQ(response.value().status, 302);
  EXPECT_EQ(response.value().body, "moved");
}

TEST(NetworkClient, UsesAConnectionAgain) {
  Recorder recorder(HttpAnswer(200, "x"));
  const ScriptedServer server(std::ref(recorder));
  NetworkClient client;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
  EXPECT_EQ(server.connection_count(), 1);
}

// Whoever has begun to answer has had the request.
TEST(NetworkClient, DoesNotSendAGetAgainWhenItsAnswerHadBegun) {
  std::atomic<int> requests = 0;
  const ScriptedServer server([&requests](const ReceivedRequest&, Peer& peer) {
    if (++requests == 2) {
      peer.Write("HTTP/1.1 200 OK\r\nContent-");
      return false;
    }
    return peer.Write(HttpAnswer(200, "x"));
  });
  NetworkClient client;
  EXPECT_TRUE(client.Send(RequestTo(server.Url())).ok());
  EXPECT_FALSE(client.Send(RequestTo(server.Url())).ok());
  EXPECT_EQ(requests, 2);
}

TEST(NetworkClient, KeepsFourConnectionsAtMost) {
  constexpr int kAtOnce = 6;
  std::barrier all_there(kAtOnce);
  const ScriptedServer server([&](const ReceivedRequest&, Peer& peer) {
    all_there.arrive_and_wait();
    return peer.Write(HttpAnswer(200, "x"));
  });
  NetworkClient client;
  for (const size_t connections : {6U, 8U}) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kAtOnce; ++i) {
      threads.emplace_back([&] { EXPECT_TRUE(client.Send(RequestTo(server.Url())).ok()); });
    }
    threads.clear();
    EXPECT_EQ(server.connection_count(), connections);
  }
}

// So that a watch, which may be silent for minutes, does not outlive the machine at its other side for long.
TEST(ConnectSocket, HasTheKernelLookForTheOtherSide) {
  Recorder recorder(HttpAnswer(200, "x"));
  const ScriptedServer server(std::ref(recorder));
  Wait wait(std::chrono::steady_clock::now() + kPatience, {});
  const auto socket = ConnectSocket(base::ParseUrl(server.Url()).value(), wait);
  ASSERT_TRUE(socket.ok());
  const auto option = [&socket](int level, int name) {
    int value = 0;
    socklen_t size = sizeof(value);
    EXPECT_EQ(::getsockopt(socket->get(), level, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 10);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPCNT), 3);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 10'000);
}

TEST(NetworkClient, DoesNotUseAConnectionAgainThatTheServerCloses) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nand more"}) {
    Recorder recorder(answer);
    const ScriptedServer server(std::ref(recorder));
    NetworkClient client;
    ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
    ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
    EXPECT_EQ(server.connection_count(), 2) << answer;
  }
}

TEST(NetworkClient, DoesNotTakeAConnectionToAnotherOrigin) {
  Recorder recorder(HttpAnswer(200, "x"));
  const ScriptedServer one(std::ref(recorder));
  const ScriptedServer two(std::ref(recorder));
  NetworkClient client;
  ASSERT_TRUE(client.Send(RequestTo(one.Url())).ok());
  ASSERT_TRUE(client.Send(RequestTo(two.Url())).ok());
  EXPECT_EQ(two.connection_count(), 1);
}

// Ends the connection at the second request on it, without an answer.
class ClosesAtSecond {
 public:
  bool operator()(const ReceivedRequest&, Peer& peer) {
    const std::lock_guard lock(mutex_);
    if (++count_ == 2) return false;
    return peer.Write(HttpAnswer(200, "x"));
  }

 private:
  std::mutex mutex_;
  int count_ = 0;
};

TEST(NetworkClient, SendsAGetAgainWhenAKeptConnectionHadEnded) {
  ClosesAtSecond handler;
  const ScriptedServer server(std::ref(handler));
  NetworkClient client;
  ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
  EXPECT_EQ(client.Send(RequestTo(server.Url())).value().body, "x");
  EXPECT_EQ(server.connection_count(), 2);
}

// The server has the request and is silent: no other connection would change that, and looking up its name may take
// longer than anybody waits.
TEST(NetworkClient, DoesNotSendAGetAgainOnceItsTimeIsOverOrItWasStopped) {
  for (const bool is_stopped : {false, true}) {
    std::stop_source source;
    std::atomic<int> requests = 0;
    const ScriptedServer server([&](const ReceivedRequest&, Peer& peer) {
      if (++requests != 2) return peer.Write(HttpAnswer(200, "x"));
      if (is_stopped) source.request_stop();
      peer.WaitForClose();
      return false;
    });
    NetworkClient client;
    ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
    ClientRequest request = RequestTo(server.Url(), is_stopped ? kPatience : std::chrono::milliseconds(50));
    request.stop = source.get_token();
    EXPECT_EQ(client.Send(request).error(),
              (Error{ErrorCode::kUnavailable, server.Url("") + (is_stopped ? ": stopped" : ": timed out")}));
    EXPECT_TRUE(client.Send(RequestTo(server.Url())).ok());  // whatever came before it is accepted then
    EXPECT_EQ(server.connection_count(), 2);
  }
}

TEST(NetworkClient, DoesNotSendAnythingElseAgain) {
  ClosesAtSecond handler;
  const ScriptedServer server(std::ref(handler));
  NetworkClient client;
  ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
  ClientRequest request = RequestTo(server.Url());
  request.method = "POST";
  EXPECT_EQ(client.Send(request).error(),
            (Error{ErrorCode::kUnavailable, server.Url("") + ": the connection ended before the answer was complete"}));
}

TEST(NetworkClient, SaysWhyItCannotConnect) {
  const irsa::testing::RefusingPort port;
  NetworkClient client;
  const std::string origin = "http://127.0.0.1:" + std::to_string(port.port());
  EXPECT_EQ(client.Send(RequestTo(origin + "/secret")).error(),
            (Error{ErrorCode::kUnavailable, origin + ": cannot connect: Connection refused"}));
}

TEST(NetworkClient, SaysThatANameCannotBeLookedUp) {
  NetworkClient client;
  // No resolver is asked for a name with an empty label.
  const auto response = client.Send(RequestTo("http://a..b/"));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("http://a..b: cannot look up its name: "));
}

TEST(NetworkClient, RefusesToSendALineBreakInAHeader) {
  NetworkClient client;
  ClientRequest request = RequestTo("http://127.0.0.1:1/");
  request.headers = {{"Authorization", "Bearer secret\r\nX: y"}};
  EXPECT_EQ(client.Send(request).error(),
            (Error{ErrorCode::kInvalid, "http://127.0.0.1:1: a request header has an invalid character"}));
  request.headers = {{"X Y", "z"}};
  EXPECT_EQ(client.Send(request).error().code, ErrorCode::kInvalid);
}

TEST(NetworkClient, RefusesHttpsWithoutAnyoneToTrust) {
  NetworkClient client;
  EXPECT_EQ(client.Send(RequestTo("https://127.0.0.1:1/")).error(),
            (Error{ErrorCode::kInvalid, "https://127.0.0.1:1: no CA certificates were given to verify it with"}));
}

}  // namespace
}  // namespace irsa::http
