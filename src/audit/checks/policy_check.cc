#include "policy_check.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "irsa/audit/facts/policy_variables.h"

namespace irsa::audit {
namespace {

constexpr const char* kInstallPolicy = "apply deploy/kustomize with components/policy again (docs/policy.md)";

constexpr const char* kNeverEvaluated = "kube-apiserver does not evaluate a policy without a binding";
constexpr const char* kGiveFlags =
    "set the same values in the policy: mutation.* in Helm's values, or a patch next to that of the flag "
    "(docs/policy.md)";

ObjectName PolicyName(std::string name) { return {std::string(kPolicyKind), "", std::move(name)}; }
ObjectName BindingName(std::string name) { return {std::string(kPolicyBindingKind), "", std::move(name)}; }

class PolicyCheck {
 public:
  PolicyCheck(const PolicyFacts& facts, const PolicySetup& setup)
      : facts_(facts),
        setup_(setup),
        is_alone_(setup.mode == Mode::kOnly),
        is_controller_(setup.installation.process == Process::kController),
        name_(PolicyName(setup.installation.policy_name)) {}

  std::vector<Finding> Run() {
    if (CheckCluster()) return std::move(findings_);
    CheckLeftOverWebhook();
    if (!facts_.Exists() && !is_alone_) return {};  // nothing wants one
    if (!facts_.policy) {
      Add(FindingKind::kPolicyMissing, name_, "it does not exist",
          is_alone_ ? "nothing else gives pods their identity, so no pod gets one"
                    : "its bindings exist, but kube-apiserver does nothing: while irsa is down, pods get no identity",
          kInstallPolicy);
      return std::move(findings_);
    }
    CheckItself();
    CheckBindings();
    CheckScope();
    return std::move(findings_);
  }

 private:
  void Add(FindingKind kind, const ObjectName& object, std::string what, std::string why, std::string fix) {
    findings_.push_back({kind, object, std::move(what), std::move(why), std::move(fix)});
  }

  void Altered(const ObjectName& object, std::string what, std::string why, std::string fix = kInstallPolicy) {
    Add(FindingKind::kPolicyAltered, object, std::move(what), std::move(why), std::move(fix));
  }

  // `kubectl apply -k` with components/policy-only names no webhook any more, but takes none away.
  void CheckLeftOverWebhook() {
    if (!is_controller_ || setup_.webhook == nullptr) return;
    const bool fails_closed = std::ranges::any_of(setup_.webhook->entries, [](const WebhookEntry& entry) {
      return entry.sees_pods && entry.failure_policy == "Fail";
    });
    Add(FindingKind::kWebhookLeftOver, {setup_.webhook->kind, "", setup_.webhook->name},
        "it is registered, but irsa controller does not serve it",
        fails_closed ? "its failurePolicy is Fail, so kube-apiserver refuses the pods that it would send to the webhook"
                     : "kube-apiserver calls for every new pod, gets 404, and counts it as a failure of the webhook",
        "kubectl delete mutatingwebhookconfiguration " + setup_.webhook->name);
  }

  // Whether that is all there is to say.
  bool CheckCluster() {
    if (setup_.capabilities == nullptr || setup_.capabilities->has_policy) return false;
    if (!is_controller_ && facts_.older_version.empty()) return true;
    const ObjectName deployment{"Deployment", setup_.installation.namespace_name, setup_.installation.service_name};
    Add(FindingKind::kClusterTooOld, is_controller_ ? deployment : name_,
        (is_controller_ ? "it runs irsa controller, but kube-apiserver is "
                        : "it is of the API's version " + facts_.older_version + ", and kube-apiserver is ") +
            setup_.capabilities->version,
        is_controller_ ? "MutatingAdmissionPolicy v1, with which kube-apiserver would give pods their identity, "
                         "requires Kubernetes 1.36: irsa controller does not start"
                       : "irsa's policy needs MutatingAdmissionPolicy v1, which requires Kubernetes 1.36",
        is_controller_ ? "run irsa serve with its webhook (deploy/kustomize without components/policy-only and "
                         "components/policy, or Helm's mode=webhook), or upgrade the cluster to 1.36"
                       : "remove it; the webhook gives the same identities: kubectl delete mutatingadmissionpolicies." +
                             facts_.older_version + ".admissionregistration.k8s.io " + name_.name +
                             "; or upgrade the cluster to 1.36");
    return true;
  }

  void CheckItself() {
    const AdmissionPolicy& policy = *facts_.policy;
    if (policy.effects == 0) Altered(name_, "it has no mutations", "in this state it gives no pod its identity");
    if (policy.param_kind == kRecordKind) {
      Altered(name_, "its paramKind is " + policy.param_kind + ", left over from an older version of irsa",
              "irsa no longer maintains such objects, so the policy does not learn of new roles");
      return;
    }
    if (policy.param_kind != kAccountKind) {
      Altered(name_, policy.param_kind.empty() ? "it has no paramKind" : "its paramKind is " + policy.param_kind,
              "it must be " + std::string(kAccountKind) + ": in this state it gives no pod its identity");
    }
    if (policy.failure_policy != "Ignore") {
      Altered(name_, "its failurePolicy is " + policy.failure_policy,
              "where it cannot be evaluated, unrelated pods are refused");
    }
    if (policy.reinvocation_policy != "IfNeeded") {
      Altered(name_, "its reinvocationPolicy is " + policy.reinvocation_policy,
              "a container that a webhook adds after it, such as a sidecar, gets no identity");
    }
    for (std::string& difference : CompareVariables(policy.variables, IdentityVariables(), setup_.settings)) {
      Altered(name_, std::move(difference), "kube-apiserver and irsa mutate the same pod differently", kGiveFlags);
    }
  }

