// What `irsa audit` prints of what it found.
#pragma once

#include <string>

#include "irsa/audit/facts/finding.h"

namespace irsa::cli {

// For people, at most 100 columns wide as far as words allow: the findings under a heading for each kind, then what
// could not be looked at, then a line about the cluster and one that sums it up.
std::string AuditTable(const audit::Report& report);

// {"clean": …, "summary": {"faults", "remarks", "unread", "pods", "podsWithRole", "serviceAccounts",
// "serviceAccountsWithRole"}, "cluster": {"version", "capabilities": {"webhook", "guard", "policy"}, "mode": "none"|
// "webhook"|"fallback"|"only", "process": "serve"|"controller"|"none"}, "findings": [{"kind", "severity": "fault"|
// "remark", "title", "object": {"kind", "namespace", "name"}, "what", "why", "fix", "pods": {"count", "names"}}],
// "unread": [{"what", "why"}]}; "cluster" is null when it was not asked, "mode" and "process" when they could not be
// told, "namespace" for an object in none, "pods" for a finding that is not about pods.
std::string AuditJson(const audit::Report& report);

}  // namespace irsa::cli
