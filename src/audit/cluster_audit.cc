#include "irsa/audit/cluster_audit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "irsa/audit/checks/pod_check.h"
#include "irsa/audit/facts/label_selector.h"
#include "irsa/audit/facts/pod_facts.h"
#include "irsa/audit/facts/policy_facts.h"

#include "account_identities.h"
#include "audit/checks/account_selection.h"
#include "audit/checks/policy_check.h"
#include "audit/checks/rights_check.h"
#include "audit/checks/rollout_check.h"
#include "audit/checks/webhook_check.h"
#include "cluster_reader.h"
#include "finding_list.h"

namespace irsa::audit {
namespace {

using kube::CollectionPath;

std::string FullName(std::string_view namespace_name, std::string_view name) {
  return std::string(namespace_name).append("/").append(name);
}

// One audit under way. What later steps need of an object is read in any case; the areas decide what is looked at.
class ClusterAudit {
 public:
  ClusterAudit(kube::ApiServer& server, const base::Clock& clock, const AuditOptions& options)
      : clock_(clock),
        options_(options),
        installation_(options.installation),
        identities_(options.settings),
        reader_(server, clock, options.settings) {}

  Result<Report> Run() {
    ReadCluster();
    if (reader_.outage()) return *reader_.outage();
    if (Wants(Area::kWebhook)) LookAtWebhook();
    if (Wants(Area::kCertificate)) LookAtCertificate();
    if (Wants(Area::kRights)) LookAtRights();
    if (Wants(Area::kGuard)) LookAtGuard();
    if (Wants(Area::kPolicy)) LookAtPolicy();
    if (WantsAny(Area::kGuard, Area::kPolicy)) LookAtSelection();
    if (Wants(Area::kServiceAccounts)) LookAtAccounts();
    if (Wants(Area::kPods)) LookAtPods();
    if (Wants(Area::kReplicaSets)) LookAtReplicaSets();
    if (reader_.outage()) return *reader_.outage();
    if (capabilities_) report_.cluster = {*capabilities_, FindMode(), process_};
    report_.findings = findings_.Take();
    report_.unread = std::move(reader_.unread());
    return std::move(report_);
  }

 private:
  bool Wants(Area area) const { return options_.areas.contains(area); }
  bool WantsAny(auto... areas) const { return (Wants(areas) || ...); }

  void ReadCluster() {
    if (WantsAny(Area::kWebhook, Area::kGuard, Area::kPolicy)) reader_.ReadCapabilities(capabilities_);
    if (WantsAny(Area::kWebhook, Area::kCertificate, Area::kGuard, Area::kPolicy, Area::kPods)) {
      webhook_reading_ =
          reader_.ReadWebhook("MutatingWebhookConfiguration", installation_.mutating_configuration, webhook_);
    }
    if (WantsAny(Area::kWebhook, Area::kCertificate)) {
      reader_.ReadWebhook("ValidatingWebhookConfiguration", installation_.validating_configuration, accounts_webhook_);
    }
    if (options_.settings.uses_default_roles && Wants(Area::kServiceAccounts)) ReadNamespaces();
    if (WantsAny(Area::kWebhook, Area::kGuard, Area::kPolicy, Area::kPods)) {
      ReadNamespaces();
      const std::string& name = installation_.policy_name;
      const std::string older_version = capabilities_ ? capabilities_->older_policy : std::string();
      policy_reading_ = reader_.ReadPolicy(kPolicyKind, name, {name, name + "-open"}, older_version, policy_);
      policy_scope_ = ScopeOf(policy_);
    }
    if (WantsAny(Area::kWebhook, Area::kGuard, Area::kPolicy)) {
      guard_reading_ = reader_.ReadPolicy(kGuardKind, installation_.guard_name, {installation_.guard_name}, {}, guard_);
    }
    const std::string& label_name = installation_.account_label_name;
    if (WantsAny(Area::kGuard, Area::kPolicy)) {
      reader_.ReadPolicy(kPolicyKind, label_name, {label_name}, {}, account_label_);
    }
    FindOutWhatRuns();
    std::vector<EvaluatedBinding> bindings = EvaluatedBindings(guard_, policy_);
    const bool are_selected = WantsAny(Area::kGuard, Area::kPolicy) && !bindings.empty();
    selection_.emplace(std::move(bindings), namespaces_);
    if (are_selected || WantsAny(Area::kServiceAccounts, Area::kPods)) ReadAccounts();
  }

