#include "irsa/audit/blocked_replica_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;

constexpr const char* kByGuard =
    "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'irsa-guard' with binding 'irsa-guard' denied request: service "
    "account team-a/app has the role";

class CheckReplicaSetTest : public ::testing::Test {
 protected:
  std::optional<Finding> Check(const std::string& message, std::optional<Mode> mode = Mode::kWebhook,
                               const char* status = "True") {
    Json object = {
        {"metadata", {{"namespace", "team-a"}, {"name", "web-5d9c"}, {"resourceVersion", "1"}}},
        {"spec", {{"template", template_}}},
        {"status", {{"conditions", {{{"type", "ReplicaFailure"}, {"status", status}, {"message", message}}}}}}};
    return CheckReplicaSet(ViewOf(object), {}, {}, mode);
  }

  Json template_ = {{"metadata", {{"labels", {{"app", "web"}}}}}, {"spec", BarePod().at("spec")}};
};

TEST_F(CheckReplicaSetTest, FindsThoseThatIrsaBlocks) {
  const auto found = Check(kByGuard);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->object, (ObjectName{"ReplicaSet", "team-a", "web-5d9c"}));
  EXPECT_THAT(found->why, HasSubstr("irsa did not answer"));
  EXPECT_THAT(found->fix, HasSubstr("kubectl annotate replicaset web-5d9c -n team-a irsa.dev/nudged="));
  EXPECT_TRUE(Check(R"(Internal error occurred: failed calling webhook "pod-identity.irsa.dev": timeout)"));
  EXPECT_FALSE(Check("pods \"x\" is forbidden: exceeded quota: compute"));
  EXPECT_FALSE(Check(kByGuard, Mode::kWebhook, "False"));
  EXPECT_EQ(Check(kByGuard, std::nullopt), found) << "the mode is not known";
}

TEST_F(CheckReplicaSetTest, SendsNobodyToAWebhookWhereThePolicyIsAlone) {
  const auto found = Check(kByGuard, Mode::kOnly);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->why, HasSubstr("the identity policy did not give the pods their role"));
  EXPECT_THAT(found->fix, HasSubstr("irsa.dev/nudged="));
}

TEST_F(CheckReplicaSetTest, SaysWhereNoAttemptSucceeds) {
  template_["metadata"]["annotations"] = {{"eks.amazonaws.com/skip-containers", "\"proxy\""}};
  const auto found = Check(kByGuard, Mode::kOnly);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->why, HasSubstr("its annotation skip-containers has a quote or a line break: such pods"));
  EXPECT_THAT(found->why, HasSubstr("no attempt succeeds"));
  EXPECT_THAT(found->fix, HasSubstr("pod template"));
  EXPECT_THAT(found->fix, ::testing::Not(HasSubstr("nudge")));
  EXPECT_THAT(Check(kByGuard, Mode::kFallback)->fix, HasSubstr("nudge")) << "the webhook takes them";
}

}  // namespace
}  // namespace irsa::audit
