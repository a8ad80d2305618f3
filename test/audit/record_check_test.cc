#include "irsa/audit/record_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/audit/blocked_replica_set.h"

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

Names Kinds(const std::vector<Finding>& findings) {
  Names names;
  for (const Finding& finding : findings) names.emplace_back(FindingName(finding.kind));
  return names;
}

class RecordCheck : public ::testing::Test {
 protected:
  RecordCheck() {
    const Json object = AnnotatedAccount();
    accounts_["team-a"].emplace("app", *ReadAccountFacts(ViewOf(object), settings_));
    maps_["team-a"].accounts["app"] = kube::RecordIdentity(*identity_, settings_).value();
  }

  std::vector<Finding> Check(bool is_guarded = true) const {
    const auto find = [this](std::string_view namespace_name, std::string_view name) {
      return namespace_name == "team-a" && name == "app" && identity_ ? &*identity_ : nullptr;
    };
    return CheckRecord(maps_, accounts_, find,
                       {installation_, settings_, [is_guarded](std::string_view) { return is_guarded; }});
  }

  Installation installation_;
  mutation::Settings settings_;
  AccountTable accounts_;
  RecordedMaps maps_;
  std::optional<mutation::Identity> identity_{{kRole, "sts.amazonaws.com", std::chrono::seconds(86400), false}};
};

TEST_F(RecordCheck, FindsNothingWhenItSaysWhatTheAccountsSay) { EXPECT_EQ(Check(), std::vector<Finding>()); }

TEST_F(RecordCheck, FindsWhatIsMissingWhereTheGuardLooks) {
  maps_["team-a"].accounts.clear();
  const auto found = Check();
  ASSERT_EQ(Kinds(found), Names{"record-entry-missing"});
  EXPECT_EQ(found[0].object, (ObjectName{"ServiceAccount", "team-a", "app"}));
  EXPECT_EQ(Check(false), std::vector<Finding>());
  maps_.clear();
  EXPECT_EQ(Kinds(Check()), Names{"record-entry-missing"});
}

TEST_F(RecordCheck, SaysWhatCannotBeOnRecord) {
  maps_.clear();
  accounts_["team-a"].at("app").resolved.identity->audience = std::string(1025, 'x');
  const auto found = Check();
  ASSERT_EQ(Kinds(found), Names{"record-entry-missing"});
  EXPECT_THAT(found[0].why, HasSubstr("it cannot be on record"));
  EXPECT_THAT(found[0].fix, HasSubstr("shorten the value"));
}

TEST_F(RecordCheck, FindsWhatIsWrong) {
  maps_["team-a"].accounts["app"]->role_arn = kOtherRole;
  auto found = Check();
  ASSERT_EQ(Kinds(found), Names{"record-entry-wrong"});
  EXPECT_THAT(found[0].what, HasSubstr(std::string("says role ") + kOtherRole));
  EXPECT_THAT(found[0].what, HasSubstr(std::string("but the account has role ") + kRole));
  maps_["team-a"].accounts["app"] = std::nullopt;
  found = Check();
  ASSERT_EQ(Kinds(found), Names{"record-entry-wrong"});
  EXPECT_THAT(found[0].what, HasSubstr("is not as irsa writes them"));
}

TEST_F(RecordCheck, ComparesTheRegionToo) {
  settings_.default_region = "eu-central-1";
  EXPECT_EQ(Kinds(Check()), Names{"record-entry-wrong"});
}

TEST_F(RecordCheck, FindsEntriesOfNobody) {
  maps_["team-b"].accounts["gone"] = maps_["team-a"].accounts["app"];
  const auto found = Check();
  ASSERT_EQ(Kinds(found), Names{"record-entry-stale"});
  EXPECT_EQ(found[0].object, (ObjectName{"IdentityMap", "team-b", "identities"}));
  EXPECT_THAT(found[0].what, HasSubstr("gone"));
}

TEST(CheckRecordWebhook, WantsAnEntryForServiceAccounts) {
  const Installation installation;
  Json json = PodWebhook("");
  EXPECT_EQ(Kinds(CheckRecordWebhook(nullptr, installation)), Names{"record-webhook-missing"});
  auto webhook = ReadWebhookConfiguration(json, "ValidatingWebhookConfiguration");
  EXPECT_EQ(Kinds(CheckRecordWebhook(&webhook, installation)), Names{"record-webhook-missing"});
  json["webhooks"][0]["rules"][0]["resources"] = {"serviceaccounts"};
  webhook = ReadWebhookConfiguration(json, "ValidatingWebhookConfiguration");
  EXPECT_EQ(Kinds(CheckRecordWebhook(&webhook, installation)), Names());
}

class GuardCheck : public ::testing::Test {
 protected:
  Names Check() const {
    GuardFacts guard{.has_definition = has_definition_, .policy = {}, .binding = {}};
    if (!policy_.is_null()) guard.policy = ReadGuardPolicy(policy_);
    if (!binding_.is_null()) guard.binding = ReadGuardBinding(binding_);
    const auto webhook = ReadWebhookConfiguration(webhook_, "MutatingWebhookConfiguration");
    return Kinds(CheckGuard(guard, installation_, &webhook, &namespaces_));
  }

