#include "irsa/kube/record_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/kube/record_examples.h"
#include "test/testing/fake_clock.h"

namespace irsa::kube {
namespace {

using base::Json;
using ::testing::IsEmpty;

constexpr std::chrono::milliseconds kInstant(1);

class RecordStateTest : public ::testing::Test {
 protected:
  // The map in namespace n; its generation is its version, and so is what its status says.
  void Put(int version, const Roles& roles) {
    Json accounts = Json::object();
    for (const auto& [account, role] : roles) accounts[account] = role.empty() ? Json(1) : RecordEntry(role);
    PutObject({{"metadata",
                {{"name", "identities"},
                 {"namespace", "n"},
                 {"resourceVersion", std::to_string(version)},
                 {"generation", version}}},
               {"spec", {{"accounts", accounts}}},
               {"status", {{"observedGeneration", version}, {"accounts", roles.size()}}}});
  }
  void PutObject(const Json& object) { state_.Put(ViewObject(object).value()); }
  void Remove() {
    const Json object = {{"metadata", {{"name", "identities"}, {"namespace", "n"}, {"resourceVersion", "99"}}}};
    state_.Remove(ViewObject(object).value());
  }

  RecordState::Comparison Compare(const Roles& roles) {
    RecordedCluster wanted;
    for (const auto& [account, role] : roles) wanted["n"].emplace(account, Recorded(role));
    return state_.Compare(wanted);
  }
  // What is to be done in namespace n, as "+added", "~changed" and "-removed" with blanks between; "" for nothing.
  std::string Work(const Roles& roles) {
    const auto comparison = Compare(roles);
    const auto work = comparison.work.find("n");
    std::string text;
    if (work == comparison.work.end()) return text;
    for (const auto& [account, identity] : work->second.add) text += "+" + account + "=" + identity->role_arn + " ";
    for (const auto& [account, identity] : work->second.correct) {
      text += identity ? "~" + account + "=" + identity->role_arn + " " : "-" + account + " ";
    }
    if (work->second.status) text += "status ";
    text.pop_back();
    return text;
  }

