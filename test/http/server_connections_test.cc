// Many clients at once, and bad ones among them.
#include <barrier>
#include <chrono>
#include <list>
#include <map>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/http/server/server.h"

#include "test/http/test_server.h"
#include "test/testing/await.h"
#include "test/testing/descriptor_limit.h"
#include "test/testing/raw_client.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;
using testing::DescriptorLimit;
using testing::HttpRequest;
using testing::LowestFreeDescriptor;
using testing::RawClient;
using testing::RawClientOptions;

const std::string kGetHello = HttpRequest("GET", "/hello");

// Just one, in that state.
std::map<std::string_view, uint64_t> Evicted(std::string_view state) {
  std::map<std::string_view, uint64_t> evicted = {{"lingering", 0}, {"handshake", 0}, {"new", 0},
                                                  {"answer", 0},    {"idle", 0},      {"request", 0}};
  evicted.at(state) = 1;
  return evicted;
}

class ServerConnections : public ::testing::TestWithParam<bool> {
 protected:
  // Starts the server.
  TestServer& Start(const ServerOptions& options) { return server_.emplace(GetParam(), options); }
  TestServer& server() { return *server_; }
  RawClientOptions Client() { return server_->Client(); }

  std::optional<TestServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Over, ServerConnections, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Tls" : "Plain"; });

TEST_P(ServerConnections, CutsOffADripWhileOthersAreServed) {
  ServerOptions options;
  options.threads = 1;
  options.request_timeout = milliseconds(500);
  Start(options);
  std::list<RawClient> drips;
  for (int i = 0; i < 5; ++i) drips.emplace_back(Client());
  std::list<RawClient> others;
  for (int i = 0; i < 5; ++i) others.emplace_back(Client());
  for (const char c : Echo(std::string(10'000, 'x')).substr(0, 50)) {
    for (RawClient& drip : drips) drip.Send({&c, 1});
    EXPECT_EQ(others.front().Exchange(kGetHello), Hello());
    others.splice(others.end(), others, others.begin());
  }
  for (RawClient& drip : drips) {
    EXPECT_EQ(drip.Receive(), Refused(408, "the request did not arrive in time"));
    EXPECT_TRUE(drip.IsEnded());
  }
  EXPECT_EQ(server().echoes(), 0);
}

TEST_P(ServerConnections, ClosesAnIdleConnectionAfterItsTime) {
  ServerOptions options;
  options.idle_timeout = milliseconds(50);
  Start(options);
  RawClient fresh(Client());
  RawClient used(Client());
  EXPECT_EQ(used.Exchange(kGetHello), Hello());
  EXPECT_TRUE(fresh.IsEnded());
  EXPECT_TRUE(used.IsEnded());
}

TEST_P(ServerConnections, ServesBesideAThousandIdleOnes) {
  const DescriptorLimit limit(4096);
  ServerOptions options;
  options.threads = 1;
  Start(options);
  std::list<RawClient> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.emplace_back(Client());
    if (i % 2 == 0) {
      ASSERT_EQ(idle.back().Exchange(kGetHello), Hello()) << i;
    }
  }
  EXPECT_EQ(RawClient(Client()).Exchange(kGetHello), Hello());
  EXPECT_GE(server().server().connection_count(), 1000U);
  for (RawClient& client : idle) ASSERT_EQ(client.Exchange(kGetHello), Hello());
}

TEST_P(ServerConnections, MakesRoomByClosingTheOneIdleLongest) {
  ServerOptions options;
  options.threads = 1;  // so that a connection is idle before the next one is answered
  options.max_connections = 3;
  Start(options);
  RawClient first(Client());
  RawClient second(Client());
  RawClient third(Client());
  for (RawClient* client : {&first, &second, &third, &first}) ASSERT_EQ(client->Exchange(kGetHello), Hello());
  RawClient fourth(Client());
  EXPECT_EQ(fourth.Exchange(kGetHello), Hello());
  EXPECT_TRUE(second.IsEnded());
  for (RawClient* client : {&first, &third, &fourth}) EXPECT_EQ(client->Exchange(kGetHello), Hello());
  EXPECT_EQ(server().server().counters().evicted, Evicted("idle"));
  EXPECT_EQ(server().server().counters().refused, 0U);
}

// A connection that says nothing is idle without TLS, and in its handshake with it.
TEST_P(ServerConnections, MakesRoomByClosingWhoSaysNothing) {
  ServerOptions options;
  options.max_connections = 3;
  options.request_timeout = std::chrono::minutes(10);
  Start(options);
  RawClientOptions without_tls = Client();
  without_tls.tls = false;
  std::list<RawClient> silent;
  for (int i = 0; i < 3; ++i) silent.emplace_back(without_tls);
  RawClient client(Client());
  EXPECT_EQ(client.Exchange(kGetHello), Hello());
  EXPECT_EQ(silent.front().ReceiveToEnd(), "");
  const ServerCounters counters = server().server().counters();
  EXPECT_EQ(counters.evicted, Evicted(GetParam() ? "handshake" : "new"));
  EXPECT_EQ(counters.refused, 0U);
}

TEST_P(ServerConnections, MakesRoomByClosingWhoSaysHalfARequest) {
  ServerOptions options;
  options.threads = 2;
  options.max_connections = 4;
  options.request_timeout = std::chrono::minutes(10);
  Start(options);
  RawClient busy(Client());
  ASSERT_TRUE(busy.Send(HttpRequest("GET", "/wait")));
  server().gate().AwaitArrivals(1);
  std::list<RawClient> halves;
  for (int i = 0; i < 3; ++i) {
    // Answered once before, so that the half request behind is read with it.
    ASSERT_EQ(halves.emplace_back(Client()).Exchange(kGetHello + "G"), Hello());
  }
  RawClient client(Client());
  EXPECT_EQ(client.Exchange(kGetHello), Hello());
  const ServerCounters counters = server().server().counters();
  EXPECT_EQ(counters.evicted, Evicted("request"));
  EXPECT_EQ(counters.refused, 0U);
  EXPECT_EQ(halves.front().ReceiveToEnd(), "") << "the oldest goes first";
  server().gate().Open();
  EXPECT_EQ(busy.Receive()->body, "waited");
}

// What an attacker can do without end: the connections that were answered before are there all the same.
TEST_P(ServerConnections, KeepsWhoWasAnsweredWhileOthersComeAndSayNothing) {
  ServerOptions options;
  options.max_connections = 32;
  Start(options);
  std::list<RawClient> answered;
  for (int i = 0; i < 12; ++i) {  // the share of those that are idle after an answer
    ASSERT_EQ(answered.emplace_back(Client()).Exchange(kGetHello), Hello());
  }
  RawClientOptions without_tls = Client();
  without_tls.tls = false;
  std::list<RawClient> others;
  for (int i = 0; i < 200; ++i) {
    others.emplace_back(without_tls);
    if (i % 2 == 0) others.back().Send("garbage\r\n\r\n");
    if (i % 20 == 0) {
      EXPECT_EQ(RawClient(Client()).Exchange(kGetHello), Hello()) << "a new one is served as well";
    }
  }
  for (RawClient& client : answered) EXPECT_EQ(client.Exchange(kGetHello), Hello());
  const ServerCounters counters = server().server().counters();
  EXPECT_EQ(counters.evicted.at("idle") + counters.evicted.at("request") + counters.refused, 0U);
  EXPECT_GT(counters.evicted.at("lingering"), 0U);
}

// Refused ones linger for two seconds each: these must not be what keeps others out.
TEST_P(ServerConnections, MakesRoomByClosingWhoLingers) {
  ServerOptions options;
  options.max_connections = 4;
  Start(options);
  RawClientOptions without_tls = Client();
  without_tls.tls = false;
  std::list<RawClient> refused;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(refused.emplace_back(without_tls).Send("garbage\r\n\r\n"));
    refused.back().ReceiveToEnd();
  }
  RawClient client(Client());
  EXPECT_EQ(client.Exchange(kGetHello), Hello());
  EXPECT_GT(server().server().counters().evicted.at("lingering"), 0U);
  EXPECT_EQ(server().server().counters().refused, 0U);
}

TEST_P(ServerConnections, TurnsNewOnesAwayWhenNoneIsIdle) {
  ServerOptions options;
  options.max_connections = 2;
  Start(options);
  RawClient first(Client());
  RawClient second(Client());
  ASSERT_TRUE(first.Send(HttpRequest("GET", "/wait")));
  ASSERT_TRUE(second.Send(HttpRequest("GET", "/wait")));
  server().gate().AwaitArrivals(2);
  RawClientOptions options_without_tls = Client();
  options_without_tls.tls = false;
  EXPECT_EQ(RawClient(options_without_tls).ReceiveToEnd(), "");
  EXPECT_EQ(server().server().counters().refused, 1U);
  server().gate().Open();
  EXPECT_EQ(first.Receive()->body, "waited");
  EXPECT_EQ(second.Receive()->body, "waited");
}

TEST(ServerDescriptors, AreMadeFreeByClosingAnIdleConnection) {
  TestServer server;
  RawClient idle(server.Client());
  ASSERT_EQ(idle.Exchange(kGetHello), Hello());
  // One for the new client, none for the server's end of it.
  const DescriptorLimit limit(LowestFreeDescriptor() + 1);
  RawClient client(server.Client());
  EXPECT_EQ(client.Exchange(kGetHello), Hello());
  EXPECT_TRUE(idle.IsEnded());
}

TEST(ServerDescriptors, AreWaitedForWhenNoConnectionIsIdle) {
  ServerOptions options;
  options.threads = 2;
  TestServer server(false, options);
  RawClient busy(server.Client());
  ASSERT_TRUE(busy.Send(HttpRequest("GET", "/wait")));
  server.gate().AwaitArrivals(1);
  DescriptorLimit limit(LowestFreeDescriptor() + 1);
  RawClient client(server.Client());
  ASSERT_TRUE(client.Send(kGetHello));
  server.gate().Open();
  EXPECT_EQ(busy.Receive()->body, "waited");  // idle from now on: its descriptor is what the new one gets
  EXPECT_EQ(client.Receive(), Hello());
  EXPECT_TRUE(busy.IsEnded());
}

TEST(ServerDescriptors, AreNeededToStart) {
  const rlim_t lowest = LowestFreeDescriptor();
  constexpr rlim_t kNeeded = 6;  // the poller's four, the doorkeeper's and the listener's
  ServerOptions options;
  options.raises_descriptor_limit = false;
  for (rlim_t available = 0; available < kNeeded; ++available) {
    const DescriptorLimit limit(lowest + available);
    const auto started = Server::Start(options, {});
    ASSERT_FALSE(started.ok()) << available;
    EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(started.error().message, ::testing::HasSubstr("Too many open files"));
  }
  const DescriptorLimit limit(lowest + kNeeded);
  EXPECT_TRUE(Server::Start(options, {}).ok());
}

TEST(ServerDescriptors, AreAskedForAtTheStart) {
  const DescriptorLimit limit(100);
  ServerOptions options;
  options.max_connections = 70;
  options.raises_descriptor_limit = false;
  EXPECT_EQ(TestServer(false, options).server().max_connections(), 50U) << "the rest is the process's";
  options.raises_descriptor_limit = true;
  EXPECT_EQ(TestServer(false, options).server().max_connections(), 70U);
}

TEST_P(ServerConnections, GivesNoThreadToSlowReaders) {
  ServerOptions options;
  options.threads = 1;
  Start(options);
  RawClientOptions slow = Client();
  slow.receive_buffer = 4096;
  std::list<RawClient> readers;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(readers.emplace_back(slow).Send(HttpRequest("GET", "/big?bytes=5000000") + kGetHello));
  }
  RawClient quick(Client());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(quick.Exchange(kGetHello), Hello());
  for (RawClient& reader : readers) {
    const auto answer = reader.Receive();
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->body == std::string(5'000'000, 'x'));
    EXPECT_EQ(reader.Receive(), Hello());
  }
}

