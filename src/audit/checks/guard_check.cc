#include <string>
#include <utility>

#include "irsa/audit/facts/policy_variables.h"

#include "policy_check.h"

namespace irsa::audit {
namespace {

constexpr const char* kInstallGuard = "apply deploy/kustomize with components/guard again (docs/guard.md)";
constexpr const char* kModeVariable = "mode";
constexpr const char* kGuardLabel = "irsa.dev/guard";

class GuardCheck {
 public:
  GuardCheck(const PolicyFacts& guard, const PolicySetup& setup)
      : guard_(guard),
        setup_(setup),
        is_policy_alone_(setup.mode == Mode::kOnly),
        policy_name_{std::string(kGuardKind), "", setup.installation.guard_name},
        binding_name_{std::string(kGuardBindingKind), "", setup.installation.guard_name} {}

  std::vector<Finding> Run() {
    if (!guard_.policy) {
      AddMissing();
      return std::move(findings_);
    }
    CheckItself();
    CheckScope();
    CheckBinding();
    return std::move(findings_);
  }

 private:
  void Add(FindingKind kind, const ObjectName& object, std::string what, std::string why,
           std::string fix = kInstallGuard) {
    findings_.push_back({kind, object, std::move(what), std::move(why), std::move(fix)});
  }

  void AddMissing() {
    if (guard_.bindings.empty() && !is_policy_alone_) {
      Add(FindingKind::kGuardNotInstalled, policy_name_, "it does not exist",
          "pods that are admitted while irsa is down start without their identity, and nothing reports it",
          "install the component guard, first as a warning (docs/guard.md)");
      return;
    }
    Add(FindingKind::kGuardMissing, policy_name_, "it does not exist",
        is_policy_alone_ ? "there is no webhook for pods, so nothing else reports pods that the identity policy skips, "
                           "or that are created before it knows their account (docs/policy.md)"
                         : "nothing checks for pods that are admitted without their identity");
  }

  void CheckItself() {
    const AdmissionPolicy& policy = *guard_.policy;
    if (policy.effects == 0) {
      Add(FindingKind::kGuardAltered, policy_name_, "it has no validations", "in this state it refuses nothing");
    }
    if (policy.param_kind == kRecordKind) {
      // Its variables and its binding are of that version too.
      Add(FindingKind::kGuardAltered, policy_name_,
          "its paramKind is " + policy.param_kind + ", left over from an older version of irsa",
          "irsa no longer maintains such objects, so the policy does not learn of new roles");
      return;
    }
    if (policy.param_kind != kAccountKind) {
      Add(FindingKind::kGuardAltered, policy_name_,
          policy.param_kind.empty() ? "it has no paramKind" : "its paramKind is " + policy.param_kind,
          "it must be " + std::string(kAccountKind) + ": in this state it refuses nothing");
    }
    for (std::string& difference : CompareVariables(policy.variables, GuardVariables(), setup_.settings)) {
      Add(FindingKind::kGuardAltered, policy_name_, std::move(difference),
          "it reads different annotations than irsa does, so it does not know which accounts have a role");
    }
    CheckMode(policy);
  }

  void CheckMode(const AdmissionPolicy& policy) {
    if (!setup_.mode || *setup_.mode == Mode::kNone) return;
    const auto found = policy.variables.find(kModeVariable);
    const auto mode = found == policy.variables.end() ? std::nullopt : ConstantOf(found->second);
    if (mode && *mode == ModeName(*setup_.mode)) return;
    Add(FindingKind::kGuardAltered, policy_name_,
        std::string("its variable ") + kModeVariable +
            (found == policy.variables.end() ? " does not exist" : " is " + found->second) +
            ", but what gives pods their identity is " + std::string(ModeMeaning(*setup_.mode)),
        "its messages name the wrong cause and the wrong fix");
  }

  void CheckScope() {
    if (setup_.webhook == nullptr || setup_.namespaces == nullptr) return;
    const auto add = [this](std::string what, std::string why) {
      Add(FindingKind::kGuardScopeDiffers, policy_name_, std::move(what), std::move(why),
          std::string("give both the same scope: ") + kInstallGuard);
    };
    for (const auto& [name, labels] : *setup_.namespaces) {
      const bool is_seen = SeesPodsOf(*setup_.webhook, labels);
      const bool is_guarded = guard_.policy->namespaces.Matches(labels);
      if (is_guarded && !is_seen) {
        add("it applies to pods of namespace " + name + ", and the webhook does not",
            "it warns about pods whose account has a role, or refuses them, although nothing is wrong");
      }
      if (is_seen && !is_guarded && !IsOutOnPurpose(name, labels)) {
        add("it does not apply to pods of namespace " + name + ", and the webhook does",
            "there, pods can start without their identity, and nothing reports it");
      }
    }
    for (const WebhookEntry& entry : setup_.webhook->entries) {
      if (!entry.sees_pods || entry.objects == guard_.policy->objects) continue;
      add("its objectSelector differs from the webhook's entry " + entry.name,
          "one of them applies to pods that the other skips");
    }
  }

  bool IsOutOnPurpose(const std::string& name, const Labels& labels) const {
    const auto label = labels.find(kGuardLabel);
    // kube-system and irsa's own namespace are out of the guard on purpose, as is one that says so itself.
    return name == kSystemNamespace || name == setup_.installation.namespace_name ||
           (label != labels.end() && label->second == "off");
  }

  void CheckBinding() {
    if (guard_.bindings.empty()) {
      Add(FindingKind::kGuardBindingMissing, binding_name_, "it does not exist",
          "kube-apiserver does not evaluate a policy without a binding");
      return;
    }
    const PolicyBinding& binding = guard_.bindings.front();
    if (guard_.policy->param_kind != kRecordKind) {
      std::string what = MisboundText(binding, setup_.installation.guard_name);
      if (what.empty() && binding.namespaces != LabelSelector()) {
        what = "it applies the policy in some namespaces only";
      }
      if (!what.empty()) {
        Add(FindingKind::kGuardAltered, binding_name_, std::move(what),
            "in this state, pods are refused that should not be, or are not checked");
      }
    }
    if (binding.denies) return;
    Add(FindingKind::kGuardWarnsOnly, binding_name_, "validationActions has no Deny",
        is_policy_alone_ ? "pods without their identity are admitted with a warning, and there is no webhook for the "
                           "pods that the identity policy skips"
                         : "pods without their identity are admitted with a warning",
        "once it has not warned for a while, install components/guard-deny (docs/guard.md)");
  }

  const PolicyFacts& guard_;
  const PolicySetup& setup_;
  const bool is_policy_alone_;  // no webhook is meant to be beside it
  const ObjectName policy_name_;
  const ObjectName binding_name_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> CheckGuard(const PolicyFacts& guard, const PolicySetup& setup) {
  return GuardCheck(guard, setup).Run();
}

}  // namespace irsa::audit