  // Once, by whoever needs them first.
  void ReadNamespaces() {
    if (std::exchange(are_namespaces_asked_for_, true)) return;
    has_namespaces_ =
        reader_.ReadNamespaces(options_.namespace_name, namespaces_, identities_.defaults) == Reading::kRead;
  }

  void FindOutWhatRuns() {
    // A webhook that is registered is served by something, if not by a Deployment.
    if (process_ == Process::kNone && (webhook_ || accounts_webhook_)) process_ = Process::kUnknown;
    const bool is_process_known = process_ == Process::kServe || process_ == Process::kController;
    if (!is_process_known && webhook_reading_ == Reading::kUnread) return;
    if (process_ != Process::kController && policy_reading_ == Reading::kUnread) return;
    meant_mode_ = MeantMode(policy_, webhook_.has_value(), process_);
  }

  void ReadAccounts() {
    if (installation_.watches_config_map) reader_.ReadConfigMap(installation_, identities_.config_map);
    has_accounts_ = Reading::kRead == reader_.ReadAccounts(options_.namespace_name, identities_.accounts,
                                                           [this](const kube::ObjectView& account, bool has_role) {
                                                             TakeAccount(account, has_role);
                                                           });
  }

  void TakeAccount(const kube::ObjectView& account, bool has_role) {
    ++report_.counts.service_accounts;
    const bool has_some_role = has_role || identities_.HasDefaultRole(account.namespace_name);
    if (has_some_role) ++report_.counts.accounts_with_role;
    selection_->Count(account, has_some_role);
    if (has_some_role) NoteIfMissedByPolicy(account);
    if (!has_role && identities_.FindInConfigMap(account.namespace_name, account.name) != nullptr &&
        selection_->IsEvaluatedIn(account.namespace_name)) {
      only_in_config_map_.Add(account.namespace_name, account.name);
    }
  }

  void NoteIfMissedByPolicy(const kube::ObjectView& account) {
    const Labels* namespace_labels = NamespaceLabels(account.namespace_name);
    if (namespace_labels == nullptr) return;
    std::string why = MissedBySelector(policy_, *namespace_labels, ReadLabels(*account.json));
    if (!why.empty()) missed_by_policy_.emplace(FullName(account.namespace_name, account.name), std::move(why));
  }

  // Null where they are not known.
  const Labels* NamespaceLabels(std::string_view namespace_name) const {
    const auto found = namespaces_.find(namespace_name);
    return found == namespaces_.end() ? nullptr : &found->second;
  }

  const Namespaces* namespaces() const { return has_namespaces_ ? &namespaces_ : nullptr; }
  const WebhookConfiguration* webhook() const { return webhook_ ? &*webhook_ : nullptr; }

  // Whether no webhook gives pods their identity, and the policy does or should.
  bool IsByPolicyAlone() const {
    return meant_mode_ == Mode::kOnly || (policy_.IsInForce() && webhook_reading_ == Reading::kMissing);
  }

  std::optional<Mode> FindMode() const {
    if (webhook_reading_ == Reading::kUnread || policy_reading_ == Reading::kUnread) return std::nullopt;
    return ModeOf(policy_, webhook(), process_);
  }

