// How the server ends.
#include <chrono>
#include <future>
#include <list>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/waiting.h"
#include "irsa/http/server/server.h"

#include "test/http/test_server.h"
#include "test/testing/await.h"
#include "test/testing/raw_client.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;
using testing::HttpRequest;
using testing::RawAnswer;
using testing::RawClient;
using testing::RawClientOptions;

constexpr std::chrono::seconds kLong{60};

class DrainedServer {
 protected:
  explicit DrainedServer(bool tls) {
    ServerOptions options;
    options.threads = 4;
    server_.emplace(tls, options);
  }
  RawClientOptions Client() { return server_->Client(); }

  // Until nobody listens any more. Needs none of the server's threads.
  void AwaitRefusal() {
    RawClientOptions options = Client();
    options.tls = false;
    EXPECT_TRUE(testing::Await([&] {
      // Not faster: more than max_connections of them would drive out who is waiting.
      base::ThreadWaiter().Wait(milliseconds(1), {});
      try {
        const RawClient probe(options);
        return false;
      } catch (const std::runtime_error&) {
        return true;
      }
    }));
  }

  std::optional<TestServer> server_;
};

class ServerDrain : public ::testing::TestWithParam<bool>, protected DrainedServer {
 protected:
  ServerDrain() : DrainedServer(GetParam()) {}
};

class PlainServerDrain : public ::testing::Test, protected DrainedServer {
 protected:
  PlainServerDrain() : DrainedServer(false) {}
};

INSTANTIATE_TEST_SUITE_P(Over, ServerDrain, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Tls" : "Plain"; });

RawAnswer LastHello() {
  RawAnswer hello = Hello();
  hello.headers["connection"] = "close";
  return hello;
}

TEST_P(ServerDrain, MayBeginWithSendingClientsAway) {
  RawClient before(Client());
  EXPECT_EQ(before.Exchange(HttpRequest("GET", "/hello")), Hello());
  server_->server().SendClientsAway();
  EXPECT_EQ(before.Exchange(HttpRequest("GET", "/hello")), LastHello());
  EXPECT_TRUE(before.IsEnded());
  RawClient after(Client());
  EXPECT_EQ(after.Exchange(HttpRequest("GET", "/hello")), LastHello());
  EXPECT_TRUE(after.IsEnded());
  EXPECT_TRUE(server_->server().Drain(kLong));
}

TEST_P(ServerDrain, AnswersWhatIsInFlightAndClosesTheRest) {
  std::list<RawClient> idle;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(idle.emplace_back(Client()).Exchange(HttpRequest("GET", "/hello")), Hello());
  std::list<RawClient> waiting;
  for (int i = 0; i < 4; ++i) waiting.emplace_back(Client());
  for (RawClient& client : waiting) ASSERT_TRUE(client.Send(HttpRequest("GET", "/wait")));
  server_->gate().AwaitArrivals(4);
  auto drained = std::async(std::launch::async, [this] { return server_->server().Drain(kLong); });
  // All four threads wait in handlers; the socket is closed all the same.
  AwaitRefusal();
  server_->gate().Open();
  for (RawClient& client : waiting) {
    const auto answer = client.Receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "waited");
    EXPECT_EQ(answer->headers.at("connection"), "close");
    EXPECT_TRUE(client.IsEnded());
  }
  for (RawClient& client : idle) EXPECT_TRUE(client.IsEnded());
  EXPECT_TRUE(drained.get());
  EXPECT_EQ(server_->server().connection_count(), 0U);
}

TEST_P(ServerDrain, AnswersRequestsThatAreOnlyHalfThere) {
  RawClient client(Client());
  const std::string request = HttpRequest("GET", "/hello");
  EXPECT_EQ(client.Exchange(request + request.substr(0, 5)), Hello());
  RawClient idle(Client());
  EXPECT_EQ(idle.Exchange(HttpRequest("GET", "/hello")), Hello());
  auto drained = std::async(std::launch::async, [this] { return server_->server().Drain(kLong); });
  EXPECT_TRUE(idle.IsEnded()) << "it drains";
  EXPECT_EQ(client.Exchange(request.substr(5)), LastHello());
  EXPECT_TRUE(client.IsEnded());
  EXPECT_TRUE(drained.get());
}

