// Reads a cluster once and reports everything that is wrong with identities in it: the work of `irsa audit`.
// docs/audit.md lists the rights that it needs.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "irsa/audit/checks/account_check.h"
#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::audit {

// What can be left out, for users who may not read all of it.
enum class Area { kWebhook, kCertificate, kRights, kGuard, kPolicy, kServiceAccounts, kPods, kReplicaSets };

inline constexpr std::array kAllAreas = {Area::kWebhook, Area::kCertificate,     Area::kRights, Area::kGuard,
                                         Area::kPolicy,  Area::kServiceAccounts, Area::kPods,   Area::kReplicaSets};

// "webhook", "certificate", "rights", "guard", "policy", "service-accounts", "pods", "replica-sets".
std::string_view AreaName(Area area);

struct AuditOptions {
  identity::Settings settings;
  Installation installation;
  std::string namespace_name;  // pods, accounts and ReplicaSets of this one alone; empty: of all
  ClientIds client_ids;
  std::set<Area> areas = {kAllAreas.begin(), kAllAreas.end()};
};

// What cannot be read or parsed is listed in the report's `unread`; the rest is checked anyway. kUnavailable when the
// apiserver cannot be asked at all.
Result<Report> AuditCluster(kube::ApiServer& server, const base::Clock& clock, const AuditOptions& options);

}  // namespace irsa::audit
