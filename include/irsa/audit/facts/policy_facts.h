// irsa's admission policies as a cluster has them: the guard, the identity policy, and the policy that labels service
// accounts, with their bindings (docs/guard.md, docs/policy.md).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/audit/facts/label_selector.h"
#include "irsa/audit/facts/pod_facts.h"
#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::audit {

inline constexpr std::string_view kGuardKind = "ValidatingAdmissionPolicy";
inline constexpr std::string_view kGuardBindingKind = "ValidatingAdmissionPolicyBinding";
// Of the identity policy and the one that labels accounts.
inline constexpr std::string_view kPolicyKind = "MutatingAdmissionPolicy";
inline constexpr std::string_view kPolicyBindingKind = "MutatingAdmissionPolicyBinding";

// What guard and identity policy take as their parameters: the service accounts of the pod's namespace.
inline constexpr std::string_view kAccountKind = "v1/ServiceAccount";
// What they took in older versions of irsa, which kept a record of identities.
inline constexpr std::string_view kRecordKind = "irsa.dev/v1alpha1/IdentityMap";

// The label that the policy irsa-account-label gives to service accounts with a role, and its value.
inline constexpr std::string_view kAccountLabel = "irsa.dev/role";
inline constexpr std::string_view kAccountLabelValue = "true";

// The limits that the identity policy sets itself; a test compares them with deploy/.
inline constexpr size_t kPolicyMaxContainers = 200;
inline constexpr size_t kPolicyMaxVariables = 20000;

// Expressions by name.
using PolicyVariables = std::map<std::string, std::string, std::less<>>;

// A ValidatingAdmissionPolicy or a MutatingAdmissionPolicy.
struct AdmissionPolicy {
  std::string param_kind;  // "v1/ServiceAccount"; empty: none
  std::string failure_policy;
  std::string reinvocation_policy;  // of a mutating one
  size_t effects = 0;               // its validations, or its mutations
  std::optional<base::SystemTime> created;
  LabelSelector namespaces;
  LabelSelector objects;
  PolicyVariables variables;
};

AdmissionPolicy ReadAdmissionPolicy(const base::Json& object);

struct PolicyBinding {
  ObjectName object;
  std::string policy_name;
  bool has_params = false;      // has a paramRef
  std::string param_name;       // the only account that it takes; empty: all that `accounts` selects
  std::string param_namespace;  // where it takes them from; empty: the pod's
  std::string when_not_found;   // parameterNotFoundAction
  LabelSelector accounts;       // paramRef.selector
  LabelSelector namespaces;
  LabelSelector objects;
  bool denies = false;  // of a validating one
};

// `kind` is the object's.
PolicyBinding ReadPolicyBinding(const base::Json& object, std::string_view kind);

// How the binding differs from irsa's, which bind the policy of that name to the service accounts of the pod's
// namespace: "its parameterNotFoundAction is Deny". Empty: it does not differ.
std::string MisboundText(const PolicyBinding& binding, std::string_view policy_name);

// Whether that is the selector for the label of irsa-account-label.
bool SelectsByAccountLabel(const LabelSelector& accounts);

// One of irsa's policies with its bindings; a part that does not exist is empty.
struct PolicyFacts {
  std::optional<AdmissionPolicy> policy;
  std::vector<PolicyBinding> bindings;  // of the identity policy one for each entry of the webhook
  std::string older_version;            // of the API, in which there is such a policy; empty: in none

  // Whether there is anything of it in v1 of the API, for which it is made.
  bool Exists() const { return older_version.empty() && (policy || !bindings.empty()); }
  bool IsBound() const { return policy && !bindings.empty(); }
  // Of guard and identity policy, whether kube-apiserver does something by it.
  bool IsInForce() const { return IsBound() && policy->effects > 0 && policy->param_kind == kAccountKind; }
};

// Which pods the identity policy looks at, said as a webhook's configuration says it: an entry for each binding.
WebhookConfiguration ScopeOf(const PolicyFacts& facts);

// Why the identity policy does not find a service account with these labels, for pods of a namespace with those:
// "binding irsa-identity takes only accounts with irsa.dev/role In (true)". Empty: it does, or does not look there.
std::string MissedBySelector(const PolicyFacts& facts, const Labels& namespace_labels, const Labels& account_labels);

// Why the policy leaves such a pod to the webhook by its own rules ("it has more than 200 containers"); empty: it does
// not. `account` is the identity that the account's own annotations say, which may keep the policy from every pod of
// the account; null: none, or not known.
std::string LeftByPolicy(const PodFacts& pod, const identity::Identity* account, const identity::Settings& settings);

}  // namespace irsa::audit
