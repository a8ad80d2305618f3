#include "irsa/audit/facts/policy_facts.h"

#include <gtest/gtest.h>

#include "irsa/identity/rules/additions.h"

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

TEST(MissedBySelector, SaysWhichBindingTakesOtherAccounts) {
  PolicyFacts facts;
  facts.policy = ReadAdmissionPolicy(PolicyOfIdentities());
  Json binding = BindingOfIdentities();
  binding["spec"]["paramRef"]["selector"] = AccountLabelSelector();
  facts.bindings.push_back(ReadPolicyBinding(binding, kPolicyBindingKind));
  const Labels team = {{"kubernetes.io/metadata.name", "team-a"}};
  EXPECT_EQ(MissedBySelector(facts, team, {}),
            "binding irsa-identity takes only accounts with irsa.dev/role In (true)");
  EXPECT_EQ(MissedBySelector(facts, team, {{"irsa.dev/role", ""}}),
            "binding irsa-identity takes only accounts with irsa.dev/role In (true)");
  EXPECT_EQ(MissedBySelector(facts, team, {{"irsa.dev/role", "true"}}), "");
  EXPECT_EQ(MissedBySelector(facts, {{"kubernetes.io/metadata.name", "irsa-system"}}, {}), "") << "it looks elsewhere";
  facts.bindings.push_back(ReadPolicyBinding(BindingOfIdentities(), kPolicyBindingKind));
  EXPECT_EQ(MissedBySelector(facts, team, {}), "") << "another binding takes all";
}

TEST(IsInForce, TakesPolicyBindingAndAccounts) {
  PolicyFacts facts;
  EXPECT_FALSE(facts.IsInForce());
  facts.policy = ReadAdmissionPolicy(PolicyOfIdentities());
  EXPECT_FALSE(facts.IsInForce());
  facts.bindings.push_back(ReadPolicyBinding(BindingOfIdentities(), kPolicyBindingKind));
  EXPECT_TRUE(facts.IsInForce());
  facts.policy->param_kind = kRecordKind;
  EXPECT_FALSE(facts.IsInForce());
  facts.policy->param_kind = kAccountKind;
  facts.policy->effects = 0;
  EXPECT_FALSE(facts.IsInForce());
}

class LeftByPolicyTest : public ::testing::Test {
 protected:
  std::string Left() const { return LeftByPolicy(ReadPodFacts(ViewOf(pod_), "eks.amazonaws.com"), nullptr, {}); }
  void Annotate(const char* name, const std::string& value) {
    pod_["metadata"]["annotations"] = {{std::string("eks.amazonaws.com/") + name, value}};
  }

  Json pod_ = BarePod();
};

TEST_F(LeftByPolicyTest, LeavesNoOrdinaryPod) {
  EXPECT_EQ(Left(), "");
  Annotate("skip-containers", "app,other");
  EXPECT_EQ(Left(), "");
  Annotate("token-expiration", "86400");
  EXPECT_EQ(Left(), "");
}

TEST_F(LeftByPolicyTest, KnowsThePolicysRules) {
  for (const char* value : {"\"app\"", "app\n", "app\rx"}) {
    Annotate("skip-containers", value);
    EXPECT_EQ(Left(), "its annotation skip-containers has a quote or a line break");
  }
  Annotate("skip-containers", std::string(1999, 'x'));
  EXPECT_EQ(Left(), "");
  Annotate("skip-containers", std::string(2000, 'x'));
  EXPECT_EQ(Left(), "its annotation skip-containers has 2000 bytes, of at most 1999");
  Annotate("skip-containers", "app");
  for (const std::string& value :
       {std::string(19, '1'), "-" + std::string(18, '1'), "-" + std::string(20, '1'), "-" + std::string(19, '0'),
        "+" + std::string(19, '1'), "-" + std::string(18, '1') + "x"}) {
    Annotate("token-expiration", value);
    EXPECT_EQ(Left(), "") << value;
  }
  for (const std::string& value : {"-" + std::string(19, '1'), "-000" + std::string(19, '1')}) {
    Annotate("token-expiration", value);
    EXPECT_EQ(Left(), "its annotation token-expiration is a negative number of 19 digits") << value;
  }
}

