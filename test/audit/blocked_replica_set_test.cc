#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/audit/checks/rollout_check.h"
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
  EXPECT_THAT(
      found->why,
      HasSubstr("its annotation skip-containers has a quote or a line break: the identity policy leaves such pods"));
  EXPECT_THAT(found->why, HasSubstr("no attempt succeeds"));
  EXPECT_THAT(found->fix, HasSubstr("pod template"));
  EXPECT_THAT(found->fix, ::testing::Not(HasSubstr("nudge")));
  EXPECT_THAT(Check(kByGuard, Mode::kFallback)->fix, HasSubstr("nudge")) << "the webhook takes them";
}

// Where the audit may read neither webhook nor policy, it does not know the mode, but the guard that refused does.
TEST_F(CheckReplicaSetTest, TakesTheModeFromTheGuardsWords) {
  const std::string never = std::string(kByGuard) +
                            " r, but container app would start without it (AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE): "
                            "the identity policy cannot serve this pod, which will never be admitted as it is: ";
  const std::string account =
      "the annotation eks.amazonaws.com/token-expiration of its service account is not a number of seconds";
  for (const std::string& reason : {account, std::string("it has over 200 containers; use fewer")}) {
    const auto found = Check(never + reason + ".", std::nullopt);
    ASSERT_TRUE(found);
    EXPECT_THAT(found->why,
                ::testing::StartsWith('"' + reason + "\": the identity policy leaves such pods to the webhook"));
    EXPECT_THAT(found->why, HasSubstr("no attempt succeeds"));
    EXPECT_THAT(found->fix, ::testing::Not(HasSubstr("nudge")));
  }
  const auto unseen =
      Check(std::string(kByGuard) + ": the identity policy did not see the role. That happens", std::nullopt);
  ASSERT_TRUE(unseen);
  EXPECT_THAT(unseen->why, HasSubstr("the identity policy did not give the pods their role"));
  EXPECT_THAT(unseen->fix, HasSubstr("irsa audit --only policy"));
}

TEST(GuardPolicy, SaysWhatTheAuditLooksFor) {
  std::ifstream file(std::string(IRSA_SOURCE_DIR) + "/deploy/kustomize/policies/guard/guard.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(text, HasSubstr("will never be admitted as it is: '"));
  EXPECT_THAT(text, HasSubstr("'the identity policy did not see the role."));
}

}  // namespace
}  // namespace irsa::audit
