#include "src/http/server/poller.h"

#include <array>
#include <list>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace irsa::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

using Lane = Poller::Lane;
using Interest = Poller::Interest;

// A socket that is readable, once its other end has sent something.
class Socket {
 public:
  Socket() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data()), 0); }
  ~Socket() {
    for (const int end : ends_) ::close(end);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return ends_[0]; }
  void MakeReadable() const { EXPECT_EQ(::send(ends_[1], "x", 1, MSG_NOSIGNAL), 1); }

 private:
  std::array<int, 2> ends_{};
};

class PollerTest : public ::testing::Test {
 protected:
  // The number of the socket that is ready.
  std::optional<uint64_t> Next() {
    const auto ready = poller_->Wait();
    return ready ? std::optional(ready->id) : std::nullopt;
  }

  // Likewise, of a handshake that ends at once.
  std::optional<uint64_t> NextHandshake() {
    const auto id = Next();
    if (id) poller_->EndHandshake();
    return id;
  }

  std::unique_ptr<Poller> poller_ = Poller::Make(4).value();
};

TEST_F(PollerTest, ReportsASocketOncePerArming) {
  Socket first;
  Socket second;
  ASSERT_TRUE(poller_->Add(first.fd(), 1, Lane::kRequests, Interest::kRead));
  ASSERT_TRUE(poller_->Add(second.fd(), 2, Lane::kRequests, Interest::kRead));
  first.MakeReadable();
  EXPECT_THAT(Next(), Optional(1));
  second.MakeReadable();
  EXPECT_THAT(Next(), Optional(2)) << "the first one is not armed";
  ASSERT_TRUE(poller_->Arm(first.fd(), 1, Lane::kRequests, Interest::kRead));
  EXPECT_THAT(Next(), Optional(1));
}

TEST_F(PollerTest, ReportsWhatItWasArmedFor) {
  Socket readable;
  Socket writable;
  Socket neither;
  readable.MakeReadable();
  ASSERT_TRUE(poller_->Add(neither.fd(), 1, Lane::kRequests, Interest::kRead));
  ASSERT_TRUE(poller_->Add(readable.fd(), 2, Lane::kRequests, Interest::kRead));
  EXPECT_THAT(Next(), Optional(2));
  ASSERT_TRUE(poller_->Add(writable.fd(), 3, Lane::kRequests, Interest::kWrite));
  EXPECT_THAT(Next(), Optional(3));
  ASSERT_TRUE(poller_->Arm(neither.fd(), 1, Lane::kRequests, Interest::kNone));
  EXPECT_THAT(Next(), Optional(1));
}

// All are ready at once: each request waits for one handshake at most, and each handshake for those after it.
TEST_F(PollerTest, LetsHandshakesAndRequestsTakeTurns) {
  std::list<Socket> handshakes(4);
  std::list<Socket> requests(3);
  uint64_t id = 10;
  for (const Socket& socket : handshakes) {
    ASSERT_TRUE(poller_->Add(socket.fd(), id++, Lane::kHandshakes, Interest::kWrite));
  }
  id = 20;
  for (const Socket& socket : requests) {
    ASSERT_TRUE(poller_->Add(socket.fd(), id++, Lane::kRequests, Interest::kWrite));
  }
  std::vector<uint64_t> order;
  for (int i = 0; i < 7; ++i) order.push_back(Next().value_or(0));
  EXPECT_THAT(order, ElementsAre(13, 20, 21, 22, 12, 11, 10));
}

