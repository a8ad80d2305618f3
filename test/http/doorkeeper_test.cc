#include "src/http/server/doorkeeper.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "irsa/base/clock.h"

#include "src/http/server/poller.h"
#include "test/http/connection_fixture.h"
#include "test/testing/await.h"

namespace irsa::http {
namespace {

class DoorkeeperTest : public ConnectionFixture {
 protected:
  base::Descriptor ConnectTo(int port) {
    base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return socket;
  }
};

// The channel's descriptor is none that could be waited for, as when the kernel's limit of these is reached.
TEST_F(DoorkeeperTest, CountsAConnectionThatCannotBeWaitedForAsRefused) {
  const auto poller = Poller::Make(1);
  ASSERT_TRUE(poller.ok());
  ConnectionTable table(**poller, clock_, [] {});
  auto listener = Listener::Open("127.0.0.1", 0);
  ASSERT_TRUE(listener.ok());
  const int port = listener->port();
  Doorkeeper keeper(*std::move(listener), base::Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), 10,
                    [this](base::Descriptor) {
                      return std::make_unique<Connection>(std::make_unique<FakeChannel>(script_), settings_);
                    });
  keeper.Start(table);
  const base::Descriptor client = ConnectTo(port);
  EXPECT_TRUE(testing::Await([&] { return keeper.counts().refused == 1; }));
  EXPECT_EQ(table.size(), 0U);
  keeper.Stop();
}

}  // namespace
}  // namespace irsa::http
