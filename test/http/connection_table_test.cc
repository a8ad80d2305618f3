#include "src/http/server/connection_table.h"

#include <array>
#include <list>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "src/http/server/plain_channel.h"
#include "src/http/socket/descriptor_limit.h"
#include "test/testing/fake_clock.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr milliseconds kRequestTimeout{5000};
constexpr milliseconds kIdleTimeout{120000};

const std::string kRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// The client's end of a connection in the table.
class Peer {
 public:
  explicit Peer(ConnectionTable& table, const ConnectionSettings& settings) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    fd_ = ends[0];
    auto channel = std::make_unique<PlainChannel>(base::Descriptor(ends[1]));
    EXPECT_TRUE(table.Add(std::make_unique<Connection>(std::move(channel), settings)));
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void Send(std::string_view bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // Without waiting; "" when nothing has come, "closed" at the end.
  std::string Receive() const {
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return "closed";
    return std::string(buffer.data(), static_cast<size_t>(std::max<ssize_t>(got, 0)));
  }

 private:
  int fd_ = -1;
};

class ConnectionTableTest : public ::testing::Test {
 protected:
  using Entry = ConnectionTable::Entry;

  // The next ready connection, which must be there.
  Entry* Next() {
    const auto ready = poller_->Wait();
    if (!ready) return nullptr;
    if (ready->lane == Poller::Lane::kHandshakes) poller_->EndHandshake();
    return table_.Claim(ready->id);
  }
  void Serve(Entry* entry) {
    ASSERT_NE(entry, nullptr);
    table_.EndTurn(*entry, entry->connection().Serve(bench_));
  }
  void ExpectAnswer(const Peer& peer) {
    peer.Send(kRequest);
    Serve(Next());
    EXPECT_THAT(peer.Receive(), ::testing::StartsWith("HTTP/1.1 200 "));
  }
  void StartDraining() {
    draining_ = true;
    table_.StartDraining();
  }
  static void ExpectLastAnswer(const Peer& peer) {
    EXPECT_THAT(peer.Receive(), AllOf(::testing::StartsWith("HTTP/1.1 200 "), HasSubstr("Connection: close")));
    EXPECT_EQ(peer.Receive(), "closed");
  }
  milliseconds UntilNextDeadline() {
    const auto next = table_.NextDeadline();
    return next ? std::chrono::duration_cast<milliseconds>(*next - clock_.SteadyNow()) : milliseconds(-1);
  }

  testing::FakeClock clock_;
  MemoryBudget budget_{4 << 20};
  std::atomic<bool> draining_ = false;
  std::atomic<uint64_t> cut_answers_ = 0;
  RouteTable routes_{{{"GET", "/", "", [](Request&) { return Response{.body = "x"}; }},
                      {"GET", "/large", "", [](Request&) { return Response{.body = std::string(1 << 20, 'x')}; }}}};
  ConnectionSettings settings_{routes_, clock_, budget_, draining_, cut_answers_, 1000, kRequestTimeout, kIdleTimeout};
  HttpEngine engine_{nullptr, draining_};
  std::array<char, 4096> input_;
  Workbench bench_{engine_, input_, {}};
  std::unique_ptr<Poller> poller_ = Poller::Make(1).value();
  int announced_ = 0;  // how often an earlier deadline was
  ConnectionTable table_{*poller_, clock_, [this] { ++announced_; }};
};

TEST_F(ConnectionTableTest, ReportsAConnectionOnceAndAgainWhenItIsParked) {
  Peer peer(table_, settings_);
  EXPECT_EQ(table_.size(), 1U);
  for (int i = 0; i < 3; ++i) {
    peer.Send(kRequest);
    Serve(Next());
    EXPECT_NE(peer.Receive(), "");
  }
}

TEST_F(ConnectionTableTest, ServesDataThatCameDuringTheTurn) {
  Peer peer(table_, settings_);
  peer.Send(kRequest);
  Entry* entry = Next();
  const Step step = entry->connection().Serve(bench_);
  peer.Send(kRequest);
  table_.EndTurn(*entry, step);
  Serve(Next());
  peer.Receive();
}

TEST_F(ConnectionTableTest, GivesAConnectionToOneOnly) {
  Peer peer(table_, settings_);
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
  Peer first(table_, settings_);
  clock_.Advance(milliseconds(1000));
  Peer second(table_, settings_);
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
  Peer first(table_, settings_);
  EXPECT_EQ(announced_, 1);
  Peer second(table_, settings_);
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
  Peer peer(table_, settings_);
  peer.Send("G");
  Serve(Next());
  clock_.Advance(milliseconds(4000));
  peer.Send("E");
  Serve(Next());
  EXPECT_EQ(UntilNextDeadline(), milliseconds(1000));
}

TEST_F(ConnectionTableTest, TimesOutAConnectionWhoseDeadlinePassedInItsTurn) {
  Peer peer(table_, settings_);
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
  Peer peer(table_, settings_);
  peer.Send(kRequest);
  Entry* entry = Next();
  clock_.Advance(kIdleTimeout);
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  Serve(entry);
  EXPECT_EQ(UntilNextDeadline(), kIdleTimeout);
  EXPECT_THAT(peer.Receive(), ::testing::StartsWith("HTTP/1.1 200 "));
}

// In its handshake for ever; what the client sends first is its hello.
class UnreadyChannel final : public ByteChannel {
 public:
  int fd() const override { return ends_[0].get(); }
  int client_fd() const { return ends_[1].get(); }
  bool IsReady() const override { return false; }
  bool AwaitsHello() const override { return awaits_hello_; }
  IoStatus Handshake() override {
    std::array<char, 16> bytes;
    if (::recv(fd(), bytes.data(), bytes.size(), 0) > 0) awaits_hello_ = false;
    return IoStatus::kWantRead;
  }
  IoResult Read(std::span<char>) override { return {IoStatus::kFailed, 0}; }
  IoResult Write(std::string_view) override { return {IoStatus::kFailed, 0}; }
  bool HasBuffered() const override { return false; }
  size_t held_bytes() const override { return 0; }
  void EndWriting() override {}
  IoResult Discard(size_t) override { return {IoStatus::kFailed, 0}; }