  Installation installation_;
  bool has_definition_ = true;
  Json policy_ = PolicyOfGuard();
  Json binding_ = BindingOfGuard();
  Json webhook_ = PodWebhook("");
  Namespaces namespaces_ = {{"irsa-system", {{"kubernetes.io/metadata.name", "irsa-system"}}},
                            {"kube-system", {{"kubernetes.io/metadata.name", "kube-system"}}},
                            {"off", {{"kubernetes.io/metadata.name", "off"}, {"irsa.dev/guard", "off"}}},
                            {"team-a", {{"kubernetes.io/metadata.name", "team-a"}}}};
};

TEST_F(GuardCheck, FindsNothingWhenItIsAsInstalled) { EXPECT_EQ(Check(), Names()); }

TEST_F(GuardCheck, RemarksThatThereIsNone) {
  policy_ = binding_ = Json();
  has_definition_ = false;
  EXPECT_EQ(Check(), Names{"guard-not-installed"});
  installation_.keeps_record = true;
  EXPECT_EQ(Check(), (Names{"guard-missing", "guard-missing"})) << "definition and policy";
}

TEST_F(GuardCheck, FindsPartsThatAreMissing) {
  has_definition_ = false;
  EXPECT_EQ(Check(), Names{"guard-missing"});
  has_definition_ = true;
  policy_ = Json();
  EXPECT_EQ(Check(), Names{"guard-missing"});
  policy_ = PolicyOfGuard();
  binding_ = Json();
  EXPECT_EQ(Check(), Names{"guard-binding-missing"});
}

TEST_F(GuardCheck, RemarksThatItOnlyWarns) {
  binding_["spec"]["validationActions"] = {"Warn", "Audit"};
  EXPECT_EQ(Check(), Names{"guard-warns-only"});
}

TEST_F(GuardCheck, FindsWhatSomebodyChanged) {
  policy_["spec"]["validations"] = Json::array();
  EXPECT_EQ(Check(), Names{"guard-altered"});
  policy_ = PolicyOfGuard();
  policy_["spec"]["paramKind"] = {{"apiVersion", "v1"}, {"kind", "ConfigMap"}};
  EXPECT_EQ(Check(), Names{"guard-altered"});
  policy_ = PolicyOfGuard();
  for (const Json& change : {Json{{"policyName", "other"}}, Json{{"paramRef", {{"name", "other"}}}},
                             Json{{"paramRef", {{"parameterNotFoundAction", "Deny"}}}},
                             Json{{"matchResources", {{"namespaceSelector", {{"matchLabels", {{"a", "b"}}}}}}}}}) {
    binding_ = BindingOfGuard();
    binding_["spec"].merge_patch(change);
    EXPECT_EQ(Check(), Names{"guard-altered"}) << change;
  }
}

TEST_F(GuardCheck, FindsAScopeThatIsNotTheWebhooks) {
  Json expressions = policy_["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"];
  policy_["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"] = Json::array();
  EXPECT_EQ(Check(), Names{"guard-scope-differs"}) << "it looks at irsa-system, the webhook does not";
  expressions.push_back({{"key", "team"}, {"operator", "Exists"}});
  policy_["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"] = expressions;
  EXPECT_EQ(Check(), Names{"guard-scope-differs"}) << "it does not look at team-a";
  policy_ = PolicyOfGuard();
  policy_["spec"]["matchConstraints"]["objectSelector"] = Json::object();
  EXPECT_EQ(Check(), Names{"guard-scope-differs"}) << "it looks at pods that opted out";
}

TEST(CheckReplicaSet, FindsThoseThatIrsaBlocks) {
  const auto check = [](const std::string& message, const char* status = "True") {
    const Json object = {
        {"metadata", {{"namespace", "team-a"}, {"name", "web-5d9c"}, {"resourceVersion", "1"}}},
        {"status", {{"conditions", {{{"type", "ReplicaFailure"}, {"status", status}, {"message", message}}}}}}};
    return CheckReplicaSet(ViewOf(object), {});
  };
  const std::string guard =
      "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'irsa-guard' with binding 'irsa-guard' "
      "denied request: service account team-a/app has the role";
  const auto found = check(guard);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->object, (ObjectName{"ReplicaSet", "team-a", "web-5d9c"}));
  EXPECT_THAT(found->fix, HasSubstr("kubectl annotate replicaset web-5d9c -n team-a irsa.dev/nudged="));
  EXPECT_TRUE(check(R"(Internal error occurred: failed calling webhook "pod-identity.irsa.dev": timeout)"));
  EXPECT_FALSE(check("pods \"x\" is forbidden: exceeded quota: compute"));
  EXPECT_FALSE(check(guard, "False"));
}

}  // namespace
}  // namespace irsa::audit