TEST_F(PlainServerDrain, AnswersRequestsThatHaveArrivedUnread) {
  std::list<RawClient> busy;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(busy.emplace_back(Client()).Send(HttpRequest("GET", "/wait")));
  server_->gate().AwaitArrivals(4);
  // Nobody is free to look at this one before the drain has begun.
  RawClient client(Client());
  ASSERT_TRUE(client.Send(HttpRequest("GET", "/hello")));
  auto drained = std::async(std::launch::async, [this] { return server_->server().Drain(kLong); });
  AwaitRefusal();
  server_->gate().Open();
  EXPECT_EQ(client.Receive(), LastHello());
  EXPECT_TRUE(drained.get());
}

// Their handshake is done, as far as they know.
TEST_P(ServerDrain, WaitsForTheFirstRequestsOfWhoHasConnected) {
  std::list<RawClient> fresh;
  for (int i = 0; i < 10; ++i) fresh.emplace_back(Client());
  auto drained = std::async(std::launch::async, [this] { return server_->server().Drain(kLong); });
  AwaitRefusal();
  for (RawClient& client : fresh) {
    EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello")), LastHello());
    EXPECT_TRUE(client.IsEnded());
  }
  EXPECT_TRUE(drained.get());
}

TEST_P(ServerDrain, WaitsForAFirstRequestForItsTimeoutOnly) {
  ServerOptions options;
  // Long enough for the server's side of the handshake, which has no more time either: else its end is not announced.
  options.request_timeout = milliseconds(1000);
  server_.emplace(GetParam(), options);
  RawClient silent(Client());
  EXPECT_TRUE(server_->server().Drain(kLong));
  EXPECT_TRUE(silent.IsEnded());
}

TEST_F(PlainServerDrain, CutsOffNoRequestOfWhoNeverSentOne) {
  RawClient silent(Client());
  EXPECT_TRUE(server_->server().Drain(milliseconds(0)));
  EXPECT_TRUE(silent.IsEnded());
}

// More than are accepted between two looks at the deadlines.
TEST_F(PlainServerDrain, LetsInEveryoneWhoHasConnected) {
  std::list<RawClient> clients;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(clients.emplace_back(Client()).Send(HttpRequest("GET", "/hello")));
  EXPECT_TRUE(server_->server().Drain(kLong));
  for (RawClient& client : clients) {
    const auto answer = client.Receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "hello");
  }
}

TEST_P(ServerDrain, CutsOffWhatIsNotDoneInTime) {
  RawClient half(Client());
  ASSERT_TRUE(half.Exchange(HttpRequest("GET", "/hello") + "GET "));
  RawClient waiting(Client());
  ASSERT_TRUE(waiting.Send(HttpRequest("GET", "/wait")));
  server_->gate().AwaitArrivals(1);
  EXPECT_FALSE(server_->server().Drain(milliseconds(50)));
  EXPECT_EQ(half.Receive(), std::nullopt);
  EXPECT_EQ(waiting.Receive(), std::nullopt) << "its handler still runs";
  server_->gate().Open();
}

TEST_P(ServerDrain, HasNothingToDoWithoutConnections) {
  EXPECT_TRUE(server_->server().Drain(kLong));
  EXPECT_THROW(RawClient client(Client()), std::runtime_error);
}

TEST_P(ServerDrain, IsPartOfDestruction) {
  RawClient idle(Client());
  EXPECT_EQ(idle.Exchange(HttpRequest("GET", "/hello")), Hello());
  RawClient half(Client());
  EXPECT_EQ(half.Exchange(HttpRequest("GET", "/hello") + "GET "), Hello());
  server_.reset();
  // With a time-out of 0 a connection may be cut before its end could be announced.
  EXPECT_EQ(idle.Receive(), std::nullopt);
  EXPECT_EQ(half.Receive(), std::nullopt);
}

TEST_P(ServerDrain, LosesNoRequestOfBusyClients) {
  std::atomic<int> answered = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      RawClient client(Client());
      while (true) {
        const auto answer = client.Exchange(Echo("[]"));
        ASSERT_TRUE(answer) << "the connection's end had not been announced";
        ASSERT_EQ(answer->status, 200);
        ++answered;
        if (answer->headers.contains("connection")) break;
      }
    });
  }
  EXPECT_TRUE(testing::Await([&] { return answered >= 100; }));
  EXPECT_TRUE(server_->server().Drain(kLong));
  clients.clear();
  EXPECT_EQ(server_->echoes(), answered) << "every request that was served was answered";
}

}  // namespace
}  // namespace irsa::http
