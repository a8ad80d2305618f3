// What is wrong with the guard (docs/guard.md), the identity policy and the policy that labels accounts, whether the
// cluster can have them, and which mode it is in (docs/policy.md). Pure.
#pragma once

#include <optional>
#include <vector>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/audit/facts/policy_facts.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/kube/api/api_capabilities.h"

#include "webhook_check.h"

namespace irsa::audit {

// What guard and policy have to agree with; null, or nothing, for what does not exist or is not known.
struct PolicySetup {
  const Installation& installation;
  const identity::Settings& settings;
  std::optional<Mode> mode;  // that the installation is meant to be in
  const WebhookConfiguration* webhook;
  const Namespaces* namespaces;
  // Of interest to the policy alone.
  const kube::ApiCapabilities* capabilities = nullptr;
  const AdmissionPolicy* guard = nullptr;
};

std::vector<Finding> CheckGuard(const PolicyFacts& guard, const PolicySetup& setup);

// No finding where there is no policy and nothing wants one: the webhook is enough.
std::vector<Finding> CheckPolicy(const PolicyFacts& facts, const PolicySetup& setup);

// Nothing where there is no such policy: labels are for large namespaces.
std::vector<Finding> CheckAccountLabel(const PolicyFacts& facts, const Installation& installation,
                                       const identity::Settings& settings);

// The mode that the installation is meant to be in: what runs decides it, and where that is not known, what there is.
Mode MeantMode(const PolicyFacts& facts, bool has_webhook, Process process);

// Who gives pods their identity, as the objects say.
Mode ModeOf(const PolicyFacts& facts, const WebhookConfiguration* webhook, Process process);

}  // namespace irsa::audit
