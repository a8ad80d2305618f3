#include "src/cli/audit/audit_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace irsa::cli {
namespace {

using audit::Finding;
using audit::FindingKind;
using audit::Report;

Report WithFindings() {
  Report report;
  report.counts = {.pods = 9, .pods_with_role = 4, .service_accounts = 3, .accounts_with_role = 1};
  report.findings = {
      {FindingKind::kGuardWarnsOnly, {"ValidatingAdmissionPolicyBinding", "", "irsa-guard"}, "what", "why", "fix"},
      {FindingKind::kPodFailedOpen, {"Deployment", "team-a", "web"}, "what", "why", "fix", 4, {"a", "b", "c"}},
      {FindingKind::kPodFailedOpen, {"Pod", "team-a", "x"}, "what", "why", "fix", 1, {"x"}}};
  return report;
}

TEST(AuditTable, GroupsFindingsByKind) {
  EXPECT_EQ(AuditTable(WithFindings()),
            R"(The guard warns, and refuses nothing [guard-warns-only]

  ValidatingAdmissionPolicyBinding irsa-guard
    what what
    why  why
    fix  fix

Pods without their identity: irsa did not answer when they were created [pod-failed-open]

  Deployment team-a/web: 4 pods (a, b, c, ...)
    what what
    why  why
    fix  fix

  Pod team-a/x
    what what
    why  why
    fix  fix

2 faults, 1 remark (3 service accounts, 1 with a role; 9 pods, 4 of those accounts)
)");
}

TEST(AuditTable, SaysWhatTheClusterCanDo) {
  Report report;
  report.cluster = {{"v1.36.3", true, true, true, ""}, audit::Mode::kFallback};
  const std::string summary = "nothing wrong (0 service accounts, 0 with a role; 0 pods, 0 of those accounts)\n";
  EXPECT_EQ(AuditTable(report),
            "Kubernetes v1.36.3 supports: webhook, guard, policy; in use: the identity policy, then the webhook\n"
            "  (fallback)\n" +
                summary);
  report.cluster = {{"v1.29.0", true, false, false, ""}, audit::Mode::kWebhook};
  EXPECT_EQ(AuditTable(report), "Kubernetes v1.29.0 supports: webhook; in use: the webhook\n" + summary);
  report.cluster = {{"v1.36.3", true, true, true, ""}, audit::Mode::kOnly, audit::Process::kNone};
  EXPECT_EQ(AuditTable(report),
            "Kubernetes v1.36.3 supports: webhook, guard, policy; in use: the identity policy (only); no irsa\n"
            "  runs\n" +
                summary);
  report.cluster = {{"v1.29.0", true, false, false, ""}, std::nullopt};
  EXPECT_EQ(AuditTable(report), "Kubernetes v1.29.0 supports: webhook\n" + summary);
}

TEST(AuditTable, SaysWhatWasNotLookedAt) {
  Report report;
  EXPECT_EQ(AuditTable(report), "nothing wrong (0 service accounts, 0 with a role; 0 pods, 0 of those accounts)\n");
  report.unread = {{"pods", "forbidden"}};
  EXPECT_EQ(AuditTable(report), R"(Not checked

  pods
    why  forbidden

nothing wrong in what was checked, 1 thing not checked (0 service accounts, 0 with a role; 0 pods, 0
  of those accounts)
)");
}

TEST(AuditJson, IsForPrograms) {
  Report report = WithFindings();
  report.findings.pop_back();
  report.unread = {{"pods", "forbidden"}};
  report.cluster = {{"v1.36.3", true, true, true, ""}, audit::Mode::kOnly, audit::Process::kNone};
  EXPECT_EQ(nlohmann::json::parse(AuditJson(report)), nlohmann::json::parse(R"({
    "clean": false,
    "summary": {"faults": 1, "remarks": 1, "unread": 1, "pods": 9, "podsWithRole": 4, "serviceAccounts": 3,
                "serviceAccountsWithRole": 1},
    "cluster": {"version": "v1.36.3", "capabilities": {"webhook": true, "guard": true, "policy": true}, "mode": "only",
                "process": "none"},
    "findings": [
      {"kind": "guard-warns-only", "severity": "remark", "title": "The guard warns, and refuses nothing",
       "object": {"kind": "ValidatingAdmissionPolicyBinding", "namespace": null, "name": "irsa-guard"},
       "what": "what", "why": "why", "fix": "fix", "pods": null},
      {"kind": "pod-failed-open", "severity": "fault",
       "title": "Pods without their identity: irsa did not answer when they were created",
       "object": {"kind": "Deployment", "namespace": "team-a", "name": "web"},
       "what": "what", "why": "why", "fix": "fix", "pods": {"count": 4, "names": ["a", "b", "c"]}}],
    "unread": [{"what": "pods", "why": "forbidden"}]})"));
}

TEST(AuditJson, SaysWhatItDoesNotKnowOfTheCluster) {
  Report report;
  EXPECT_EQ(nlohmann::json::parse(AuditJson(report)).at("cluster"), nullptr);
  report.cluster = {{"v1.30.1", true, true, false, ""}, std::nullopt};
  EXPECT_EQ(nlohmann::json::parse(AuditJson(report)).at("cluster").at("mode"), nullptr);
  EXPECT_EQ(nlohmann::json::parse(AuditJson(report)).at("cluster").at("process"), nullptr);
}

}  // namespace
}  // namespace irsa::cli
