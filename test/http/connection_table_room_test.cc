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
  void AddLingering() {
    Add().Send("garbage\r\n\r\n");
    Serve(Next());
  }
  void AddUntakenAnswer() {
    TablePeer& peer = Add();
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

  std::list<TablePeer> peers_;
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
  TablePeer& first = AddAnswered();
  TablePeer& second = AddAnswered();
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