  void LookAtWebhook() {
    if (installation_.rollout) {
      if (auto stuck = CheckRollout(*installation_.rollout)) findings_.Add(*std::move(stuck));
    }
    const bool wants_webhook = process_ == Process::kServe || (meant_mode_ && meant_mode_ != Mode::kOnly);
    if (webhook_reading_ == Reading::kMissing && wants_webhook) {
      findings_.Add(MissingWebhook(installation_, policy_.IsInForce()));
    }
    if (webhook_ && process_ != Process::kController) {
      const bool has_guard = guard_reading_ == Reading::kUnread || guard_.policy.has_value();
      findings_.Add(CheckWebhook(*webhook_, installation_, namespaces(), has_guard || policy_.IsInForce()));
    }
    if (accounts_webhook_) findings_.Add(CheckAccountsWebhook(*accounts_webhook_));
    if (!webhook_ && !accounts_webhook_ && process_ != Process::kServe) return;  // nothing is called
    if (ReadService() == Reading::kUnread) return;
    findings_.Add(CheckService(installation_, service_ ? &*service_ : nullptr, meant_mode_));
  }

  // Once, by whoever needs it first.
  Reading ReadService() {
    if (!service_reading_) service_reading_ = reader_.ReadService(installation_, service_);
    return *service_reading_;
  }

  void LookAtCertificate() {
    std::vector<const WebhookConfiguration*> configurations;
    if (webhook_) configurations.push_back(&*webhook_);
    if (accounts_webhook_) configurations.push_back(&*accounts_webhook_);
    for (const WebhookConfiguration* each : configurations) {
      TakeOfCertificate(CheckCaBundles(*each, installation_, clock_.Now()));
    }
    if (configurations.empty() || installation_.certificate_secret.empty()) return;
    std::optional<std::string> pem;
    if (reader_.ReadCertificate(installation_, pem) == Reading::kUnread) return;
    for (const WebhookConfiguration* each : configurations) {
      TakeOfCertificate(CheckCertificate(pem, *each, installation_, clock_.Now()));
    }
  }

  void TakeOfCertificate(const std::vector<Finding>& findings) {
    has_certificate_fault_ |= std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.kind != FindingKind::kCertificateExpiring; });
    findings_.Add(findings);
  }

  void LookAtRights() {
    for (const NeededRight& right : NeededRights(installation_)) {
      const kube::AccountReference& account = installation_.duties->account;
      std::vector<std::string> refused;
      std::string reason;
      for (const std::string& verb : right.verbs) {
        kube::AccessQuestion question = right.on;
        question.verb = verb;
        const auto answer = reader_.ReviewAccess(account, question);
        if (!answer) return;  // whoever may not ask about one right may not ask about the others
        if (answer->is_allowed) continue;
        refused.push_back(verb);
        if (reason.empty()) reason = answer->reason;
      }
      if (!refused.empty()) findings_.Add(MissingRight(right, refused, reason, account));
    }
  }

  PolicySetup Setup() const {
    return {.installation = installation_,
            .settings = options_.settings,
            .mode = meant_mode_,
            .webhook = webhook(),
            .namespaces = namespaces(),
            .capabilities = capabilities_ ? &*capabilities_ : nullptr,
            .guard = guard_.policy ? &*guard_.policy : nullptr};
  }

  void LookAtGuard() {
    if (guard_reading_ == Reading::kUnread) return;
    PolicySetup setup = Setup();
    if (process_ == Process::kController) setup.webhook = nullptr;
    findings_.Add(CheckGuard(guard_, setup));
  }

  void LookAtPolicy() {
    if (policy_reading_ != Reading::kUnread) findings_.Add(CheckPolicy(policy_, Setup()));
  }

  // Of what the policies' bindings select, and what they do not know.
  void LookAtSelection() {
    findings_.Add(CheckAccountLabel(account_label_, installation_, options_.settings));
    if (!has_accounts_) return;
    if (Wants(Area::kGuard)) findings_.Add(selection_->MissedBy(kGuardBindingKind, account_label_));
    if (Wants(Area::kPolicy)) findings_.Add(selection_->MissedBy(kPolicyBindingKind, account_label_));
    findings_.Add(selection_->SlowNamespaces());
    if (only_in_config_map_.count > 0) findings_.Add(RolesOnlyInConfigMap(only_in_config_map_, installation_));
  }

