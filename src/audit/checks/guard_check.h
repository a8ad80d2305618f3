// What is wrong with the guard (docs/guard.md). Pure.
#pragma once

#include <optional>
#include <vector>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/audit/facts/policy_facts.h"
#include "irsa/identity/rules/settings.h"

#include "webhook_check.h"

namespace irsa::audit {

// What the guard has to agree with; null, or nothing, for what does not exist or is not known.
struct GuardSetup {
  const Installation& installation;
  const identity::Settings& settings;
  std::optional<Mode> mode;  // that the installation is meant to be in
  const WebhookConfiguration* webhook;
  const Namespaces* namespaces;
};

std::vector<Finding> CheckGuard(const GuardFacts& guard, const GuardSetup& setup);

}  // namespace irsa::audit