TEST_P(ServerConnections, CutsOffWhoDoesNotTakeTheAnswer) {
  ServerOptions options;
  options.request_timeout = milliseconds(1000);
  Start(options);
  RawClientOptions slow = Client();
  slow.receive_buffer = 4096;
  RawClient reader(slow);
  ASSERT_EQ(reader.Exchange(kGetHello), Hello());
  ASSERT_TRUE(reader.Send(HttpRequest("GET", "/big?bytes=20000000")));
  ASSERT_TRUE(testing::Await([&] { return server().server().connection_count() == 0; }));
  EXPECT_EQ(reader.Receive(), std::nullopt);
  EXPECT_EQ(server().server().counters().cut_answers, 1U);
}

TEST_P(ServerConnections, RefusesWhatItHasNoMemoryFor) {
  ServerOptions options;
  options.max_buffered_bytes = 512 << 10;
  Start(options);
  const std::string body(1 << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    RawClient client(Client());
    ASSERT_TRUE(client.Send(Echo(body).substr(0, 900'000)));
    EXPECT_EQ(client.Receive(), Refused(503, "too many requests in progress; retry", true, {{"retry-after", "1"}}));
    EXPECT_TRUE(client.IsEnded());
  }
  const std::string half(300 << 10, 'x');
  RawClient client(Client());
  EXPECT_TRUE(client.Exchange(Echo(half)) == Echoed(half)) << "what was held has been given back";
}

TEST_P(ServerConnections, ServesManyClientsAtOnce) {
  Start({});
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this, i] {
      for (int round = 0; round < 5; ++round) {
        RawClient client(Client());
        for (int j = 0; j < 40; ++j) {
          const std::string body = std::to_string(i * 1000 + j) + std::string(static_cast<size_t>(j) * 997, 'y');
          ASSERT_TRUE(client.Exchange(Echo(body)) == Echoed(body));
        }
      }
    });
  }
}