  void LookAtAccounts() {
    for (const auto& [namespace_name, named] : identities_.accounts) {
      for (const auto& [name, account] : named) {
        const bool has_other_role =
            identities_.FindInConfigMap(namespace_name, name) != nullptr || identities_.HasDefaultRole(namespace_name);
        findings_.Add(CheckAccount(account, has_other_role, options_.client_ids, options_.settings));
      }
    }
  }

  void LookAtPods() {
    if (!has_accounts_) return;  // nobody knows which pods are to have an identity
    reader_.List({.path = CollectionPath("api/v1", options_.namespace_name, "pods"), .query = {}}, "pods",
                 [this](const kube::ObjectView& object) { LookAtPod(object); });
    for (const auto& [pods, why] : unreadable_pods_) reader_.unread().push_back({pods, why});
  }

  void LookAtPod(const kube::ObjectView& object) {
    ++report_.counts.pods;
    const auto identity = identities_.Find(object.namespace_name, ServiceAccountOf(*object.json));
    const PodFacts pod = ReadPodFacts(object, options_.settings.annotation_prefix);
    const bool should_have = identity && WantsIdentity(pod);
    if (should_have) ++report_.counts.pods_with_role;
    if (should_have && !pod.unreadable.empty()) {
      unreadable_pods_.emplace((pod.owner_kind.empty() ? "" : "pods of ") + Text(WorkloadOf(pod)), pod.unreadable);
    }
    const PodCircumstances circumstances = CircumstancesOfPod(pod);
    for (Finding& finding : CheckPod(pod, identity ? &*identity : nullptr, circumstances, options_.settings)) {
      // Whatever mends a pod ends with new ones.
      if (should_have) finding.fix = StepBeforeNewPods(circumstances) + finding.fix;
      findings_.AddOfPod(finding, object.name);
    }
  }

  // What has to be done before new pods fare any better than the old ones; empty: nothing. It is irsa that gives them
  // their identity, unless the identity policy does.
  std::string StepBeforeNewPods(const PodCircumstances& circumstances) {
    const bool is_by_policy =
        circumstances.has_policy && circumstances.left_by_policy.empty() && circumstances.role_unknown.empty();
    if (is_by_policy || circumstances.is_by_policy_alone) return {};
    if (!circumstances.is_registered) return "first install irsa again, as irsa audit --only webhook advises; then: ";
    if (has_certificate_fault_) return "first fix irsa's certificate, as irsa audit --only certificate advises; then: ";
    return IsAway() ? "first get a replica of irsa ready (kubectl get pods -n " + installation_.namespace_name +
                          "): until then new pods get no identity, or are refused; then: "
                    : std::string();
  }

  // Whether nobody answers the webhook. Not known of what is called by a URL.
  bool IsAway() {
    const bool is_called_by_service = webhook_ && std::ranges::any_of(webhook_->entries, [](const WebhookEntry& entry) {
                                        return entry.sees_pods && !entry.service_name.empty();
                                      });
    if (!is_called_by_service) return false;
    const Reading reading = ReadService();
    if (reading != Reading::kRead) return reading == Reading::kMissing;
    return !service_->is_external && service_->ready_endpoints == 0;
  }

