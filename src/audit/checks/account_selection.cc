#include "account_selection.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "irsa/base/text.h"

namespace irsa::audit {
namespace {

constexpr size_t kNamedAccounts = 3;
constexpr const char* kLabelAll = "kubectl get serviceaccounts --all-namespaces -o yaml | kubectl replace -f -";

std::string SelectorText(const LabelSelector& selector) {
  std::vector<std::string> texts;
  for (const LabelRequirement& each : selector.requirements) texts.push_back(each.Text());
  return base::Joined(texts);
}

std::string EvaluatorText(bool has_guard, bool has_policy) {
  if (has_guard && has_policy) return "guard and identity policy evaluate";
  return has_guard ? "the guard evaluates" : "the identity policy evaluates";
}

std::string FixOf(const EvaluatedBinding& binding, const std::string& first, const PolicyFacts& account_label) {
  if (!SelectsByAccountLabel(binding.accounts)) {
    return "add the labels that the selector requires (kubectl label serviceaccount), or remove the selector from the "
           "binding until the accounts have them (docs/guard.md)";
  }
  if (account_label.IsBound()) {
    return std::string("update every account once, so that irsa-account-label labels it: ") + kLabelAll;
  }
  const size_t slash = first.find('/');
  return "label the accounts: kubectl label serviceaccount " + first.substr(slash + 1) + " -n " +
         first.substr(0, slash) + " " + std::string(kAccountLabel) + "=" + std::string(kAccountLabelValue) +
         "; or remove the selector from the binding (docs/guard.md)";
}

std::string WhyOf(const EvaluatedBinding& binding, const PolicyFacts& account_label) {
  std::string why =
      "kube-apiserver does not evaluate the policy for the pods of these accounts, which can start without their "
      "identity";
  if (SelectsByAccountLabel(binding.accounts)) {
    why += account_label.IsBound() ? "; accounts that are older than the policy irsa-account-label have no label yet"
                                   : "; the policy irsa-account-label, which would label them, is not in force";
  }
  return why;
}

}  // namespace

std::vector<EvaluatedBinding> EvaluatedBindings(const PolicyFacts& guard, const PolicyFacts& policy) {
  std::vector<EvaluatedBinding> bindings;
  const auto add = [&bindings](const PolicyFacts& facts, double milliseconds) {
    if (!facts.IsInForce()) return;
    for (const PolicyBinding& binding : facts.bindings) {
      bindings.push_back(
          {binding.object, binding.accounts, Both(facts.policy->namespaces, binding.namespaces), milliseconds});
    }
  };
  add(guard, kGuardMillisecondsPerAccount);
  add(policy, kPolicyMillisecondsPerAccount);
  return bindings;
}

void AccountSample::Add(std::string_view namespace_name, std::string_view name) {
  if (++count <= kNamedAccounts) names.push_back(std::string(namespace_name).append("/").append(name));
}

std::string AccountSample::Text() const {
  return std::to_string(count) + (count == 1 ? " service account (" : " service accounts (") + base::Joined(names) +
         (count > names.size() ? ", ...)" : ")");
}

AccountSelection::AccountSelection(std::vector<EvaluatedBinding> bindings, const Namespaces& namespaces)
    : bindings_(std::move(bindings)), namespaces_(namespaces), missed_(bindings_.size()) {}

AccountSelection::Evaluated* AccountSelection::Find(std::string_view namespace_name) {
  auto found = evaluated_.find(namespace_name);
  if (found != evaluated_.end()) return &found->second;
  const auto labels = namespaces_.find(namespace_name);
  if (labels == namespaces_.end()) return nullptr;
  Evaluated evaluated;
  for (const EvaluatedBinding& binding : bindings_) {
    evaluated.push_back(binding.namespaces.Matches(labels->second) ? std::optional<size_t>(0) : std::nullopt);
  }
  return &evaluated_.emplace(namespace_name, std::move(evaluated)).first->second;
}

bool AccountSelection::IsEvaluatedIn(std::string_view namespace_name) {
  const Evaluated* evaluated = Find(namespace_name);
  return evaluated != nullptr &&
         std::ranges::any_of(*evaluated, [](const auto& accounts) { return accounts.has_value(); });
}

void AccountSelection::Count(const kube::ObjectView& account, bool has_role) {
  Evaluated* evaluated = Find(account.namespace_name);
  if (evaluated == nullptr) return;
  const Labels labels = ReadLabels(*account.json);
  for (size_t i = 0; i < bindings_.size(); ++i) {
    std::optional<size_t>& accounts = (*evaluated)[i];
    if (!accounts) continue;
    if (bindings_[i].accounts.Matches(labels)) {
      ++*accounts;
    } else if (has_role) {
      missed_[i].Add(account.namespace_name, account.name);
    }
  }
}

std::vector<Finding> AccountSelection::MissedBy(std::string_view binding_kind, const PolicyFacts& account_label) const {
  std::vector<Finding> findings;
  for (size_t i = 0; i < bindings_.size(); ++i) {
    const EvaluatedBinding& binding = bindings_[i];
    if (missed_[i].count == 0 || binding.object.kind != binding_kind) continue;
    findings.push_back({FindingKind::kSelectorMissesAccounts, binding.object,
                        "its paramRef selects service accounts with " + SelectorText(binding.accounts) +
                            ", and misses " + missed_[i].Text() + " with a role",
                        WhyOf(binding, account_label), FixOf(binding, missed_[i].names.front(), account_label)});
  }
  return findings;
}

std::vector<Finding> AccountSelection::SlowNamespaces() const {
  std::vector<Finding> findings;
  for (const auto& [namespace_name, evaluated] : evaluated_) {
    double milliseconds = 0;
    size_t accounts = 0;
    bool selects_all = false;
    bool has_guard = false;
    bool has_policy = false;
    for (size_t i = 0; i < bindings_.size(); ++i) {
      const size_t of_binding = evaluated[i].value_or(0);
      if (of_binding == 0) continue;
      milliseconds += bindings_[i].milliseconds_per_account * static_cast<double>(of_binding);
      accounts = std::max(accounts, of_binding);
      selects_all |= bindings_[i].accounts == LabelSelector();
      (bindings_[i].object.kind == kGuardBindingKind ? has_guard : has_policy) = true;
    }
    if (milliseconds <= kSlowMilliseconds) continue;
    findings.push_back(
        {FindingKind::kPoliciesSlow,
         {"Namespace", "", namespace_name},
         "each new pod takes kube-apiserver about " + std::to_string(std::llround(milliseconds)) + " ms longer: " +
             EvaluatorText(has_guard, has_policy) + " " + std::to_string(accounts) + " service accounts",
         "every account of the pod's namespace that a binding selects is evaluated, with or without a role",
         selects_all ? "label the accounts that have a role, and make the bindings select that label (docs/guard.md)"
                     : "the bindings already select only labelled accounts; move some of them to other namespaces"});
  }
  return findings;
}

Finding RolesOnlyInConfigMap(const AccountSample& accounts, const Installation& installation) {
  return {FindingKind::kRoleOnlyInConfigMap,
          {"ConfigMap", installation.namespace_name, installation.config_map_name},
          accounts.Text() + (accounts.count == 1 ? " has its role" : " have their roles") + " only from it",
          "the guard and the identity policy read the account's annotations and do not know this role: the policy does "
          "not give it to pods, and the guard does not notice when it is missing",
          "irsa annotate --config-map FILE prints the commands that annotate the accounts"};
}

}  // namespace irsa::audit