TEST_F(LeftByPolicyTest, KnowsPathsThatHaveToBeCleaned) {
  const auto left = [this](const char* path) {
    pod_["spec"]["containers"][0]["volumeMounts"] = {{{"name", "x"}, {"mountPath", path}}};
    return Left();
  };
  for (const char* path : {"/s/serviceaccount/", "serviceaccount", "//serviceaccount", "/./serviceaccount",
                           "/x/../serviceaccount", "\\serviceaccount", "/a\\serviceaccount"}) {
    EXPECT_NE(left(path), "") << path;
  }
  for (const char* path : {"/data/", "/x/../y", "data", "/s/serviceaccount", "/..serviceaccount"}) {
    EXPECT_EQ(left(path), "") << path;
  }
}

TEST_F(LeftByPolicyTest, KnowsPodsWhoseVolumesHaveAllNames) {
  for (size_t number = 1; number <= identity::kMaxTokenVolumes; ++number) {
    EXPECT_EQ(Left(), "");
    const std::string name = identity::TokenVolumeName(identity::kTokenVolume, number);
    pod_["spec"]["volumes"].push_back({{"name", name}, {"emptyDir", Json::object()}});
  }
  EXPECT_EQ(Left(), "its volumes use all names that irsa's volume may have");
}

TEST_F(LeftByPolicyTest, KnowsThePolicysLimits) {
  pod_["spec"]["containers"] = Json::array();
  for (int i = 0; i < 200; ++i) pod_["spec"]["containers"].push_back({{"name", "c" + std::to_string(i)}});
  EXPECT_EQ(Left(), "");
  pod_["spec"]["initContainers"] = {{{"name", "init"}}};
  EXPECT_EQ(Left(), "it has 201 containers, of at most 200");
  pod_ = BarePod();
  Json& variables = pod_["spec"]["containers"][0]["env"];
  for (int i = 0; i < 20000; ++i) variables.push_back({{"name", "V"}, {"value", "x"}});
  EXPECT_EQ(Left(), "");
  variables.push_back({{"name", "V"}, {"value", "x"}});
  EXPECT_EQ(Left(), "its containers have 20001 variables, of at most 20000");
}

TEST(LeftByPolicy, KnowsWhatCelCannotDo) {
  const Json object = BarePod();
  const PodFacts pod = ReadPodFacts(ViewOf(object), "eks.amazonaws.com");
  identity::Settings settings;
  identity::Identity identity{"arn:aws:iam::111122223333:role/r", "sts.amazonaws.com", std::chrono::seconds(600),
                              false};
  identity.region = "us-east-2";
  identity.session_name = {"n.{pod}", "n.a"};
  identity.containers = {.included = std::vector<std::string>{"app"}, .skipped = std::vector<std::string>{"a b", ""}};
  EXPECT_EQ(LeftByPolicy(pod, &identity, settings), "");
  identity.containers.included = std::vector<std::string>{"a,b"};
  EXPECT_EQ(LeftByPolicy(pod, &identity, settings),
            "skip-containers or include-containers of its service account has quotes, or 2000 characters");
  identity.containers.included = std::vector<std::string>(2, std::string(999, 'x'));
  EXPECT_EQ(LeftByPolicy(pod, &identity, settings), "") << "1999 characters with the comma";
  identity.containers.included->push_back("");
  EXPECT_NE(LeftByPolicy(pod, &identity, settings), "");
  identity.containers = {};
  identity.profiles = {{"a", "arn:aws:iam::111122223333:role/a"}};
  EXPECT_EQ(LeftByPolicy(pod, &identity, settings), "its service account has profiles");
  identity.profiles = {};
  identity.role_arn = "r";
  EXPECT_EQ(LeftByPolicy(pod, &identity, settings), "");
  settings.composition.is_on = true;
  EXPECT_EQ(LeftByPolicy(pod, &identity, settings),
            "its role is given without an ARN, and the policy's awsPartition and awsAccountId are empty");
  identity.method = identity::Method::kPodIdentity;
  EXPECT_EQ(LeftByPolicy(pod, &identity, settings), "its service account uses EKS Pod Identity");
}

}  // namespace
}  // namespace irsa::audit
