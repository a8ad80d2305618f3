// How many threads a server takes when it is not told.
#include <algorithm>
#include <dirent.h>
#include <future>
#include <list>
#include <memory>
#include <sched.h>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "irsa/http/server/server.h"

#include "test/http/test_server.h"
#include "test/testing/await.h"
#include "test/testing/raw_client.h"

namespace irsa::http {
namespace {

// Those of this process.
size_t Threads() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/task"), ::closedir);
  size_t threads = 0;
  while (const dirent* entry = ::readdir(directory.get())) threads += entry->d_name[0] == '.' ? 0U : 1U;
  return threads;
}

// Those that a server on loopback adds.
size_t ThreadsOfAServer(size_t wanted, size_t waiting_handlers = 0) {
  const size_t before = Threads();
  ServerOptions options;
  options.bind_address = "127.0.0.1";
  options.threads = wanted;
  options.waiting_handlers = waiting_handlers;
  auto server = Server::Start(std::move(options), {});
  EXPECT_TRUE(server.ok());
  const size_t added = Threads() - before;
  server->reset();
  // A thread that was joined is listed for a moment more.
  EXPECT_TRUE(testing::Await([&] { return Threads() == before; }));
  return added;
}

class ServerThreads : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::sched_getaffinity(0, sizeof(usable_), &usable_), 0); }
  void TearDown() override {
    ::sched_setaffinity(0, sizeof(usable_), &usable_);
    over_.set_value();
    first_.join();
  }

  // Of the cores that there are, this thread, and what it starts, may use so many.
  void Use(int cores) {
    cpu_set_t some;
    CPU_ZERO(&some);
    for (size_t core = 0; CPU_COUNT(&some) < cores; ++core) {
      if (CPU_ISSET(core, &usable_)) CPU_SET(core, &some);
    }
    ASSERT_EQ(::sched_setaffinity(0, sizeof(some), &some), 0);
  }

  cpu_set_t usable_{};

 private:
  // A sanitizer takes a thread for itself with the first that is started: no server's is.
  std::promise<void> over_;
  std::thread first_{[over = over_.get_future()] { over.wait(); }};
};

TEST_F(ServerThreads, AreOneForEachCoreThatTheProcessMayUse) {
  for (int cores = 1; cores <= CPU_COUNT(&usable_); ++cores) {
    Use(cores);
    EXPECT_EQ(ThreadsOfAServer(0), ThreadsOfAServer(static_cast<size_t>(std::min(cores, 8)))) << cores;
  }
}

TEST_F(ServerThreads, AreMoreThanTheHandlersThatMayWait) {
  Use(1);
  const auto with_waiting = [](size_t handlers) { return ThreadsOfAServer(0, handlers); };
  EXPECT_EQ(with_waiting(3), with_waiting(0) + 3);
  EXPECT_EQ(ThreadsOfAServer(2, 3), ThreadsOfAServer(2)) << "as it is told";
}

TEST_F(ServerThreads, AreAsManyAsItIsTold) { EXPECT_EQ(ThreadsOfAServer(5), ThreadsOfAServer(1) + 4); }

// A burst of new clients leaves threads to those that are there.
TEST_F(ServerThreads, AreForRequestsWhileAsManyAsMayShakeHands) {
  Use(1);
  Gate gate;
  ServerOptions options;
  options.threads = 2;
  options.on_handshake_failure = [&gate](HandshakeFailure, const std::string&) { gate.Pass(); };
  TestServer server(true, options);
  testing::RawClient client(server.Client());
  const std::string request = testing::HttpRequest("GET", "/hello");
  EXPECT_EQ(client.Exchange(request), Hello());
  testing::RawClientOptions without_tls = server.Client();
  without_tls.tls = false;
  std::list<testing::RawClient> failing;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(failing.emplace_back(without_tls).Send(request));
  gate.AwaitArrivals(1);
  EXPECT_EQ(client.Exchange(request), Hello());
  gate.Open();
}

}  // namespace
}  // namespace irsa::http
