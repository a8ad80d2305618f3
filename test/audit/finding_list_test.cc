#include "src/audit/finding_list.h"

#include <set>

#include <gtest/gtest.h>

namespace irsa::audit {
namespace {

Finding About(FindingKind kind, const std::string& name, const std::string& what = "x") {
  return {kind, {"Deployment", "team-a", name}, what, "", ""};
}

TEST(FindingList, OrdersByKindThenObject) {
  FindingList list;
  list.Add(About(FindingKind::kStaticCredentials, "a"));
  list.Add({About(FindingKind::kPodFailedOpen, "b"), About(FindingKind::kPodFailedOpen, "a")});
  EXPECT_EQ(list.Take(),
            (std::vector<Finding>{About(FindingKind::kPodFailedOpen, "a"), About(FindingKind::kPodFailedOpen, "b"),
                                  About(FindingKind::kStaticCredentials, "a")}));
  EXPECT_EQ(list.Take(), std::vector<Finding>());
}

TEST(FindingList, MakesOneOfWhatPodsHaveInCommon) {
  FindingList list;
  for (const char* pod : {"p1", "p2", "p3", "p4"}) list.AddOfPod(About(FindingKind::kPodFailedOpen, "a"), pod);
  list.AddOfPod(About(FindingKind::kPodFailedOpen, "a", "something else"), "p5");
  const std::vector<Finding> found = list.Take();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].what, "something else");
  EXPECT_EQ(found[1].pod_count, 4U);
  EXPECT_EQ(found[1].pods, (std::vector<std::string>{"p1", "p2", "p3"}));
}

TEST(FindingKind, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kFindingKinds; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    EXPECT_FALSE(FindingTitle(kind).empty());
    EXPECT_TRUE(names.insert(FindingName(kind)).second) << FindingName(kind);
  }
  EXPECT_EQ(FindingName(FindingKind::kReplicaSetBlocked), "replicaset-blocked");
  EXPECT_EQ(FindingName(FindingKind::kPodFailedOpen), "pod-failed-open");
  EXPECT_EQ(SeverityOf(FindingKind::kGuardWarnsOnly), Severity::kRemark);
}

TEST(Report, IsCleanWithRemarksButNotWithGaps) {
  Report report;
  report.findings = {About(FindingKind::kGuardWarnsOnly, "a")};
  EXPECT_TRUE(report.IsClean());
  report.unread = {{"pods", "forbidden"}};
  EXPECT_FALSE(report.IsClean());
  report.unread.clear();
  report.findings.push_back(About(FindingKind::kPodFailedOpen, "a"));
  EXPECT_FALSE(report.IsClean());
  EXPECT_EQ(report.CountOf(Severity::kFault), 1U);
}

}  // namespace
}  // namespace irsa::audit
