#include <sys/mman.h>

#include "src/http/socket/socket.h"
#include "test/http/connection_table_fixture.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST_F(ConnectionTableTest, ReportsAConnectionOnceAndAgainWhenItIsParked) {
  TablePeer peer(table_, settings_);
  EXPECT_EQ(table_.size(), 1U);
  for (int i = 0; i < 3; ++i) {
    peer.Send(kRequest);
    Serve(Next());
    EXPECT_NE(peer.Receive(), "");
  }
}

TEST_F(ConnectionTableTest, ServesDataThatCameDuringTheTurn) {
  TablePeer peer(table_, settings_);
  peer.Send(kRequest);
  Entry* entry = Next();
  const Step step = entry->connection().Serve(bench_);
  peer.Send(kRequest);
  table_.EndTurn(*entry, step);
  Serve(Next());
  peer.Receive();
}

TEST_F(ConnectionTableTest, GivesAConnectionToOneOnly) {
  TablePeer peer(table_, settings_);
  peer.Send("G");
  const auto ready = poller_->Wait();
  ASSERT_TRUE(ready);
  Entry* entry = table_.Claim(ready->id);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(table_.Claim(ready->id), nullptr);
  EXPECT_EQ(table_.ClaimToMakeRoom(1), nullptr);
  clock_.Advance(kIdleTimeout);
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  table_.EndTurn(*entry, Step::kClose);
  EXPECT_EQ(table_.Claim(ready->id), nullptr) << "it is gone";
  EXPECT_EQ(peer.Receive(), "closed");
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(ConnectionTableTest, ClaimsWhatIsOverdueInOrder) {
  TablePeer first(table_, settings_);
  clock_.Advance(milliseconds(1000));
  TablePeer second(table_, settings_);
  EXPECT_EQ(UntilNextDeadline(), kIdleTimeout - milliseconds(1000));
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  clock_.Advance(kIdleTimeout - milliseconds(1000));
  Entry* overdue = table_.ClaimOverdue();
  ASSERT_NE(overdue, nullptr);
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  table_.EndTurn(*overdue, overdue->connection().TimeOut());
  EXPECT_EQ(first.Receive(), "closed");
  EXPECT_EQ(second.Receive(), "");
  EXPECT_EQ(UntilNextDeadline(), milliseconds(1000));
}

TEST_F(ConnectionTableTest, AnnouncesADeadlineEarlierThanWasKnown) {
  EXPECT_EQ(UntilNextDeadline(), milliseconds(-1));
  TablePeer first(table_, settings_);
  EXPECT_EQ(announced_, 1);
  TablePeer second(table_, settings_);
  EXPECT_EQ(announced_, 1);
  EXPECT_EQ(UntilNextDeadline(), kIdleTimeout);
  second.Send("G");
  Serve(Next());
  EXPECT_EQ(announced_, 2) << "a request's deadline comes before that of idle connections";
  first.Send("G");
  Serve(Next());
  EXPECT_EQ(announced_, 2);
  EXPECT_EQ(UntilNextDeadline(), kRequestTimeout);
}

TEST_F(ConnectionTableTest, KeepsTheDeadlineOfARequestThatTrickles) {
  TablePeer peer(table_, settings_);
  peer.Send("G");
  Serve(Next());
  clock_.Advance(milliseconds(4000));
  peer.Send("E");
  Serve(Next());
  EXPECT_EQ(UntilNextDeadline(), milliseconds(1000));
}

TEST_F(ConnectionTableTest, TimesOutAConnectionWhoseDeadlinePassedInItsTurn) {
  TablePeer peer(table_, settings_);
  peer.Send("G");
  Serve(Next());
  peer.Send("E");
  Entry* entry = Next();
  clock_.Advance(kRequestTimeout);
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  EXPECT_EQ(UntilNextDeadline(), milliseconds(-1)) << "or its doorkeeper would find no rest";
  Serve(entry);
  EXPECT_THAT(peer.Receive(), ::testing::StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(UntilNextDeadline(), kRequestTimeout);
}

TEST_F(ConnectionTableTest, GivesANewDeadlineToAnAnswerThatTookLong) {
  TablePeer peer(table_, settings_);
  peer.Send(kRequest);
  Entry* entry = Next();
  clock_.Advance(kIdleTimeout);
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  Serve(entry);
  EXPECT_EQ(UntilNextDeadline(), kIdleTimeout);
  EXPECT_THAT(peer.Receive(), ::testing::StartsWith("HTTP/1.1 200 "));
}

// What follows its answer is cheap, and not to wait behind everybody else's hello.
TEST_F(ConnectionTableTest, HasOnlyHellosWaitInTheLaneForHandshakes) {
  auto channel = std::make_unique<UnreadyChannel>();
  const int client = channel->client_fd();
  ASSERT_TRUE(table_.Add(std::make_unique<Connection>(std::move(channel), settings_)));
  for (const Poller::Lane lane : {Poller::Lane::kHandshakes, Poller::Lane::kRequests, Poller::Lane::kRequests}) {
    ASSERT_EQ(::send(client, "x", 1, MSG_NOSIGNAL), 1);
    const auto ready = poller_->Wait();
    ASSERT_TRUE(ready);
    EXPECT_EQ(ready->lane, lane);
    if (ready->lane == Poller::Lane::kHandshakes) poller_->EndHandshake();
    Serve(table_.Claim(ready->id));
  }
}

TEST_F(ConnectionTableTest, LetsThePollerForgetAHelloWhoseConnectionIsClosed) {
  for (int i = 0; i < 2; ++i) {
    auto channel = std::make_unique<UnreadyChannel>();
    ASSERT_EQ(::send(channel->client_fd(), "x", 1, MSG_NOSIGNAL), 1);
    ASSERT_TRUE(table_.Add(std::make_unique<Connection>(std::move(channel), settings_)));
  }
  Serve(Next());  // the newer one; the poller knows of the other
  while (Entry* entry = table_.ClaimToMakeRoom(1)) table_.EndTurn(*entry, Step::kClose);
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(poller_->Wait(), std::nullopt);
}

// In a flood, a hello may wait for its turn for as long as a silent client may take to begin.
TEST_F(ConnectionTableTest, GivesMoreTimeOnceToAHelloThatWaitsForAThread) {
  auto silent = std::make_unique<UnreadyChannel>();
  auto hello = std::make_unique<UnreadyChannel>();
  ASSERT_EQ(::send(hello->client_fd(), "x", 1, MSG_NOSIGNAL), 1);
  ASSERT_TRUE(table_.Add(std::make_unique<Connection>(std::move(silent), settings_)));
  ASSERT_TRUE(table_.Add(std::make_unique<Connection>(std::move(hello), settings_)));
  for (const size_t left : {1U, 0U}) {
    clock_.Advance(kRequestTimeout);
    while (Entry* overdue = table_.ClaimOverdue()) table_.EndTurn(*overdue, overdue->connection().TimeOut());
    EXPECT_EQ(table_.size(), left);
  }
}

TEST_F(ConnectionTableTest, EndsTheOldestOfTooManyHandshakes) {
  RaiseDescriptorLimit();
  const auto handshake = [this] {
    auto channel = std::make_unique<UnreadyChannel>();
    ASSERT_EQ(::send(channel->client_fd(), "x", 1, MSG_NOSIGNAL), 1);
    ASSERT_TRUE(table_.Add(std::make_unique<Connection>(std::move(channel), settings_)));
    Serve(Next());
    clock_.Advance(milliseconds(1));
  };
  for (size_t i = 0; i < kMaxHandshakes; ++i) handshake();
  EXPECT_EQ(table_.size(), kMaxHandshakes);
  EXPECT_EQ(table_.excess_handshakes(), 0U);
  const milliseconds until = UntilNextDeadline();
  handshake();
  EXPECT_EQ(table_.size(), kMaxHandshakes);
  EXPECT_EQ(table_.excess_handshakes(), 1U);
  EXPECT_EQ(UntilNextDeadline(), until) << "of the second one, which is the oldest now";
}

// One whose next message has come waits for us.
TEST_F(ConnectionTableTest, EndsAHandshakeThatWaitsForItsClientBeforeOneThatDoesNot) {
  RaiseDescriptorLimit();
  int oldest_client = -1;
  for (uint64_t id = 0; id <= kMaxHandshakes; ++id) {
    auto channel = std::make_unique<UnreadyChannel>();
    const int client = channel->client_fd();
    if (id == 0) oldest_client = client;
    ASSERT_EQ(::send(client, "x", 1, MSG_NOSIGNAL), 1);
    ASSERT_TRUE(table_.Add(std::make_unique<Connection>(std::move(channel), settings_)));
    if (id == kMaxHandshakes) {
      ASSERT_EQ(::send(oldest_client, "y", 1, MSG_NOSIGNAL), 1);
    }
    Serve(table_.Claim(id));
    clock_.Advance(milliseconds(1));
  }
  EXPECT_EQ(table_.excess_handshakes(), 1U);
  EXPECT_NE(table_.Claim(0), nullptr);
  EXPECT_EQ(table_.Claim(1), nullptr) << "it is gone";
}

TEST_F(ConnectionTableTest, RefusesWhatCannotBeWatched) {
  const base::Descriptor file(::memfd_create("no socket", MFD_CLOEXEC));  // epoll takes no files
  auto channel = std::make_unique<PlainChannel>(base::Descriptor(::dup(file.get())));
  EXPECT_FALSE(table_.Add(std::make_unique<Connection>(std::move(channel), settings_)));
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(UntilNextDeadline(), milliseconds(-1));
}

}  // namespace
}  // namespace irsa::http
