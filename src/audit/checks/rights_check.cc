#include "rights_check.h"

#include <utility>

#include "irsa/base/text.h"

namespace irsa::audit {
namespace {

constexpr const char* kRegistrationGroup = "admissionregistration.k8s.io";
constexpr size_t kReasonBytes = 300;

using Verbs = std::vector<std::string>;

// Collects the rights of one installation.
class RightsList {
 public:
  explicit RightsList(const Installation& installation) : installation_(installation), duties_(*installation.duties) {}

  std::vector<NeededRight> Take() {
    if (duties_.watches_accounts) {
      InCluster("", "serviceaccounts", "", {"get", "list", "watch"},
                installation_.process == Process::kController
                    ? "irsa controller cannot tell which pods should have an identity, and reports none"
                    : "irsa does not see service accounts: pods of accounts that it does not know are refused or get "
                      "no identity");
    }
    if (installation_.uses_default_roles) {
      InCluster("", "namespaces", "", {"get", "list", "watch"},
                "irsa does not see the default roles of namespaces, and does not become ready");
    }
    if (installation_.respects_env_from) {
      InCluster("", "configmaps", "", {"get"},
                "irsa overrides variables that containers get from ConfigMaps through envFrom");
    }
    if (installation_.watches_config_map) {
      InNamespace("", "configmaps", installation_.config_map_name, {"list", "watch"},
                  "irsa does not see the identities in the ConfigMap");
    }
    if (duties_.manages_certificate) AddCertificate();
    if (duties_.reports_pods) AddReporting();
    return std::move(rights_);
  }

 private:
  void AddCertificate() {
    const std::string without =
        "irsa cannot share and renew its certificate: new replicas do not become ready, and once the certificate "
        "expires, the apiserver cannot call any replica";
    InNamespace("", "secrets", installation_.certificate_secret, {"get", "patch"}, without);
    InNamespace("", "secrets", "", {"create"}, "irsa cannot create the Secret of its certificate when it is missing");
    const std::string trust =
        "irsa cannot keep caBundle up to date: new replicas do not become ready, and the apiserver does not trust a "
        "renewed CA";
    if (installation_.process == Process::kServe) {
      InCluster(kRegistrationGroup, "mutatingwebhookconfigurations", installation_.mutating_configuration,
                {"get", "patch"}, trust);
    }
    if (!duties_.manages_validating) return;
    role_suffix_ = "-advice";
    InCluster(kRegistrationGroup, "validatingwebhookconfigurations", installation_.validating_configuration,
              {"get", "patch"}, trust);
  }

  void AddReporting() {
    role_suffix_ = "-advice";
    InCluster("", "pods", "", {"list"}, "irsa reports no pod that runs without its identity");
    InCluster("events.k8s.io", "events", "", {"create"}, "irsa's findings about pods do not appear as Events");
    InCluster("apps", "deployments", "", {"get"},
              "Events about the pods of a Deployment appear only on its ReplicaSet");
    if (installation_.process == Process::kServe) {
      constexpr const char* kWithoutReason = "Events do not say why a pod runs without its identity";
      InCluster(kRegistrationGroup, "mutatingwebhookconfigurations", installation_.mutating_configuration, {"get"},
                kWithoutReason);
      InCluster("", "namespaces", "", {"get"}, kWithoutReason);
    }
    const std::string without = "no replica can lead, so none reports pods without their identity";
    InNamespace("coordination.k8s.io", "leases", installation_.service_name, {"get", "update"}, without);
    InNamespace("coordination.k8s.io", "leases", "", {"create"}, without + ", once the Lease is missing");
  }

  void InCluster(const char* group, const char* resource, const std::string& name, const Verbs& verbs,
                 const std::string& without) {
    Add({{}, group, resource, {}, name}, verbs, without, "ClusterRole");
  }

  void InNamespace(const char* group, const char* resource, const std::string& name, const Verbs& verbs,
                   const std::string& without) {
    Add({{}, group, resource, installation_.namespace_name, name}, verbs, without, "Role");
  }

  void Add(kube::AccessQuestion on, const Verbs& verbs, const std::string& without, const char* role_kind) {
    rights_.push_back({std::move(on), verbs, without, role_kind, duties_.role_name + role_suffix_});
  }

  const Installation& installation_;
  const ProcessDuties& duties_;
  std::string role_suffix_;
  std::vector<NeededRight> rights_;
};

// "leases.coordination.k8s.io/irsa", as kubectl auth can-i takes it.
std::string ResourceText(const kube::AccessQuestion& on) {
  std::string text = on.resource;
  if (!on.group.empty()) text.append(".").append(on.group);
  if (!on.name.empty()) text.append("/").append(on.name);
  return text;
}

std::string CheckCommand(const kube::AccessQuestion& on, const std::string& verb,
                         const kube::AccountReference& account) {
  std::string command = "kubectl auth can-i " + verb + " " + ResourceText(on);
  if (!on.namespace_name.empty()) command += " -n " + on.namespace_name;
  // Without it kubectl asks about one namespace; for what is in none it makes no difference.
  if (on.namespace_name.empty() && on.group != kRegistrationGroup) command += " --all-namespaces";
  return command + " --as=system:serviceaccount:" + account.namespace_name + ":" + account.name;
}

}  // namespace

std::vector<NeededRight> NeededRights(const Installation& installation) {
  if (!installation.duties) return {};
  return RightsList(installation).Take();
}

Finding MissingRight(const NeededRight& right, const std::vector<std::string>& verbs, const std::string& reason,
                     const kube::AccountReference& account) {
  std::string what = "it may not " + base::Joined(verbs) + " " + ResourceText(right.on);
  what += right.on.namespace_name.empty() ? "" : " in the namespace " + right.on.namespace_name;
  if (!reason.empty()) what += ": " + base::Quoted(reason, kReasonBytes);
  const std::string role = right.role_kind + " " + right.role_name;
  return {FindingKind::kRightMissing,
          {"ServiceAccount", account.namespace_name, account.name},
          std::move(what),
          right.without,
          "irsa's " + role + " grants it, through the " + right.role_kind +
              "Binding of that name: install both again " +
              "(kubectl apply -k deploy/kustomize, or helm upgrade), then check: " +
              CheckCommand(right.on, verbs.front(), account)};
}

}  // namespace irsa::audit
