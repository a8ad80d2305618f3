#include "src/kube/api/lease_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::kube {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr base::SystemTime kNow{std::chrono::microseconds(1785585600'000042)};  // 2026-08-01T12:00:00.000042Z

LeaseRecord Parsed(const std::string& spec) {
  return LeaseRecord::Parse(R"({"metadata": {"name": "irsa", "resourceVersion": "7"}, "spec": )" + spec + "}").value();
}

json SpecOf(const LeaseRecord& record) { return json::parse(record.Text()).at("spec"); }

TEST(LeaseRecord, BeginsWithTheFirstHolder) {
  LeaseRecord record = LeaseRecord::New("irsa");
  EXPECT_EQ(record.holder(), "");
  record.Take("a", seconds(15), kNow);
  EXPECT_EQ(json::parse(record.Text()), json::parse(R"({
    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "irsa"},
    "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15, "acquireTime": "2026-08-01T12:00:00.000042Z",
             "renewTime": "2026-08-01T12:00:00.000042Z", "leaseTransitions": 0}})"));
}

TEST(LeaseRecord, RenewsWithoutATransition) {
  LeaseRecord record = LeaseRecord::New("irsa");
  record.Take("a", seconds(15), kNow);
  record.Take("a", seconds(15), kNow + std::chrono::milliseconds(2500));
  EXPECT_EQ(SpecOf(record)["acquireTime"], "2026-08-01T12:00:00.000042Z");
  EXPECT_EQ(SpecOf(record)["renewTime"], "2026-08-01T12:00:02.500042Z");
  EXPECT_EQ(SpecOf(record)["leaseTransitions"], 0);
}

TEST(LeaseRecord, CountsTransitions) {
  LeaseRecord record = Parsed(R"({"holderIdentity": "b", "leaseTransitions": 4, "acquireTime": "x", "strategy": "s"})");
  EXPECT_EQ(record.holder(), "b");
  record.Take("a", seconds(15), kNow);
  EXPECT_EQ(SpecOf(record)["leaseTransitions"], 5);
  EXPECT_EQ(SpecOf(record)["acquireTime"], "2026-08-01T12:00:00.000042Z");
  EXPECT_EQ(SpecOf(record)["strategy"], "s");
  EXPECT_EQ(json::parse(record.Text())["metadata"]["resourceVersion"], "7");
  LeaseRecord worn_out = Parsed(R"({"holderIdentity": "b", "leaseTransitions": 2147483647})");
  worn_out.Take("a", seconds(15), kNow);
  EXPECT_EQ(SpecOf(worn_out)["leaseTransitions"], 2147483647);
}

TEST(LeaseRecord, IsGivenBackToNobody) {
  LeaseRecord record = LeaseRecord::New("irsa");
  record.Take("a", seconds(15), kNow - seconds(9));
  record.GiveBack(kNow);
  EXPECT_EQ(record.holder(), "");
  EXPECT_EQ(record.duration(seconds(15)), seconds(1));
  EXPECT_FALSE(SpecOf(record).contains("holderIdentity"));
  EXPECT_EQ(SpecOf(record)["renewTime"], "2026-08-01T12:00:00.000042Z");
  record.Take("b", seconds(15), kNow);
  EXPECT_EQ(SpecOf(record)["leaseTransitions"], 1);
}

TEST(LeaseRecord, TakesTheHoldersDurationOrAnother) {
  EXPECT_EQ(Parsed(R"({"leaseDurationSeconds": 60})").duration(seconds(15)), seconds(60));
  for (const char* spec : {"{}", "null", R"({"leaseDurationSeconds": 0})", R"({"leaseDurationSeconds": -1})",
                           R"({"leaseDurationSeconds": "60"})", R"({"leaseDurationSeconds": 1e3})",
                           R"({"leaseDurationSeconds": 9000000000})"}) {
    EXPECT_EQ(Parsed(spec).duration(seconds(15)), seconds(15)) << spec;
  }
}

TEST(LeaseRecord, ComparesWhatItSaysOnly) {
  const LeaseRecord one = Parsed(R"({"holderIdentity": "a"})");
  EXPECT_TRUE(one.SaysTheSame(
      LeaseRecord::Parse(R"({"metadata": {"resourceVersion": "8"}, "spec": {"holderIdentity": "a"}})").value()));
  EXPECT_FALSE(one.SaysTheSame(Parsed(R"({"holderIdentity": "a", "renewTime": "x"})")));
}

TEST(LeaseRecord, RefusesWhatIsNoLease) {
  for (const char* text : {"", "[]", "{}", R"({"metadata": []})", R"({"metadata": {}, "spec": "x"})"}) {
    EXPECT_EQ(LeaseRecord::Parse(text).error().code, ErrorCode::kMalformed) << text;
  }
}

}  // namespace
}  // namespace irsa::kube