// Of a thousand at once, each with a request under way, every fifth goes in the middle of it and every seventh without
// reading its answer.
TEST_P(ServerConnections, ServesAThousandAtOnceWhateverSomeOfThemDo) {
  constexpr int kThreads = 8;
  constexpr int kClients = 125;
  const DescriptorLimit limit(4096);
  ServerOptions options;
  options.request_timeout = std::chrono::minutes(1);  // it is not about time
  Start(options);
  std::barrier all_under_way(kThreads);
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this, thread, &all_under_way] {
      std::list<std::pair<RawClient, std::string>> clients;  // with what each sends
      for (int i = 0; i < kClients; ++i) {
        const std::string body = std::to_string(thread * kClients + i) + std::string(static_cast<size_t>(i) * 97, 'z');
        auto& client = clients.emplace_back(std::piecewise_construct, std::forward_as_tuple(Client()),
                                            std::forward_as_tuple(body));
        EXPECT_TRUE(client.first.Send(Echo(body).substr(0, 20)));
      }
      all_under_way.arrive_and_wait();
      int i = 0;
      for (auto& [client, body] : clients) {
        if (++i % 5 != 0) {
          EXPECT_TRUE(client.Send(Echo(body).substr(20)));
        }
      }
      i = 0;
      for (auto next = clients.begin(); next != clients.end(); next = clients.erase(next)) {
        if (++i % 5 != 0 && i % 7 != 0) {
          EXPECT_TRUE(next->first.Receive() == Echoed(next->second)) << i;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(RawClient(Client()).Exchange(kGetHello), Hello());
}

}  // namespace
}  // namespace irsa::http
