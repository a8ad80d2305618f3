#include "src/audit/checks/account_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/audit/objects.h"

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;

class AccountSelectionTest : public ::testing::Test {
 protected:
  // Selects, by which, or all.
  void Select(const Json& guards, const Json& policys) {
    guard_binding_["spec"]["paramRef"]["selector"] = guards;
    policy_binding_["spec"]["paramRef"]["selector"] = policys;
  }

  AccountSelection Selection() const {
    PolicyFacts guard;
    guard.policy = ReadAdmissionPolicy(PolicyOfGuard());
    if (!guard_binding_.is_null()) guard.bindings = {ReadPolicyBinding(guard_binding_, kGuardBindingKind)};
    PolicyFacts policy;
    policy.policy = ReadAdmissionPolicy(PolicyOfIdentities());
    if (!policy_binding_.is_null()) policy.bindings = {ReadPolicyBinding(policy_binding_, kPolicyBindingKind)};
    AccountSelection selection(EvaluatedBindings(guard, policy), namespaces_);
    for (const auto& [object, has_role] : accounts_) selection.Count(ViewOf(object), has_role);
    return selection;
  }

  void Put(const std::string& namespace_name, const std::string& name, bool has_role,
           const Json& labels = Json::object()) {
    accounts_.emplace_back(
        Json{{"metadata",
              {{"namespace", namespace_name}, {"name", name}, {"resourceVersion", "1"}, {"labels", labels}}}},
        has_role);
  }
  void PutMany(const std::string& namespace_name, int count) {
    for (int i = 0; i < count; ++i) Put(namespace_name, "a" + std::to_string(i), false);
  }

  std::vector<Finding> Slow() const { return Selection().SlowNamespaces(); }
  // Whether there are findings, and of the only one what it says.
  std::string SlowText() const {
    const auto found = Slow();
    return found.size() == 1 ? found[0].object.name + ": " + found[0].what : std::to_string(found.size());
  }

  Json guard_binding_ = BindingOfGuard();
  Json policy_binding_ = BindingOfIdentities();
  std::vector<std::pair<Json, bool>> accounts_;
  Namespaces namespaces_ = {{"irsa-system", {{"kubernetes.io/metadata.name", "irsa-system"}}},
                            {"kube-system", {{"kubernetes.io/metadata.name", "kube-system"}}},
                            {"team-a", {{"kubernetes.io/metadata.name", "team-a"}}},
                            {"team-b", {{"kubernetes.io/metadata.name", "team-b"}}}};
  PolicyFacts labelled_{.policy = AdmissionPolicy(), .bindings = {PolicyBinding()}, .older_version = {}};
};

TEST_F(AccountSelectionTest, MissesNobodyWithoutASelector) {
  Put("team-a", "app", true);
  EXPECT_EQ(Selection().MissedBy(kGuardBindingKind, {}), std::vector<Finding>());
  EXPECT_EQ(Selection().MissedBy(kPolicyBindingKind, {}), std::vector<Finding>());
}

TEST_F(AccountSelectionTest, NamesAccountsWithARoleThatASelectorMisses) {
  Select(AccountLabelSelector(), Json::object());
  Put("team-a", "app", true);
  Put("team-a", "done", true, {{"irsa.dev/role", "true"}});
  Put("team-a", "none", false);
  Put("irsa-system", "own", true);
  Put("kube-system", "cni", true);
  Put("unknown", "app", true);
  auto found = Selection().MissedBy(kGuardBindingKind, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, FindingKind::kSelectorMissesAccounts);
  EXPECT_EQ(found[0].object, (ObjectName{"ValidatingAdmissionPolicyBinding", "", "irsa-guard"}));
  EXPECT_EQ(found[0].what,
            "its paramRef selects service accounts with irsa.dev/role In (true), and misses 1 service account "
            "(team-a/app) with a role");
  EXPECT_THAT(found[0].why, HasSubstr("the policy irsa-account-label, which would label them, is not in force"));
  EXPECT_THAT(found[0].fix, HasSubstr("kubectl label serviceaccount app -n team-a irsa.dev/role=true;"));
  EXPECT_EQ(Selection().MissedBy(kPolicyBindingKind, {}), std::vector<Finding>());
  for (const char* name : {"b", "c", "d"}) Put("team-b", name, true, {{"irsa.dev/role", "false"}});
  EXPECT_THAT(Selection().MissedBy(kGuardBindingKind, {})[0].what,
              HasSubstr("misses 4 service accounts (team-a/app, team-b/b, team-b/c, ...)"));
}

TEST_F(AccountSelectionTest, IsAFaultOfEachBinding) {
  Select(AccountLabelSelector(), AccountLabelSelector());
  Put("kube-system", "cni", true);
  EXPECT_EQ(Selection().MissedBy(kGuardBindingKind, {}), std::vector<Finding>()) << "the guard does not look there";
  const auto found = Selection().MissedBy(kPolicyBindingKind, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].object, (ObjectName{"MutatingAdmissionPolicyBinding", "", "irsa-identity"}));
}

