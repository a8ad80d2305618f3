#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/audit/checks/policy_check.h"
#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;

class GuardCheckTest : public ::testing::Test {
 protected:
  std::vector<Finding> Find() const {
    PolicyFacts guard;
    if (!policy_.is_null()) guard.policy = ReadAdmissionPolicy(policy_);
    if (!binding_.is_null()) guard.bindings = {ReadPolicyBinding(binding_, kGuardBindingKind)};
    const auto webhook = ReadWebhookConfiguration(webhook_, "MutatingWebhookConfiguration");
    return CheckGuard(guard,
                      {installation_, settings_, mode_, mode_ == Mode::kOnly ? nullptr : &webhook, &namespaces_});
  }
  Names Check() const { return Kinds(Find()); }

  Installation installation_;
  identity::Settings settings_;
  std::optional<Mode> mode_ = Mode::kWebhook;
  Json policy_ = PolicyOfGuard();
  Json binding_ = BindingOfGuard();
  Json webhook_ = PodWebhook("");
  Namespaces namespaces_ = {{"irsa-system", {{"kubernetes.io/metadata.name", "irsa-system"}}},
                            {"kube-system", {{"kubernetes.io/metadata.name", "kube-system"}}},
                            {"off", {{"kubernetes.io/metadata.name", "off"}, {"irsa.dev/guard", "off"}}},
                            {"team-a", {{"kubernetes.io/metadata.name", "team-a"}}}};
};

TEST_F(GuardCheckTest, FindsNothingWhenItIsAsInstalled) {
  EXPECT_EQ(Check(), Names());
  for (const Mode mode : {Mode::kFallback, Mode::kOnly}) {
    mode_ = mode;
    policy_ = PolicyOfGuard(std::string(ModeName(mode)));
    EXPECT_EQ(Check(), Names()) << ModeName(mode);
  }
}

TEST_F(GuardCheckTest, RemarksThatThereIsNone) {
  policy_ = binding_ = Json();
  EXPECT_EQ(Check(), Names{"guard-not-installed"});
  mode_ = Mode::kFallback;
  EXPECT_EQ(Check(), Names{"guard-not-installed"});
  mode_ = Mode::kOnly;
  EXPECT_EQ(Check(), Names{"guard-missing"}) << "the policy is alone";
}

TEST_F(GuardCheckTest, FindsPartsThatAreMissing) {
  policy_ = Json();
  EXPECT_EQ(Check(), Names{"guard-missing"});
  policy_ = PolicyOfGuard();
  binding_ = Json();
  EXPECT_EQ(Check(), Names{"guard-binding-missing"});
}

TEST_F(GuardCheckTest, RemarksThatItOnlyWarns) {
  binding_["spec"]["validationActions"] = {"Warn", "Audit"};
  EXPECT_EQ(Check(), Names{"guard-warns-only"});
}

TEST_F(GuardCheckTest, FindsWhatSomebodyChanged) {
  const auto changed = [this](Json& object, const char* pointer, const Json& value) {
    const Json before = object;
    object["spec"][Json::json_pointer(pointer)] = value;
    const auto found = Find();
    object = before;
    return found.size() == 1 && found[0].kind == FindingKind::kGuardAltered ? found[0].what : "";
  };
  EXPECT_EQ(changed(policy_, "/validations", Json::array()), "it has no validations");
  EXPECT_EQ(changed(policy_, "/paramKind/kind", "ConfigMap"), "its paramKind is v1/ConfigMap");
  EXPECT_EQ(changed(policy_, "/paramKind", nullptr), "it has no paramKind");
  EXPECT_EQ(changed(policy_, "/variables/0/expression", "'example.com'"),
            "its variable annotationPrefix is 'example.com', but --annotation-prefix makes it 'eks.amazonaws.com'");
  EXPECT_EQ(changed(policy_, "/variables/2/expression", "'/token'"),
            "its variable tokenMountPath is '/token', but --token-mount-path makes it "
            "'/var/run/secrets/eks.amazonaws.com/serviceaccount'");
  EXPECT_EQ(changed(policy_, "/variables/1/expression", "'only'"),
            "its variable mode is 'only', but what gives pods their identity is the webhook");
  EXPECT_EQ(changed(policy_, "/variables/1/name", "x"),
            "its variable mode does not exist, but what gives pods their identity is the webhook");
  EXPECT_EQ(changed(binding_, "/policyName", "other"), "it binds the policy other");
  EXPECT_EQ(changed(binding_, "/paramRef", nullptr), "it has no paramRef");
  EXPECT_EQ(changed(binding_, "/paramRef/name", "app"), "its paramRef takes only the object app");
  EXPECT_EQ(changed(binding_, "/paramRef/parameterNotFoundAction", "Deny"), "its parameterNotFoundAction is Deny");
  EXPECT_EQ(changed(binding_, "/matchResources/namespaceSelector", {{"matchLabels", {{"a", "b"}}}}),
            "it applies the policy in some namespaces only");
  EXPECT_EQ(changed(binding_, "/matchResources", {{"namespaceSelector", Json::object()}}), "");
  EXPECT_EQ(changed(binding_, "/paramRef/selector", AccountLabelSelector()), "")
      << "that is for whoever labels accounts";
}

TEST_F(GuardCheckTest, ComparesTheModeOnlyWhereItIsKnown) {
  for (const auto mode : {std::optional<Mode>(), std::optional(Mode::kNone)}) {
    mode_ = mode;
    EXPECT_EQ(Check(), Names());
  }
  mode_ = Mode::kFallback;
  EXPECT_EQ(Check(), Names{"guard-altered"});
}

TEST_F(GuardCheckTest, FindsAGuardOfAnOlderVersionOfIrsa) {
  policy_["spec"]["paramKind"] = {{"apiVersion", "irsa.dev/v1alpha1"}, {"kind", "IdentityMap"}};
  policy_["spec"].erase("variables");
  binding_["spec"]["paramRef"] = {{"name", "identities"}, {"parameterNotFoundAction", "Allow"}};
  const auto found = Find();
  ASSERT_EQ(Check(), Names{"guard-altered"});
  EXPECT_EQ(found[0].what, "its paramKind is irsa.dev/v1alpha1/IdentityMap, left over from an older version of irsa");
  EXPECT_THAT(found[0].fix, HasSubstr("again"));
}

TEST_F(GuardCheckTest, FindsAScopeThatIsNotTheWebhooks) {
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

}  // namespace
}  // namespace irsa::audit