TEST_F(PollerTest, HandsOutNoMoreHandshakesThanAllowed) {
  poller_ = Poller::Make(2).value();
  std::list<Socket> handshakes(4);
  Socket request;
  uint64_t id = 10;
  for (const Socket& socket : handshakes) {
    ASSERT_TRUE(poller_->Add(socket.fd(), id++, Lane::kHandshakes, Interest::kWrite));
  }
  ASSERT_EQ(poller_->Wait(), (Poller::Ready{13, Lane::kHandshakes}));
  ASSERT_EQ(poller_->Wait(), (Poller::Ready{12, Lane::kHandshakes}));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(i == 0 ? poller_->Add(request.fd(), 20, Lane::kRequests, Interest::kWrite)
                       : poller_->Arm(request.fd(), 20, Lane::kRequests, Interest::kWrite));
    EXPECT_EQ(poller_->Wait(), (Poller::Ready{20, Lane::kRequests})) << "two handshakes are in hand";
  }
  poller_->EndHandshake();
  EXPECT_EQ(poller_->Wait(), (Poller::Ready{11, Lane::kHandshakes}));
  poller_->EndHandshake();
  EXPECT_EQ(poller_->Wait(), (Poller::Ready{10, Lane::kHandshakes}));
}

// A flood of 100, and another client in the middle of it.
TEST_F(PollerTest, LetsAHandshakeWaitForNoneThatWasThereBefore) {
  std::list<Socket> flood(100);
  uint64_t id = 0;
  for (const Socket& socket : flood) {
    ASSERT_TRUE(poller_->Add(socket.fd(), id++, Lane::kHandshakes, Interest::kWrite));
  }
  EXPECT_THAT(NextHandshake(), Optional(99));
  Socket late;
  ASSERT_TRUE(poller_->Add(late.fd(), id++, Lane::kHandshakes, Interest::kWrite));
  EXPECT_THAT(NextHandshake(), Optional(100));
  EXPECT_THAT(NextHandshake(), Optional(98));
}

TEST_F(PollerTest, TakesTheOldestHandshakeAgainAndAgain) {
  std::list<Socket> flood(3 * Poller::kOldestHandshakeTurn);
  uint64_t id = 0;
  for (const Socket& socket : flood) {
    ASSERT_TRUE(poller_->Add(socket.fd(), id++, Lane::kHandshakes, Interest::kWrite));
  }
  std::vector<uint64_t> old_ones;
  for (size_t turn = 1; turn <= flood.size(); ++turn) {
    const auto next = NextHandshake();
    ASSERT_TRUE(next);
    if (turn % Poller::kOldestHandshakeTurn == 0) old_ones.push_back(*next);
  }
  EXPECT_THAT(old_ones, ElementsAre(0, 1, 2));
}

TEST_F(PollerTest, ReportsNoHandshakeThatIsGone) {
  Socket old;
  Socket newer;
  ASSERT_TRUE(poller_->Add(old.fd(), 1, Lane::kHandshakes, Interest::kWrite));
  ASSERT_TRUE(poller_->Add(newer.fd(), 2, Lane::kHandshakes, Interest::kWrite));
  EXPECT_THAT(NextHandshake(), Optional(2));  // and knows of the other one
  poller_->Forget(1, Lane::kHandshakes);
  EXPECT_EQ(Next(), std::nullopt);
  ASSERT_TRUE(poller_->Arm(newer.fd(), 2, Lane::kHandshakes, Interest::kWrite));
  EXPECT_THAT(NextHandshake(), Optional(2));
}

TEST_F(PollerTest, MovesASocketFromOneLaneToTheOther) {
  Socket socket;
  socket.MakeReadable();
  ASSERT_TRUE(poller_->Add(socket.fd(), 1, Lane::kHandshakes, Interest::kRead));
  EXPECT_THAT(Next(), Optional(1));
  ASSERT_TRUE(poller_->Move(socket.fd(), 1, Lane::kHandshakes, Lane::kRequests, Interest::kRead));
  EXPECT_THAT(Next(), Optional(1));
  EXPECT_FALSE(poller_->Arm(socket.fd(), 1, Lane::kHandshakes, Interest::kRead)) << "it is there no more";
}

TEST_F(PollerTest, WakesAllWhoWait) {
  std::vector<std::jthread> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back([this] { EXPECT_EQ(poller_->Wait(), std::nullopt); });
  }
  poller_->WakeAll();
  waiting.clear();
  EXPECT_EQ(poller_->Wait(), std::nullopt);
}

}  // namespace
}  // namespace irsa::http
