#include "src/http/server/doorkeeper.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "irsa/base/clock.h"

#include "src/http/server/plain_channel.h"
#include "src/http/server/poller.h"
#include "test/http/connection_fixture.h"
#include "test/testing/await.h"
#include "test/testing/descriptor_limit.h"

namespace irsa::http {
namespace {

// Tells how often the doorkeeper has looked at the deadlines.
class WatchedClock final : public base::Clock {
 public:
  explicit WatchedClock(std::function<void()> on_look) : on_look_(std::move(on_look)) {}
  base::SystemTime Now() const override { return {}; }
  base::SteadyTime SteadyNow() const override {
    on_look_();
    return {};
  }

 private:
  const std::function<void()> on_look_;
};

class DoorkeeperTest : public ConnectionFixture {
 protected:
  std::unique_ptr<Doorkeeper> Open(Doorkeeper::MakeConnection make_connection) {
    auto listener = Listener::Open("127.0.0.1", 0);
    EXPECT_TRUE(listener.ok());
    port_ = listener->port();
    return std::make_unique<Doorkeeper>(*std::move(listener),
                                        base::Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), 1000,
                                        std::move(make_connection));
  }
  std::unique_ptr<Connection> Make(base::Descriptor socket) {
    return std::make_unique<Connection>(std::make_unique<PlainChannel>(std::move(socket)), settings_);
  }
  base::Descriptor ConnectTo(int port) {
    base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return socket;
  }

  int port_ = 0;
  std::unique_ptr<Poller> poller_ = Poller::Make(1).value();
};

// The channel's descriptor is none that could be waited for, as when the kernel's limit of these is reached.
TEST_F(DoorkeeperTest, CountsAConnectionThatCannotBeWaitedForAsRefused) {
  ConnectionTable table(*poller_, clock_, [] {});
  const auto keeper = Open([this](base::Descriptor) {
    return std::make_unique<Connection>(std::make_unique<FakeChannel>(script_), settings_);
  });
  keeper->Start(table);
  const base::Descriptor client = ConnectTo(port_);
  EXPECT_TRUE(testing::Await([&] { return keeper->counts().refused == 1; }));
  EXPECT_EQ(table.size(), 0U);
  keeper->Stop();
}

// However many come in, those whose time is over do not wait for the end of it.
TEST_F(DoorkeeperTest, LooksAtTheDeadlinesBetweenManyNewConnections) {
  std::atomic<size_t> made = 0;
  std::mutex mutex;
  std::vector<size_t> made_at_looks;
  const WatchedClock clock([&] {
    const std::lock_guard lock(mutex);
    made_at_looks.push_back(made);
  });
  ConnectionTable table(*poller_, clock, [] {});
  const auto keeper = Open([&](base::Descriptor socket) {
    ++made;
    return Make(std::move(socket));
  });
  std::list<base::Descriptor> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(ConnectTo(port_));
  keeper->Start(table);
  EXPECT_TRUE(testing::Await([&] { return made == 100; }));
  keeper->Stop();
  ASSERT_FALSE(made_at_looks.empty());
  EXPECT_EQ(made_at_looks.front(), 64U);
}

TEST_F(DoorkeeperTest, LetsOthersInAfterMemoryRanOutForOne) {
  ConnectionTable table(*poller_, clock_, [] {});
  std::atomic<int> asked = 0;
  const auto keeper = Open([&](base::Descriptor socket) {
    if (asked++ == 0) throw std::bad_alloc();
    return Make(std::move(socket));
  });
  keeper->Start(table);
  const base::Descriptor first = ConnectTo(port_);
  const base::Descriptor second = ConnectTo(port_);
  EXPECT_TRUE(testing::Await([&] { return table.size() == 1; }));
  EXPECT_EQ(asked, 2);
  keeper->Stop();
}

// A connection that waits to be accepted is ready all the while: without a pause, the thread would take a core.
TEST_F(DoorkeeperTest, RestsWhileThereIsNoDescriptorForANewConnection) {
  std::atomic<int> looks = 0;
  const WatchedClock clock([&] { ++looks; });
  ConnectionTable table(*poller_, clock, [] {});
  const auto keeper = Open([this](base::Descriptor socket) { return Make(std::move(socket)); });
  const base::Descriptor client = ConnectTo(port_);
  const auto begin = std::chrono::steady_clock::now();
  {
    const testing::DescriptorLimit limit(testing::LowestFreeDescriptor());
    keeper->Start(table);
    EXPECT_TRUE(testing::Await([&] { return looks >= 3; }));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(200)) << "two pauses of 100 ms";
  }
  EXPECT_TRUE(testing::Await([&] { return table.size() == 1; }));
  keeper->Stop();
}

}  // namespace
}  // namespace irsa::http
