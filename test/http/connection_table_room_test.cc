#include <list>

#include "test/http/connection_table_fixture.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// Connections in each state that one may have a part in making room in.
class MakingRoom : public ConnectionTableTest {
 protected:
  void AddSilent() {
    auto connection = std::make_unique<Connection>(std::make_unique<UnreadyChannel>(), settings_);
    ASSERT_TRUE(table_.Add(std::move(connection)));
  }
  void AddHandshake() {
    auto channel = std::make_unique<UnreadyChannel>();
    ASSERT_EQ(::send(channel->client_fd(), "x", 1, MSG_NOSIGNAL), 1);
    ASSERT_TRUE(table_.Add(std::make_unique<Connection>(std::move(channel), settings_)));
    Serve(Next());
  }
  TablePeer& Add() { return peers_.emplace_back(table_, settings_); }
  void AddHalfRequest() {
    Add().Send("G");
    Serve(Next());
  }
  TablePeer& AddAnswered() {
    TablePeer& peer = Add();
    ExpectAnswer(peer);
    return peer;
  }
  void AddHalfFurtherRequest() {
    AddAnswered().Send("G");
    Serve(Next());
  }
  TablePeer& AddLingering() {
    TablePeer& peer = Add();
    peer.Send("garbage\r\n\r\n");
    Serve(Next());
    return peer;
  }
  TablePeer& AddUntakenAnswer() {
    TablePeer& peer = Add();
    peer.Send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    Serve(Next());
    return peer;
  }
  WaitKind KindThatMakesRoom(size_t places) {
    Entry* entry = table_.ClaimToMakeRoom(places);
    EXPECT_NE(entry, nullptr);
    const WaitKind kind = entry->wait_kind();
    table_.EndTurn(*entry, Step::kClose);
    return kind;
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

  std::list<TablePeer> peers_;
};

TEST_F(MakingRoom, BeginsWithTheLeastUseful) {
  AddHalfFurtherRequest();
  AddAnswered();
  AddUntakenAnswer();
  AddHalfRequest();
  Add();
  AddHandshake();
  AddSilent();
  AddLingering();
  EXPECT_EQ(Order(1), (std::vector{WaitKind::kLinger, WaitKind::kSilent, WaitKind::kHandshake, WaitKind::kAnswer,
                                   WaitKind::kFirst, WaitKind::kFirstRequest, WaitKind::kIdle, WaitKind::kRequest}));
}

TEST_F(MakingRoom, TakesTheOldestOfAKind) {
  TablePeer& first = AddAnswered();
  TablePeer& second = AddAnswered();
  clock_.Advance(milliseconds(1));
  ExpectAnswer(first);  // so that it is the second that has been idle longer
  table_.EndTurn(*table_.ClaimToMakeRoom(2), Step::kClose);
  EXPECT_EQ(second.Receive(), "closed");
  EXPECT_EQ(first.Receive(), "");
}

TEST_F(MakingRoom, LeavesEachKindItsShare) {
  AddLingering();
  for (int i = 0; i < 2; ++i) {
    AddSilent();
    AddHandshake();
    Add();
    AddHalfRequest();
    AddHalfFurtherRequest();
  }
  for (int i = 0; i < 4; ++i) AddUntakenAnswer();
  for (int i = 0; i < 7; ++i) AddAnswered();
  std::vector<WaitKind> order = Order(16);  // of which each kind has one more than its share
  order.resize(9);
  EXPECT_EQ(order, (std::vector{WaitKind::kLinger, WaitKind::kSilent, WaitKind::kHandshake, WaitKind::kAnswer,
                                WaitKind::kFirst, WaitKind::kFirstRequest, WaitKind::kIdle, WaitKind::kRequest,
                                WaitKind::kSilent}));
}

// What it sends makes no difference: nothing of it will be answered, or not soon.
TEST_F(MakingRoom, TakesWhatLingersOrLeavesItsAnswerThoughItSendsOn) {
  AddAnswered();
  AddUntakenAnswer().Send(kRequest);
  AddLingering().Send(kRequest);
  EXPECT_EQ(KindThatMakesRoom(1), WaitKind::kLinger);
  EXPECT_EQ(KindThatMakesRoom(1), WaitKind::kAnswer);
}

// A flood must not make each new connection cost as many calls of the kernel as there are connections.
TEST_F(MakingRoom, LooksAtNoMoreThanSoManyOfAKind) {
  AddHalfRequest();
  for (int i = 0; i < 64; ++i) Add().Send(kRequest);
  Add();
  EXPECT_EQ(KindThatMakesRoom(1), WaitKind::kFirstRequest) << "not the last one, which none of the looks reached";
}

TEST_F(MakingRoom, CountsNoMoreQuietOnesThanItNeeds) {
  constexpr size_t kPlaces = 64;  // so 24 idle ones
  TablePeer& oldest = AddAnswered();
  clock_.Advance(milliseconds(1));
  TablePeer& quiet = AddAnswered();
  for (int i = 0; i < 8; ++i) AddAnswered();
  std::vector<TablePeer*> busy = {&oldest};
  for (int i = 0; i < 15; ++i) busy.push_back(&AddAnswered());
  for (const TablePeer* peer : busy) peer->Send(kRequest);
  EXPECT_EQ(KindThatMakesRoom(kPlaces), WaitKind::kIdle);
  EXPECT_EQ(quiet.Receive(), "closed") << "nine quiet ones show that it is not the only one";
  EXPECT_EQ(oldest.Receive(), "");
}

TEST_F(MakingRoom, SparesWhatWaitsForAThread) {
  TablePeer& first = Add();
  TablePeer& second = Add();
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

// Clients that send a byte now and then, and come again when they are closed, each time with nothing sent yet.
TEST_F(MakingRoom, SparesWhoHasJustComeWhereMoreAreInTheMiddleOfTheirFirstRequest) {
  constexpr size_t kPlaces = 16;  // so 1 without a request, 1 in the middle of its first
  for (int i = 0; i < 5; ++i) AddHalfRequest();
  for (int i = 0; i < 4; ++i) Add();
  std::vector<WaitKind> order = Order(kPlaces);
  order.resize(3);
  EXPECT_EQ(order, (std::vector{WaitKind::kFirstRequest, WaitKind::kFirst, WaitKind::kFirstRequest}));
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
  TablePeer& half = AddAnswered();
  TablePeer& eager = Add();
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

}  // namespace
}  // namespace irsa::http
