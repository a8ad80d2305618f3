// What is wrong with the identity policy, and whether the cluster can have one. Pure.
#pragma once

#include <vector>

#include "irsa/audit/finding.h"
#include "irsa/audit/installation_facts.h"
#include "irsa/audit/policy_facts.h"
#include "irsa/audit/record_check.h"
#include "irsa/audit/webhook_check.h"
#include "irsa/kube/api_capabilities.h"
#include "irsa/mutation/settings.h"

namespace irsa::audit {

// What the policy has to agree with; null for what does not exist or is not known.
struct PolicySetup {
  const Installation& installation;
  const mutation::Settings& settings;
  const kube::ApiCapabilities* capabilities;
  const WebhookConfiguration* webhook;
  const GuardPolicy* guard;
  const Namespaces* namespaces;
};

// No finding where there is no policy and nothing wants one: the webhook is enough.
std::vector<Finding> CheckPolicy(const PolicyFacts& facts, const PolicySetup& setup);

// Who gives pods their identity, as the objects say.
Mode ModeOf(const PolicyFacts& facts, const WebhookConfiguration* webhook, const Installation& installation);

}  // namespace irsa::audit
