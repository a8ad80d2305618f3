#include "src/audit/checks/rollout_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::audit {
namespace {

using base::Json;
using ::testing::HasSubstr;

// In the middle of a rollout, as kube-controller-manager writes it.
Json Deployment() {
  return {{"metadata", {{"namespace", "irsa-system"}, {"name", "irsa"}, {"generation", 4}}},
          {"spec", {{"replicas", 2}, {"selector", {{"matchLabels", {{"app", "irsa"}, {"tier", "x"}}}}}}},
          {"status",
           {{"observedGeneration", 4},
            {"updatedReplicas", 1},
            {"availableReplicas", 2},
            {"conditions",
             {{{"type", "Available"}, {"status", "True"}},
              {{"type", "Progressing"}, {"status", "True"}, {"reason", "ReplicaSetUpdated"}}}}}}};
}

std::optional<Finding> Check(const Json& deployment) { return CheckRollout(ReadRollout(deployment)); }

TEST(CheckRollout, FindsNothingWhileItGoesOnAndOnceItIsOver) {
  EXPECT_FALSE(Check(Deployment()));
  Json over = Deployment();
  over["status"]["updatedReplicas"] = 2;
  EXPECT_FALSE(Check(over));
  over["spec"]["paused"] = true;
  EXPECT_FALSE(Check(over)) << "nothing waits for it";
  EXPECT_FALSE(Check({{"metadata", {{"name", "irsa"}}}, {"spec", {{"replicas", 0}}}}));
}

TEST(CheckRollout, FindsOneThatIsOverItsTime) {
  Json late = Deployment();
  late["status"]["conditions"][1] = {
      {"type", "Progressing"}, {"status", "False"}, {"reason", "ProgressDeadlineExceeded"}};
  const auto found = Check(late);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, FindingKind::kRolloutStuck);
  EXPECT_EQ(SeverityOf(found->kind), Severity::kFault);
  EXPECT_EQ(found->object, (ObjectName{"Deployment", "irsa-system", "irsa"}));
  EXPECT_EQ(found->what, "its rollout does not progress: 1 of 2 replicas are updated, 2 available");
  EXPECT_THAT(found->fix, HasSubstr("kubectl describe pods -n irsa-system -l app=irsa,tier=x; "));
  EXPECT_THAT(found->fix, HasSubstr("kubectl rollout undo deployment/irsa -n irsa-system"));
  late["status"]["observedGeneration"] = 3;
  EXPECT_FALSE(Check(late)) << "the condition is about the template before";
}

TEST(CheckRollout, FindsPodsThatCannotBeCreated) {
  Json refused = Deployment();
  refused["status"]["conditions"].push_back(
      {{"type", "ReplicaFailure"}, {"status", "True"}, {"message", "exceeded quota: pods"}});
  auto found = Check(refused);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->what, "its pods cannot be created: \"exceeded quota: pods\"");
  EXPECT_THAT(found->fix, HasSubstr("kubectl rollout status deployment/irsa -n irsa-system"));
  refused["status"]["conditions"][2]["status"] = "False";
  EXPECT_FALSE(Check(refused));
}

TEST(CheckRollout, FindsOneThatSomebodyPaused) {
  Json paused = Deployment();
  paused["spec"]["paused"] = true;
  const auto found = Check(paused);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->what, "its rollout is paused: 1 of 2 replicas are updated, 2 available");
  EXPECT_EQ(found->fix, "kubectl rollout resume deployment/irsa -n irsa-system");
}

}  // namespace
}  // namespace irsa::audit