  irsa::testing::FakeClock clock_;
  RecordState state_{clock_};
};

TEST_F(RecordStateTest, HasNothingToDoWhereAllAgrees) {
  EXPECT_EQ(Work({}), "");
  Put(1, {{"a", "A"}});
  const auto comparison = Compare({{"a", "A"}});
  EXPECT_THAT(comparison.work, IsEmpty());
  EXPECT_EQ(comparison.due, std::nullopt);
}

TEST_F(RecordStateTest, AddsWhatIsMissingAtOnce) {
  EXPECT_EQ(Work({{"a", "A"}, {"b", "B"}}), "+a=A +b=B");
  Put(1, {{"a", "A"}});
  EXPECT_EQ(Work({{"a", "A"}, {"b", "B"}}), "+b=B");
}

TEST_F(RecordStateTest, ADeletedMapComesBack) {
  Put(1, {{"a", "A"}});
  EXPECT_EQ(Work({{"a", "A"}}), "");
  Remove();
  EXPECT_EQ(Work({{"a", "A"}}), "+a=A");
}

TEST_F(RecordStateTest, LeavesWhatIsWrittenAheadToItsRequest) {
  Put(1, {{"ahead", "A"}});
  EXPECT_EQ(Work({}), "");
  EXPECT_EQ(Compare({}).due, clock_.SteadyNow() + kUnconfirmed);
  clock_.Advance(kUnconfirmed - kInstant);
  EXPECT_EQ(Work({}), "");
  clock_.Advance(kInstant);
  EXPECT_EQ(Work({}), "-ahead");
}

TEST_F(RecordStateTest, LeavesAChangeThatIsWrittenAhead) {
  Put(1, {{"a", "A"}});
  EXPECT_EQ(Work({{"a", "A"}}), "");
  Put(2, {{"a", "B"}});
  clock_.Advance(kUnconfirmed - kInstant);
  EXPECT_EQ(Work({{"a", "A"}}), "");
  // And it came about.
  EXPECT_EQ(Work({{"a", "B"}}), "");
  clock_.Advance(kUnconfirmed);
  EXPECT_EQ(Work({{"a", "B"}}), "");
}

TEST_F(RecordStateTest, TakesBackAChangeThatNeverCame) {
  Put(1, {{"a", "B"}});
  clock_.Advance(kUnconfirmed);
  EXPECT_EQ(Work({{"a", "A"}}), "~a=A");
  EXPECT_EQ(Compare({{"a", "A"}}).work.at("n").resource_version, "1");
}

TEST_F(RecordStateTest, RemovesWhatAnAccountHadAgreedWithSoon) {
  Put(1, {{"a", "A"}});
  EXPECT_EQ(Work({{"a", "A"}}), "");
  EXPECT_EQ(Work({}), "");
  EXPECT_EQ(Compare({}).due, clock_.SteadyNow() + kConfirmed);
  clock_.Advance(kConfirmed);
  EXPECT_EQ(Work({}), "-a");
}

TEST_F(RecordStateTest, AnAccountThatIsMadeAnewKeepsItsEntry) {
  Put(1, {{"a", "A"}});
  EXPECT_EQ(Work({{"a", "A"}}), "");
  EXPECT_EQ(Work({}), "");
  clock_.Advance(kConfirmed - kInstant);
  EXPECT_EQ(Work({{"a", "A"}}), "");
  EXPECT_EQ(Work({}), "");
  clock_.Advance(kConfirmed - kInstant);
  EXPECT_EQ(Work({}), "");
}

TEST_F(RecordStateTest, OtherChangesOfTheMapDoNotMakeAnEntryYounger) {
  Put(1, {{"a", "A"}});
  clock_.Advance(kUnconfirmed - kInstant);
  Put(2, {{"a", "A"}, {"b", "B"}});
  clock_.Advance(kInstant);
  EXPECT_EQ(Work({{"b", "B"}}), "-a");
}

TEST_F(RecordStateTest, AnEntryThatWasRewrittenIsYoung) {
  Put(1, {{"a", "A"}});
  EXPECT_EQ(Work({{"a", "A"}}), "");
  Put(2, {{"a", "B"}});
  EXPECT_EQ(Work({}), "");
  clock_.Advance(kConfirmed);
  EXPECT_EQ(Work({}), "");
}

TEST_F(RecordStateTest, CorrectsWhatIsNotIrsasAtOnce) {
  Put(1, {{"a", ""}, {"gone", ""}});
  EXPECT_EQ(Work({{"a", "A"}}), "~a=A -gone");
}

TEST_F(RecordStateTest, KnowsNamespacesThatNoAccountIsIn) {
  Put(1, {{"a", "A"}});
  clock_.Advance(kUnconfirmed);
  const auto comparison = state_.Compare({{"other", {{"x", Recorded("X")}}}});
  EXPECT_EQ(comparison.work.at("n").correct, (RecordChange{{"a", std::nullopt}}));
  EXPECT_EQ(comparison.work.at("other").add, (RecordChange{{"x", Recorded("X")}}));
}

TEST_F(RecordStateTest, WritesAStatusWhenAllIsSettled) {
  PutObject({{"metadata", {{"name", "identities"}, {"namespace", "n"}, {"resourceVersion", "1"}, {"generation", 7}}},
             {"spec", {{"accounts", {{"a", RecordEntry("A")}}}}}});
  EXPECT_EQ(Work({{"a", "A"}, {"b", "B"}}), "+b=B");
  EXPECT_EQ(Work({}), "");
  EXPECT_EQ(Compare({{"a", "A"}}).work.at("n").status, (RecordWork::Status{7, 1}));
}

TEST_F(RecordStateTest, RestsAfterAWriteUntilItShows) {
  EXPECT_EQ(Work({{"a", "A"}}), "+a=A");
  state_.NoteWrite("n");
  EXPECT_EQ(Work({{"a", "A"}}), "");
  EXPECT_EQ(Compare({{"a", "A"}}).due, clock_.SteadyNow() + kAfterWrite);
  Put(2, {{"b", "B"}});
  EXPECT_EQ(Work({{"a", "A"}, {"b", "B"}}), "+a=A");
  state_.NoteWrite("n");
  Remove();
  EXPECT_EQ(Work({{"a", "A"}}), "+a=A");
}

TEST_F(RecordStateTest, TriesAgainWhatDoesNotShow) {
  state_.NoteWrite("n");
  clock_.Advance(kAfterWrite);
  EXPECT_EQ(Work({{"a", "A"}}), "+a=A");
}

TEST_F(RecordStateTest, ANewListReplacesWhatItDoesNotHave) {
  Put(1, {{"a", "A"}});
  EXPECT_EQ(Work({{"a", "A"}}), "");
  state_.StartReplace();
  EXPECT_EQ(Work({{"a", "A"}}), "");
  Put(1, {{"a", "A"}});
  state_.FinishReplace("5");
  EXPECT_EQ(Work({{"a", "A"}}), "");
  state_.StartReplace();
  state_.FinishReplace("6");
  EXPECT_EQ(Work({{"a", "A"}}), "+a=A");
}

TEST_F(RecordStateTest, ReadsNoOtherMaps) {
  PutObject({{"metadata", {{"name", "other"}, {"namespace", "n"}, {"resourceVersion", "1"}}},
             {"spec", {{"accounts", {{"a", 1}}}}}});
  EXPECT_EQ(Work({}), "");
  Put(1, {{"a", "A"}});
  const Json other = {{"metadata", {{"name", "other"}, {"namespace", "n"}, {"resourceVersion", "2"}}}};
  state_.Remove(ViewObject(other).value());
  EXPECT_EQ(Work({{"a", "A"}}), "");
}

TEST_F(RecordStateTest, CountsItsChanges) {
  const uint64_t before = state_.changes();
  Put(1, {});
  const uint64_t put = state_.changes();
  EXPECT_GT(put, before);
  Remove();
  EXPECT_GT(state_.changes(), put);
  const uint64_t removed = state_.changes();
  Compare({});
  EXPECT_EQ(state_.changes(), removed);
}

}  // namespace
}  // namespace irsa::kube
