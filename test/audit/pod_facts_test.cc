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

TEST(ReadPodFacts, SaysWhyAPodCannotBeRead) {
  Json pod = IdentifiedPod();
  pod["metadata"]["annotations"] = {{"eks.amazonaws.com/skip-containers", "app"}};
  const PodFacts read = ReadPodFacts(ViewOf(pod), "eks.amazonaws.com");
  EXPECT_EQ(read.unreadable, "");
  EXPECT_EQ(read.view.longest_name, 5U) << "web-1";
  EXPECT_EQ(read.container_count, 1U);
  EXPECT_EQ(read.variable_count, 2U);
  Json& containers = pod["spec"]["containers"];
  while (containers.size() <= 1000) containers.push_back(Container("more"));
  const PodFacts unread = ReadPodFacts(ViewOf(pod), "eks.amazonaws.com");
  EXPECT_EQ(unread.unreadable, "spec.containers[1000] exceeds the limit of 1000 containers");
  EXPECT_EQ(unread.view.service_account_name, "app");
  EXPECT_TRUE(unread.view.containers.empty() && unread.view.annotations.empty());
  EXPECT_EQ(unread.container_count, 1001U);
  EXPECT_EQ(unread.variable_count, 2002U);
}

TEST(RestartCommand, IsOneForEachKind) {
  EXPECT_EQ(RestartCommand({"DaemonSet", "n", "x"}), "kubectl rollout restart daemonset/x -n n");
  EXPECT_THAT(RestartCommand({"Job", "n", "x"}), HasSubstr("kubectl delete job x -n n"));
  EXPECT_THAT(RestartCommand({"Pod", "n", "x"}), HasSubstr("kubectl get pod x -n n"));
  EXPECT_THAT(RestartCommand({"ReplicaSet", "n", "x"}), HasSubstr("delete its pods"));
}

}  // namespace
}  // namespace irsa::audit
