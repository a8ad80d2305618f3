#include "irsa/audit/facts/pod_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;

TEST(WorkloadOf, IsWhatAPersonChanges) {
  const auto workload = [](const Json& owner, const Json& labels) {
    Json pod = BarePod();
    pod["metadata"]["ownerReferences"] = Json::array({owner});
    pod["metadata"]["labels"] = labels;
    return Text(WorkloadOf(ReadPodFacts(ViewOf(pod), "eks.amazonaws.com")));
  };
  const Json hash = {{"pod-template-hash", "5d9c"}};
  EXPECT_EQ(workload({{"kind", "StatefulSet"}, {"name", "db"}, {"controller", true}}, Json::object()),
            "StatefulSet team-a/db");
  EXPECT_EQ(workload({{"kind", "ReplicaSet"}, {"name", "web-5d9c"}, {"controller", true}}, hash),
            "Deployment team-a/web");
  EXPECT_EQ(workload({{"kind", "ReplicaSet"}, {"name", "own"}, {"controller", true}}, hash), "ReplicaSet team-a/own");
  EXPECT_EQ(workload({{"kind", "ReplicaSet"}, {"name", "own-5d9c"}, {"controller", true}}, Json::object()),
            "ReplicaSet team-a/own-5d9c");
  EXPECT_EQ(workload({{"kind", "Thing"}, {"name", "x"}}, Json::object()), "Pod team-a/web-1");
}

TEST(RestartCommand, IsOneForEachKind) {
  EXPECT_EQ(RestartCommand({"DaemonSet", "n", "x"}), "kubectl rollout restart daemonset/x -n n");
  EXPECT_THAT(RestartCommand({"Job", "n", "x"}), HasSubstr("kubectl delete job x -n n"));
  EXPECT_THAT(RestartCommand({"Pod", "n", "x"}), HasSubstr("kubectl get pod x -n n"));
  EXPECT_THAT(RestartCommand({"ReplicaSet", "n", "x"}), HasSubstr("delete its pods"));
}

}  // namespace
}  // namespace irsa::audit
