// The identity policy as a cluster has it (docs/policy.md): the policy, its bindings, and what tells irsa when policies
// have seen an account.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "irsa/audit/finding.h"
#include "irsa/audit/installation_facts.h"
#include "irsa/audit/label_selector.h"
#include "irsa/audit/pod_facts.h"
#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/mutation/settings.h"

namespace irsa::audit {

// The limits that the policy sets itself; a test compares them with deploy/.
inline constexpr size_t kPolicyMaxExpirationLength = 18;
inline constexpr size_t kPolicyMaxContainers = 200;
inline constexpr size_t kPolicyMaxVariables = 20000;

struct IdentityPolicy {
  std::string param_kind;  // "irsa.dev/v1alpha1/IdentityMap"
  std::string failure_policy;
  std::string reinvocation_policy;
  size_t mutations = 0;
  std::optional<base::SystemTime> created;
  LabelSelector namespaces;
  LabelSelector objects;
  std::map<std::string, std::string, std::less<>> variables;  // expressions by name
};

IdentityPolicy ReadIdentityPolicy(const base::Json& object);

struct PolicyBinding {
  std::string name;
  std::string policy_name;
  std::string param_name;
  std::string when_not_found;  // parameterNotFoundAction
  LabelSelector namespaces;
  LabelSelector objects;
};

PolicyBinding ReadPolicyBinding(const base::Json& object);

// A part that does not exist is empty.
struct PolicyFacts {
  std::optional<IdentityPolicy> policy;
  std::vector<PolicyBinding> bindings;  // one for each entry of the webhook
  std::vector<ObjectName> unseen;       // what is missing of irsa-identity-seen and its bindings
  std::string older_version;            // of the API, in which there is such a policy; empty: in none

  // Whether kube-apiserver does something by it.
  bool IsInForce() const { return policy && policy->mutations > 0 && !bindings.empty(); }
};

// Which pods it looks at, said as a webhook's configuration says it: an entry for each binding.
WebhookConfiguration ScopeOf(const PolicyFacts& facts);

// Why the policy leaves such a pod to the webhook by its own rules ("it has more than 200 containers"); empty: it does
// not.
std::string LeftByPolicy(const PodFacts& pod, const mutation::Settings& settings);

}  // namespace irsa::audit
