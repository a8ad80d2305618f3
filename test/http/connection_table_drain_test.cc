#include "test/http/connection_table_fixture.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST_F(ConnectionTableTest, ClosesWhatHasLongBeenIdleWhenDraining) {
  TablePeer silent(table_, settings_);
  TablePeer answered(table_, settings_);
  TablePeer unread(table_, settings_);
  TablePeer busy(table_, settings_);
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
  TablePeer early(table_, settings_);
  TablePeer silent(table_, settings_);
  clock_.Advance(milliseconds(1000));
  const int announced = announced_;
  StartDraining();
  EXPECT_EQ(announced_, announced + 1);
  EXPECT_EQ(UntilNextDeadline(), kRequestTimeout - milliseconds(1000));
  clock_.Advance(milliseconds(1000));
  TablePeer late(table_, settings_);
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
  TablePeer peer(table_, settings_);
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
  TablePeer lucky(table_, settings_);
  TablePeer silent(table_, settings_);
  for (TablePeer* peer : {&lucky, &silent}) {
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
  TablePeer parked(table_, settings_);
  TablePeer claimed(table_, settings_);
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
  TablePeer silent(table_, settings_);
  TablePeer answered(table_, settings_);
  ExpectAnswer(answered);
  EXPECT_TRUE(table_.CutOff());
  TablePeer unread(table_, settings_);
  unread.Send(kRequest);
  EXPECT_FALSE(table_.CutOff());
  TablePeer half(table_, settings_);
  half.Send("G");
  Serve(Next());
  EXPECT_FALSE(table_.CutOff());
}

}  // namespace
}  // namespace irsa::http