  void CheckBindings() {
    const std::string& name = setup_.installation.policy_name;
    const auto is_main = [&name](const PolicyBinding& binding) { return binding.object.name == name; };
    if (std::ranges::none_of(facts_.bindings, is_main)) {
      Add(FindingKind::kPolicyBindingMissing, BindingName(name), "it does not exist", kNeverEvaluated, kInstallPolicy);
    }
    if (facts_.policy->param_kind == kRecordKind) return;  // they are of that version too
    for (const PolicyBinding& binding : facts_.bindings) {
      std::string what = MisboundText(binding, name);
      if (what.empty()) continue;
      Altered(binding.object, std::move(what),
              "in this state, pods are refused that should not be, or get no identity");
    }
  }

  void CheckScope() {
    if (setup_.namespaces == nullptr || facts_.bindings.empty()) return;
    const WebhookConfiguration scope = ScopeOf(facts_);
    const auto add = [this](std::string what, std::string why) {
      Add(FindingKind::kPolicyScopeDiffers, name_, std::move(what), std::move(why),
          std::string("give both the same scope: ") + kInstallPolicy);
    };
    const bool has_webhook = !is_alone_ && setup_.webhook != nullptr;
    for (const auto& [name, labels] : *setup_.namespaces) {
      const bool is_seen = SeesPodsOf(scope, labels);
      if (has_webhook && SeesPodsOf(*setup_.webhook, labels) != is_seen) {
        is_seen ? add("it applies to pods of namespace " + name + ", and the webhook does not",
                      "there, pods get an identity that the webhook's namespaceSelector withholds from them")
                : add("it does not apply to pods of namespace " + name + ", and the webhook does",
                      "there, pods get no identity while irsa is down");
      } else if (!has_webhook && !is_seen && setup_.guard != nullptr && setup_.guard->namespaces.Matches(labels)) {
        add("it does not apply to pods of namespace " + name + ", and the guard does",
            "there, the guard reports pods of accounts with a role as lacking it, and nothing gives it to them");
      }
    }
    CompareObjects(scope, has_webhook, add);
  }

  template <typename Take>
  void CompareObjects(const WebhookConfiguration& scope, bool has_webhook, const Take& add) const {
    constexpr const char* kWhy = "one of them applies to pods that the other skips";
    for (const WebhookEntry& entry : scope.entries) {
      const std::string what = "its objectSelector, through binding " + entry.name + ", differs from that of ";
      if (!has_webhook) {
        if (setup_.guard != nullptr && entry.objects != setup_.guard->objects) add(what + "the guard", kWhy);
        continue;
      }
      for (const WebhookEntry& other : setup_.webhook->entries) {
        if (other.sees_pods && other.objects != entry.objects) add(what + "the webhook's entry " + other.name, kWhy);
      }
    }
  }

  const PolicyFacts& facts_;
  const PolicySetup& setup_;
  const bool is_alone_;  // no webhook is meant to be beside it
  const bool is_controller_;
  const ObjectName name_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> CheckPolicy(const PolicyFacts& facts, const PolicySetup& setup) {
  return PolicyCheck(facts, setup).Run();
}

std::vector<Finding> CheckAccountLabel(const PolicyFacts& facts, const Installation& installation,
                                       const identity::Settings& settings) {
  const std::string& name = installation.account_label_name;
  constexpr const char* kNoLabels = "accounts that get a role get no label, so a selector on the label misses them";
  if (!facts.Exists()) return {};
  if (!facts.policy) {
    return {{FindingKind::kPolicyMissing, PolicyName(name), "it does not exist, but its binding does", kNoLabels,
             kInstallPolicy}};
  }
  std::vector<Finding> findings;
  if (!facts.IsBound()) {
    findings.push_back(
        {FindingKind::kPolicyBindingMissing, BindingName(name), "it does not exist", kNoLabels, kInstallPolicy});
  }
  // Where it names the prefix in its match conditions, which cannot use variables, nothing is compared.
  if (!facts.policy->variables.contains(AccountLabelVariables().front().name)) return findings;
  for (std::string& difference : CompareVariables(facts.policy->variables, AccountLabelVariables(), settings)) {
    findings.push_back({FindingKind::kPolicyAltered, PolicyName(name), std::move(difference), kNoLabels, kGiveFlags});
  }
  return findings;
}

Mode MeantMode(const PolicyFacts& facts, bool has_webhook, Process process) {
  if (process == Process::kController) return Mode::kOnly;
  if (has_webhook || process == Process::kServe) return facts.Exists() ? Mode::kFallback : Mode::kWebhook;
  return facts.Exists() ? Mode::kOnly : Mode::kNone;
}

Mode ModeOf(const PolicyFacts& facts, const WebhookConfiguration* webhook, Process process) {
  const bool has_webhook = process != Process::kController && webhook != nullptr &&
                           std::ranges::any_of(webhook->entries, [](const auto& entry) { return entry.sees_pods; });
  if (facts.IsInForce()) return has_webhook ? Mode::kFallback : Mode::kOnly;
  return has_webhook ? Mode::kWebhook : Mode::kNone;
}

}  // namespace irsa::audit