  PodCircumstances CircumstancesOfPod(const PodFacts& pod) const {
    PodCircumstances circumstances;
    const bool is_alone = IsByPolicyAlone();
    const WebhookConfiguration* giver = webhook();
    if (is_alone) giver = policy_.IsInForce() ? &policy_scope_ : nullptr;
    if (giver != nullptr) circumstances = CircumstancesOf(pod, *giver, NamespaceLabels(pod.object.namespace_name));
    circumstances.is_registered =
        giver != nullptr || (is_alone ? policy_reading_ : webhook_reading_) == Reading::kUnread;
    circumstances.is_by_policy_alone = is_alone;
    circumstances.has_policy = policy_.IsInForce();
    const AccountFacts* account = identities_.FindFacts(pod.object.namespace_name, pod.view.service_account_name);
    if (account != nullptr) circumstances.role_set_at = account->changed_at;
    if (circumstances.has_policy) {
      // Only what the account itself says: the policy knows no ConfigMap, and a default role has rules of its own.
      const bool has_own = account != nullptr && account->resolved.identity;
      circumstances.left_by_policy =
          LeftByPolicy(pod, has_own ? &*account->resolved.identity : nullptr, options_.settings);
      circumstances.role_unknown = WhyRoleUnknown(pod, account);
    }
    return circumstances;
  }

  // To the identity policy, of an account that has a role; empty: it knows it.
  std::string WhyRoleUnknown(const PodFacts& pod, const AccountFacts* account) const {
    const bool has_own = account != nullptr && account->resolved.identity;
    if (!has_own && (identities_.FindInConfigMap(pod.object.namespace_name, pod.view.service_account_name) != nullptr ||
                     !identities_.HasDefaultRole(pod.object.namespace_name))) {
      return "it comes from the ConfigMap alone";
    }
    const auto missed = missed_by_policy_.find(FullName(pod.object.namespace_name, pod.view.service_account_name));
    return missed == missed_by_policy_.end() ? "" : missed->second;
  }

  void LookAtReplicaSets() {
    reader_.List({.path = CollectionPath("apis/apps/v1", options_.namespace_name, "replicasets"), .query = {}},
                 "ReplicaSets", [this](const kube::ObjectView& object) {
                   if (auto finding = CheckReplicaSet(object, installation_, options_.settings, FindMode())) {
                     findings_.Add(*std::move(finding));
                   }
                 });
  }

  const base::Clock& clock_;
  const AuditOptions& options_;
  const Installation& installation_;
  AccountIdentities identities_;
  ClusterReader reader_;
  FindingList findings_;
  Report report_;

  Reading webhook_reading_ = Reading::kUnread;
  std::optional<WebhookConfiguration> webhook_;
  std::optional<WebhookConfiguration> accounts_webhook_;  // gives advice on service accounts
  bool has_namespaces_ = false;
  bool are_namespaces_asked_for_ = false;
  Namespaces namespaces_;
  Reading guard_reading_ = Reading::kUnread;
  PolicyFacts guard_;
  std::optional<kube::ApiCapabilities> capabilities_;
  Reading policy_reading_ = Reading::kUnread;
  PolicyFacts policy_;
  WebhookConfiguration policy_scope_;
  PolicyFacts account_label_;
  Process process_ = installation_.process;
  std::optional<Mode> meant_mode_;          // nothing when what decides it could not be read
  std::optional<Reading> service_reading_;  // nothing before it was needed
  std::optional<ServiceFacts> service_;
  bool has_certificate_fault_ = false;
  bool has_accounts_ = false;
  std::optional<AccountSelection> selection_;
  AccountSample only_in_config_map_;
  std::map<std::string, std::string> unreadable_pods_;             // they or their workloads, and why
  std::unordered_map<std::string, std::string> missed_by_policy_;  // accounts with a role, and why
};

}  // namespace

std::string_view AreaName(Area area) {
  constexpr std::array<std::string_view, kAllAreas.size()> kNames = {
      "webhook", "certificate", "rights", "guard", "policy", "service-accounts", "pods", "replica-sets"};
  return kNames[static_cast<size_t>(area)];
}

Result<Report> AuditCluster(kube::ApiServer& server, const base::Clock& clock, const AuditOptions& options) {
  return ClusterAudit(server, clock, options).Run();
}

}  // namespace irsa::audit
