// Which service accounts the guard and the identity policy evaluate for a new pod: all of its namespace that the
// selector of their bindings (paramRef) selects, whether or not they have a role. Pods of an account that a selector
// misses are not protected, and each account that it selects costs time. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/audit/checks/account_check.h"
#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/label_selector.h"
#include "irsa/audit/facts/policy_facts.h"
#include "irsa/kube/api/objects.h"

#include "webhook_check.h"

namespace irsa::audit {

// What evaluating a policy takes kube-apiserver for each account and pod. From dry runs of pods on
// kube-apiserver 1.36.3 and two slow cores, 4 ms each without a policy: with 100 accounts in the namespace 22 ms with
// the guard and 77 with both policies, with 500 accounts 94 and 353 (0.18 and 0.70 for each account).
inline constexpr double kGuardMillisecondsPerAccount = 0.2;
inline constexpr double kPolicyMillisecondsPerAccount = 0.5;
// For each new pod: from there on people should know.
inline constexpr double kSlowMilliseconds = 20;

// A binding that evaluates accounts.
struct EvaluatedBinding {
  ObjectName object;
  LabelSelector accounts;
  LabelSelector namespaces;  // of the policy and the binding together
  double milliseconds_per_account = 0;
};

// Those of the policies that are in force.
std::vector<EvaluatedBinding> EvaluatedBindings(const PolicyFacts& guard, const PolicyFacts& policy);

// Some service accounts: how many, and the first of their names.
struct AccountSample {
  size_t count = 0;
  std::vector<std::string> names;

  void Add(std::string_view namespace_name, std::string_view name);
  // "5 service accounts (team-a/app, team-a/db, team-b/app, ...)".
  std::string Text() const;
};

class AccountSelection {
 public:
  // `namespaces` outlive it; accounts of others than those are passed over.
  AccountSelection(std::vector<EvaluatedBinding> bindings, const Namespaces& namespaces);

  // Whether one of the bindings is about pods of that namespace.
  bool IsEvaluatedIn(std::string_view namespace_name);
  void Count(const kube::ObjectView& account, bool has_role);

  // Of a binding: the accounts with a role that its selector misses. `account_label` says whether there is a policy
  // that labels them.
  std::vector<Finding> MissedBy(std::string_view binding_kind, const PolicyFacts& account_label) const;
  // Namespaces in which the policies together are slow.
  std::vector<Finding> SlowNamespaces() const;

 private:
  // For each binding, how many accounts it evaluates for a pod of the namespace; nothing where it is not about its
  // pods.
  using Evaluated = std::vector<std::optional<size_t>>;
  Evaluated* Find(std::string_view namespace_name);

  const std::vector<EvaluatedBinding> bindings_;
  const Namespaces& namespaces_;
  std::map<std::string, Evaluated, std::less<>> evaluated_;
  std::vector<AccountSample> missed_;  // for each binding
};

// Accounts whose role comes from nowhere but the ConfigMap, which guard and identity policy do not read.
Finding RolesOnlyInConfigMap(const AccountSample& accounts, const Installation& installation);

}  // namespace irsa::audit
