// Which rights irsa's service account needs for what the process is told to do, and what it means that one is missing.
// Pure; deploy/ grants just these.
#pragma once

#include <string>
#include <vector>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/kube/api/account_requests.h"

namespace irsa::audit {

// On one kind of object, or on one object.
struct NeededRight {
  kube::AccessQuestion on;  // its verb is empty
  std::vector<std::string> verbs;
  std::string without;    // what does not work without it
  std::string role_kind;  // ClusterRole or Role
  std::string role_name;  // that grants it in deploy/, and of its binding
};

// None where it is not known what the process does, or under which account.
std::vector<NeededRight> NeededRights(const Installation& installation);

// `verbs` are those that are refused; `reason` is the authorizer's, if it gave one.
Finding MissingRight(const NeededRight& right, const std::vector<std::string>& verbs, const std::string& reason,
                     const kube::AccountReference& account);

}  // namespace irsa::audit