 private:
  static std::array<base::Descriptor, 2> MakeEnds() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    return {base::Descriptor(ends[0]), base::Descriptor(ends[1])};
  }
  std::array<base::Descriptor, 2> ends_ = MakeEnds();
  bool awaits_hello_ = true;
};

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

// Connections in each state that one may have a part in making room in.
class MakingRoom : public ConnectionTableTest {
 protected:
  void AddSilent() {
    auto connection = std::make_unique<Connection>(std::make_unique<UnreadyChannel>(), settings_);
    ASSERT_TRUE(table_.Add(std::move(connection)));
  }
  Peer& Add() { return peers_.emplace_back(table_, settings_); }
  void AddHalfRequest() {
    Add().Send("G");
    Serve(Next());
  }
  Peer& AddAnswered() {
    Peer& peer = Add();
    ExpectAnswer(peer);
    return peer;
  }
  void AddHalfFurtherRequest() {
    AddAnswered().Send("G");
    Serve(Next());
  }
  void AddLingering() {
    Add().Send("garbage\r\n\r\n");
    Serve(Next());
  }
  void AddUntakenAnswer() {
    Peer& peer = Add();
    peer.Send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    Serve(Next());
  }
  // The states of those that make room one after another, until there is none left.
  std::vector<WaitKind> Order(size_t places) {
    std::vector<WaitKind> order;
    while (Entry* entry = table_.ClaimToMakeRoom(places)) {
      order.push_back(entry->wait_kind());
      EXPECT_EQ(order.back(), entry->connection().wait_kind());
      table_.EndTurn(*entry, Step::kClose);
    }
    return order;
  }

  std::list<Peer> peers_;
};

TEST_F(MakingRoom, BeginsWithTheLeastUseful) {
  AddHalfFurtherRequest();
  AddAnswered();
  AddUntakenAnswer();
  AddHalfRequest();
  Add();
  AddSilent();
  AddLingering();
  EXPECT_EQ(Order(1), (std::vector{WaitKind::kLinger, WaitKind::kSilent, WaitKind::kAnswer, WaitKind::kFirst,
                                   WaitKind::kFirstRequest, WaitKind::kIdle, WaitKind::kRequest}));
}

TEST_F(MakingRoom, TakesTheOldestOfAKind) {
  Peer& first = AddAnswered();
  Peer& second = AddAnswered();
  clock_.Advance(milliseconds(1));
  ExpectAnswer(first);  // so that it is the second that has been idle longer
  table_.EndTurn(*table_.ClaimToMakeRoom(2), Step::kClose);
  EXPECT_EQ(second.Receive(), "closed");
  EXPECT_EQ(first.Receive(), "");
}