TEST_F(AccountSelectionTest, NamesTheCommandWhereAPolicyLabels) {
  Select(AccountLabelSelector(), Json::object());
  Put("team-a", "app", true);
  const auto found = Selection().MissedBy(kGuardBindingKind, labelled_);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].fix, HasSubstr("kubectl get serviceaccounts --all-namespaces -o yaml | kubectl replace -f -"));
  EXPECT_THAT(found[0].why, HasSubstr("older than the policy irsa-account-label"));
}

TEST_F(AccountSelectionTest, KnowsSelectorsThatAreNotIrsas) {
  Select({{"matchExpressions", {{{"key", "team"}, {"operator", "Exists"}}}}}, Json::object());
  Put("team-a", "app", true);
  const auto found = Selection().MissedBy(kGuardBindingKind, labelled_);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].what, HasSubstr("service accounts with team Exists"));
  EXPECT_THAT(found[0].fix, HasSubstr("the labels that the selector requires"));
  EXPECT_THAT(found[0].why, ::testing::Not(HasSubstr("irsa-account-label")));
}

TEST_F(AccountSelectionTest, EstimatesWhatAPodCosts) {
  PutMany("team-a", 28);
  EXPECT_EQ(Slow(), std::vector<Finding>()) << "20 ms";
  Put("team-a", "one-more", false);
  const auto found = Slow();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, FindingKind::kPoliciesSlow);
  EXPECT_EQ(SeverityOf(found[0].kind), Severity::kRemark);
  EXPECT_EQ(found[0].object, (ObjectName{"Namespace", "", "team-a"}));
  EXPECT_EQ(
      found[0].what,
      "each new pod takes kube-apiserver about 20 ms longer: guard and identity policy evaluate 29 service accounts");
  EXPECT_THAT(found[0].fix, HasSubstr("docs/guard.md"));
}

TEST_F(AccountSelectionTest, EstimatesEachPolicyByItself) {
  PutMany("team-a", 300);
  EXPECT_EQ(
      SlowText(),
      "team-a: each new pod takes kube-apiserver about 210 ms longer: guard and identity policy evaluate 300 service "
      "accounts");
  policy_binding_ = Json();
  EXPECT_EQ(SlowText(),
            "team-a: each new pod takes kube-apiserver about 60 ms longer: the guard evaluates 300 service accounts");
  guard_binding_ = Json();
  EXPECT_EQ(SlowText(), "0");
  policy_binding_ = BindingOfIdentities();
  EXPECT_EQ(SlowText(),
            "team-a: each new pod takes kube-apiserver about 150 ms longer: the identity policy evaluates 300 service "
            "accounts");
}

TEST_F(AccountSelectionTest, CountsWhatIsSelectedAndLookedAt) {
  Select(AccountLabelSelector(), AccountLabelSelector());
  PutMany("team-a", 2000);
  PutMany("irsa-system", 2000);
  EXPECT_EQ(SlowText(), "0");
  for (int i = 0; i < 100; ++i) Put("team-b", "r" + std::to_string(i), true, {{"irsa.dev/role", "true"}});
  const auto found = Slow();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].object.name, "team-b");
  EXPECT_THAT(found[0].fix, HasSubstr("other namespaces")) << "a selector is in use already";
  PutMany("kube-system", 200);
  EXPECT_EQ(SlowText().substr(0, 7), "team-b:") << "the guard does not look at kube-system, and the policy only labels";
}

TEST_F(AccountSelectionTest, KnowsWhereItIsEvaluated) {
  AccountSelection selection = Selection();
  EXPECT_TRUE(selection.IsEvaluatedIn("team-a"));
  EXPECT_TRUE(selection.IsEvaluatedIn("kube-system")) << "by the identity policy";
  EXPECT_FALSE(selection.IsEvaluatedIn("irsa-system"));
  EXPECT_FALSE(selection.IsEvaluatedIn("unknown"));
}

TEST(RolesOnlyInConfigMap, NamesTheWayOut) {
  AccountSample accounts;
  accounts.Add("team-a", "app");
  Finding found = RolesOnlyInConfigMap(accounts, {});
  EXPECT_EQ(SeverityOf(found.kind), Severity::kRemark);
  EXPECT_EQ(found.object, (ObjectName{"ConfigMap", "irsa-system", "pod-identity-webhook"}));
  EXPECT_EQ(found.what, "1 service account (team-a/app) has its role only from it");
  EXPECT_THAT(found.fix, HasSubstr("irsa annotate --config-map FILE prints the commands"));
  for (const char* name : {"b", "c", "d"}) accounts.Add("team-b", name);
  found = RolesOnlyInConfigMap(accounts, {});
  EXPECT_EQ(found.what, "4 service accounts (team-a/app, team-b/b, team-b/c, ...) have their roles only from it");
}

}  // namespace
}  // namespace irsa::audit
