#include "src/audit/checks/rights_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::audit {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

// "ClusterRole irsa: get,list,watch serviceaccounts".
Names TextsOf(const Installation& installation) {
  Names texts;
  for (const NeededRight& right : NeededRights(installation)) {
    std::string verbs;
    for (const std::string& verb : right.verbs) verbs.append(verbs.empty() ? "" : ",").append(verb);
    texts.push_back(right.role_kind + " " + right.role_name + ": " + verbs + " " + right.on.group + "/" +
                    right.on.resource + " " + right.on.name);
    EXPECT_EQ(right.on.namespace_name, right.role_kind == "Role" ? "own" : "");
    EXPECT_EQ(right.on.verb, "");
  }
  return texts;
}

Installation Installed(const ProcessDuties& duties, Process process = Process::kServe) {
  Installation installation = InstallationNamed("hook");
  installation.namespace_name = "own";
  installation.process = process;
  installation.duties = duties;
  return installation;
}

const kube::AccountReference kAccount{"own", "sa"};

TEST(NeededRights, AreNoneWhereNothingIsKnown) { EXPECT_EQ(TextsOf(Installation()), Names()); }

TEST(NeededRights, FollowWhatTheProcessIsTold) {
  const Names accounts = {"ClusterRole x: get,list,watch /serviceaccounts "};
  const Names certificate = {"Role x: get,patch /secrets hook-tls", "Role x: create /secrets "};
  const std::string mutating =
      "ClusterRole x: get,patch admissionregistration.k8s.io/mutatingwebhookconfigurations hook";
  const std::string validating =
      "ClusterRole x-advice: get,patch admissionregistration.k8s.io/validatingwebhookconfigurations hook";
  const Names reporting = {"ClusterRole x-advice: list /pods ", "ClusterRole x-advice: create events.k8s.io/events ",
                           "ClusterRole x-advice: get apps/deployments ",
                           "Role x-advice: get,update coordination.k8s.io/leases hook",
                           "Role x-advice: create coordination.k8s.io/leases "};
  const auto all = [](std::initializer_list<Names> parts) {
    Names joined;
    for (const Names& part : parts) joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  };
  ProcessDuties duties{.account = kAccount, .role_name = "x"};
  EXPECT_EQ(TextsOf(Installed(duties)), accounts);
  duties.manages_certificate = true;
  EXPECT_EQ(TextsOf(Installed(duties)), all({accounts, certificate, {mutating}}));
  duties.manages_validating = true;
  EXPECT_EQ(TextsOf(Installed(duties)), all({accounts, certificate, {mutating, validating}}));
  duties.reports_pods = true;
  EXPECT_EQ(TextsOf(Installed(duties, Process::kController)), all({accounts, certificate, {validating}, reporting}));
  duties.manages_certificate = duties.manages_validating = false;
  Names of_serve = reporting;
  of_serve.insert(of_serve.begin() + 3,
                  {"ClusterRole x-advice: get admissionregistration.k8s.io/mutatingwebhookconfigurations hook",
                   "ClusterRole x-advice: get /namespaces "});
  EXPECT_EQ(TextsOf(Installed(duties)), all({accounts, of_serve}));
  duties.reports_pods = duties.watches_accounts = false;
  EXPECT_EQ(TextsOf(Installed(duties)), Names()) << "with --service-accounts FILE and a certificate in files";
  Installation with_config_map = Installed({.account = kAccount, .role_name = "x"});
  with_config_map.watches_config_map = true;
  EXPECT_EQ(TextsOf(with_config_map), all({accounts, {"Role x: list,watch /configmaps pod-identity-webhook"}}));
  Installation with_env_from = Installed({.account = kAccount, .role_name = "x"});
  with_env_from.respects_env_from = true;
  EXPECT_EQ(TextsOf(with_env_from), all({accounts, {"ClusterRole x: get /configmaps "}}));
  Installation with_default_roles = Installed({.account = kAccount, .role_name = "x"});
  with_default_roles.uses_default_roles = true;
  EXPECT_EQ(TextsOf(with_default_roles), all({accounts, {"ClusterRole x: get,list,watch /namespaces "}}));
}

TEST(MissingRight, NamesTheRoleAndACommandThatChecks) {
  const auto rights = NeededRights(Installed({.account = kAccount, .role_name = "x", .reports_pods = true}));
  const Finding accounts = MissingRight(rights[0], {"list", "watch"}, "", kAccount);
  EXPECT_EQ(accounts.kind, FindingKind::kRightMissing);
  EXPECT_EQ(Text(accounts.object), "ServiceAccount own/sa");
  EXPECT_EQ(accounts.what, "it may not list, watch serviceaccounts");
  EXPECT_EQ(accounts.fix,
            "irsa's ClusterRole x grants it, through the ClusterRoleBinding of that name: install both again (kubectl "
            "apply -k deploy/kustomize, or helm upgrade), then check: kubectl auth can-i list serviceaccounts "
            "--all-namespaces --as=system:serviceaccount:own:sa");
  const Finding lease = MissingRight(rights[rights.size() - 2], {"update"}, "RBAC: no such role", kAccount);
  EXPECT_EQ(lease.what,
            "it may not update leases.coordination.k8s.io/hook in the namespace own: \"RBAC: no such role\"");
  EXPECT_THAT(lease.fix, HasSubstr("irsa's Role x-advice grants it, through the RoleBinding of that name"));
  EXPECT_THAT(lease.fix, HasSubstr("can-i update leases.coordination.k8s.io/hook -n own --as="));
}

}  // namespace
}  // namespace irsa::audit