TEST_F(MakingRoom, LeavesEachKindItsShare) {
  constexpr size_t kPlaces = 32;  // so 2 silent ones, 2 without a request, 12 idle ones
  for (int i = 0; i < 3; ++i) AddSilent();
  for (int i = 0; i < 14; ++i) AddAnswered();
  for (int i = 0; i < 3; ++i) Add();
  std::vector<WaitKind> order = Order(kPlaces);
  order.resize(4);
  EXPECT_EQ(order, (std::vector{WaitKind::kSilent, WaitKind::kFirst, WaitKind::kIdle, WaitKind::kIdle}))
      << "what has more than its share goes first";
}

TEST_F(MakingRoom, SparesWhatWaitsForAThread) {
  Peer& first = Add();
  Peer& second = Add();
  first.Send(kRequest);
  Entry* quiet = table_.ClaimToMakeRoom(2);
  ASSERT_NE(quiet, nullptr);
  table_.EndTurn(*quiet, Step::kClose);
  EXPECT_EQ(second.Receive(), "closed") << "though it is newer";
  EXPECT_NE(table_.ClaimToMakeRoom(2), nullptr) << "when all do, the oldest goes";
}

// As much as clients that never take an answer may ask for, none of it makes others wait for their first one.
TEST_F(MakingRoom, PrefersTheFirstRequestToAnAnswerThatIsNotTaken) {
  constexpr size_t kPlaces = 16;  // so 3 with an answer, 1 without a request
  for (int i = 0; i < 4; ++i) AddUntakenAnswer();
  for (int i = 0; i < 2; ++i) Add();
  std::vector<WaitKind> order = Order(kPlaces);
  order.resize(2);
  EXPECT_EQ(order, (std::vector{WaitKind::kAnswer, WaitKind::kFirst}));
}

TEST_F(MakingRoom, LeavesEachKindItsShareThoughAllOfAnotherWaitForAThread) {
  constexpr size_t kPlaces = 16;
  AddAnswered();
  for (int i = 0; i < 2; ++i) Add().Send(kRequest);
  Entry* entry = table_.ClaimToMakeRoom(kPlaces);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->wait_kind(), WaitKind::kFirst);
  table_.EndTurn(*entry, Step::kClose);
}

// A probe whose request is still on its way, among clients that are about to be answered.
TEST_F(MakingRoom, SparesWhatHasJustComeThoughManyOfItsKindWaitForAThread) {
  constexpr size_t kPlaces = 16;  // so 6 idle ones, 1 without a request
  for (int i = 0; i < 7; ++i) AddAnswered();
  for (int i = 0; i < 3; ++i) Add().Send(kRequest);
  Add();
  Entry* entry = table_.ClaimToMakeRoom(kPlaces);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->wait_kind(), WaitKind::kIdle);
  table_.EndTurn(*entry, Step::kClose);
}

TEST_F(MakingRoom, TakesFromTheKindThatIsFurthestOverItsShareWhenAllWaitForAThread) {
  constexpr size_t kPlaces = 16;
  for (int i = 0; i < 3; ++i) Add().Send(kRequest + kRequest + kRequest);
  for (int i = 0; i < 3; ++i) Serve(Next());
  for (int i = 0; i < 2; ++i) Add().Send(kRequest);
  Entry* entry = table_.ClaimToMakeRoom(kPlaces);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->wait_kind(), WaitKind::kRequest) << "not one that waits for its first answer";
  table_.EndTurn(*entry, Step::kClose);
}

TEST_F(MakingRoom, SparesWhatHasSentItsNextRequest) {
  Peer& half = AddAnswered();
  Peer& eager = Add();
  eager.Send(kRequest + kRequest + kRequest);
  Serve(Next());
  half.Send("G");
  for (int i = 0; i < 2; ++i) Serve(Next());
  Entry* entry = table_.ClaimToMakeRoom(2);
  ASSERT_NE(entry, nullptr);
  table_.EndTurn(*entry, Step::kClose);
  EXPECT_EQ(half.Receive(), "closed");
  EXPECT_THAT(eager.Receive(), HasSubstr("x"));
  EXPECT_EQ(eager.Receive(), "") << "it is still there";
}

TEST_F(MakingRoom, PassesOverWhatIsClaimed) {
  AddAnswered();
  peers_.front().Send(kRequest);
  Entry* busy = Next();
  ASSERT_NE(busy, nullptr);
  EXPECT_EQ(table_.ClaimToMakeRoom(1), nullptr) << "it is being answered";
  AddSilent();
  Entry* silent = table_.ClaimToMakeRoom(1);
  ASSERT_NE(silent, nullptr);
  EXPECT_EQ(silent->wait_kind(), WaitKind::kSilent);
  table_.EndTurn(*silent, Step::kWaitToRead);
  Serve(busy);
  EXPECT_EQ(table_.size(), 2U);
}

TEST_F(ConnectionTableTest, ClosesWhatHasLongBeenIdleWhenDraining) {
  Peer silent(table_, settings_);
  Peer answered(table_, settings_);
  Peer unread(table_, settings_);
  Peer busy(table_, settings_);
  ExpectAnswer(answered);
  clock_.Advance(kRequestTimeout);
  busy.Send("G");
  Serve(Next());
  unread.Send(kRequest);
  StartDraining();
  EXPECT_FALSE(table_.WaitUntilEmpty(base::SteadyTime::min()));
  EXPECT_LE(UntilNextDeadline(), milliseconds(0)) << "so that its doorkeeper wakes";
  EXPECT_EQ(table_.ClaimOverdue(), nullptr) << "they get a last turn instead";
  for (int i = 0; i < 3; ++i) Serve(Next());
  EXPECT_EQ(silent.Receive(), "closed");
  EXPECT_EQ(answered.Receive(), "closed");
  ExpectLastAnswer(unread);
  EXPECT_EQ(table_.size(), 1U);
  busy.Send(kRequest.substr(1));
  Serve(Next());
  EXPECT_TRUE(table_.WaitUntilEmpty(base::SteadyTime::min()));
}

TEST_F(ConnectionTableTest, WaitsForTheFirstRequestOfANewConnectionWhenDraining) {
  Peer early(table_, settings_);
  Peer silent(table_, settings_);
  clock_.Advance(milliseconds(1000));
  const int announced = announced_;
  StartDraining();
  EXPECT_EQ(announced_, announced + 1);
  EXPECT_EQ(UntilNextDeadline(), kRequestTimeout - milliseconds(1000));
  clock_.Advance(milliseconds(1000));
  Peer late(table_, settings_);
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  early.Send(kRequest);
  Serve(Next());
  ExpectLastAnswer(early);
  clock_.Advance(kRequestTimeout - milliseconds(2000));
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  Serve(Next());
  EXPECT_EQ(silent.Receive(), "closed");
  EXPECT_EQ(UntilNextDeadline(), milliseconds(2000));
  late.Send(kRequest);
  Serve(Next());
  ExpectLastAnswer(late);
}

TEST_F(ConnectionTableTest, WaitsForTheNextRequestOfWhoWasJustAnsweredWhenDraining) {
  Peer peer(table_, settings_);
  peer.Send(kRequest);
  Entry* entry = Next();
  const Step step = entry->connection().Serve(bench_);
  EXPECT_THAT(peer.Receive(), ::testing::Not(HasSubstr("Connection: close")));
  StartDraining();
  table_.EndTurn(*entry, step);
  EXPECT_EQ(UntilNextDeadline(), kDrainGrace);
  EXPECT_EQ(table_.ClaimOverdue(), nullptr);
  peer.Send(kRequest);
  Serve(Next());
  ExpectLastAnswer(peer);
}

TEST_F(ConnectionTableTest, GivesALastTurnToWhatIsOverdueAfterItsTurnWhenDraining) {
  Peer lucky(table_, settings_);
  Peer silent(table_, settings_);
  for (Peer* peer : {&lucky, &silent}) {
    peer->Send(kRequest);
    Entry* entry = Next();
    const Step step = entry->connection().Serve(bench_);
    peer->Receive();
    StartDraining();
    clock_.Advance(kDrainGrace);
    EXPECT_EQ(table_.ClaimOverdue(), nullptr);
    if (peer == &lucky) peer->Send(kRequest);
    table_.EndTurn(*entry, step);
    Serve(Next());
    draining_ = false;
  }
  ExpectLastAnswer(lucky);
  EXPECT_EQ(silent.Receive(), "closed");
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(ConnectionTableTest, CutsOffWhatIsLeft) {
  Peer parked(table_, settings_);
  Peer claimed(table_, settings_);
  claimed.Send(kRequest);
  Entry* entry = Next();
  EXPECT_FALSE(table_.CutOff());
  EXPECT_EQ(parked.Receive(), "closed");
  EXPECT_EQ(claimed.Receive(), "closed");
  EXPECT_EQ(table_.size(), 1U);
  Serve(entry);
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(ConnectionTableTest, CutsNothingOffWhereNothingIsUnderWay) {
  Peer silent(table_, settings_);
  Peer answered(table_, settings_);
  ExpectAnswer(answered);
  EXPECT_TRUE(table_.CutOff());
  Peer unread(table_, settings_);
  unread.Send(kRequest);
  EXPECT_FALSE(table_.CutOff());
  Peer half(table_, settings_);
  half.Send("G");
  Serve(Next());
  EXPECT_FALSE(table_.CutOff());
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
