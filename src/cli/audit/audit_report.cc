#include "audit_report.h"

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"

#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

using audit::Finding;
using audit::Report;
using audit::Severity;
using OrderedJson = nlohmann::ordered_json;

constexpr size_t kIndent = 4;
constexpr size_t kLabelWidth = 5;

// "1 fault", "2 faults".
std::string Counted(size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void AppendLabelled(std::string_view label, std::string_view text, std::string& out) {
  out.append(kIndent, ' ').append(label).append(kLabelWidth - label.size(), ' ');
  AppendWrapped(text, kIndent + kLabelWidth, kIndent + kLabelWidth, out);
}

std::string PodsText(const Finding& finding) {
  if (finding.pod_count == 0 || finding.object.kind == "Pod") return "";
  return ": " + Counted(finding.pod_count, "pod") + " (" + base::Joined(finding.pods) +
         (finding.pod_count > finding.pods.size() ? ", ...)" : ")");
}

void AppendFinding(const Finding& finding, std::string& out) {
  out.append("\n  ");
  AppendWrapped(audit::Text(finding.object) + PodsText(finding), 2, kIndent, out);
  AppendLabelled("what", finding.what, out);
  AppendLabelled("why", finding.why, out);
  AppendLabelled("fix", finding.fix, out);
}

void AppendUnread(const Report& report, std::string& out) {
  if (report.unread.empty()) return;
  out.append("Not checked\n\n");
  for (const audit::Unread& unread : report.unread) {
    out.append("  ");
    AppendWrapped(unread.what, 2, kIndent, out);
    AppendLabelled("why", unread.why, out);
  }
  out.push_back('\n');
}

// "Kubernetes v1.36.3 supports: webhook, guard, policy; in use: the identity policy, then the webhook (fallback)".
std::string ClusterText(const audit::ClusterFacts& cluster) {
  const kube::ApiCapabilities& can = cluster.capabilities;
  std::vector<std::string> kinds;
  if (can.has_webhook) kinds.emplace_back("webhook");
  if (can.has_guard) kinds.emplace_back("guard");
  if (can.has_policy) kinds.emplace_back("policy");
  std::string text =
      "Kubernetes " + can.version + " supports: " + (kinds.empty() ? "none of irsa's modes" : base::Joined(kinds));
  if (!cluster.mode) return text;
  text.append("; in use: ").append(audit::ModeMeaning(*cluster.mode));
  return cluster.process == audit::Process::kNone ? text + "; no irsa runs" : text;
}

std::string SummaryText(const Report& report) {
  const size_t faults = report.CountOf(Severity::kFault);
  const size_t remarks = report.CountOf(Severity::kRemark);
  std::string text = faults == 0 ? "nothing wrong" : Counted(faults, "fault");
  if (remarks > 0) text += ", " + Counted(remarks, "remark");
  if (!report.unread.empty()) {
    text += faults == 0 ? " in what was checked, " : ", ";
    text += Counted(report.unread.size(), "thing") + " not checked";
  }
  const audit::Counts& counts = report.counts;
  text += " (" + Counted(counts.service_accounts, "service account") + ", " +
          std::to_string(counts.accounts_with_role) + " with a role; " + Counted(counts.pods, "pod") + ", " +
          std::to_string(counts.pods_with_role) + " of those accounts)";
  return text;
}

OrderedJson TextOrNull(std::string_view text) { return text.empty() ? OrderedJson() : OrderedJson(text); }

OrderedJson ToJson(const audit::ClusterFacts& cluster) {
  const kube::ApiCapabilities& can = cluster.capabilities;
  OrderedJson json;
  json["version"] = can.version;
  json["capabilities"] = {{"webhook", can.has_webhook}, {"guard", can.has_guard}, {"policy", can.has_policy}};
  json["mode"] = cluster.mode ? OrderedJson(audit::ModeName(*cluster.mode)) : OrderedJson();
  json["process"] = TextOrNull(audit::ProcessName(cluster.process));
  return json;
}

OrderedJson ToJson(const Finding& finding) {
  const audit::ObjectName& object = finding.object;
  OrderedJson json;
  json["kind"] = audit::FindingName(finding.kind);
  json["severity"] = audit::SeverityOf(finding.kind) == Severity::kFault ? "fault" : "remark";
  json["title"] = audit::FindingTitle(finding.kind);
  json["object"] = {{"kind", object.kind}, {"namespace", TextOrNull(object.namespace_name)}, {"name", object.name}};
  json["what"] = finding.what;
  json["why"] = finding.why;
  json["fix"] = finding.fix;
  json["pods"] = nullptr;
  if (finding.pod_count > 0) json["pods"] = {{"count", finding.pod_count}, {"names", finding.pods}};
  return json;
}

}  // namespace

std::string AuditTable(const Report& report) {
  std::string text;
  for (size_t i = 0; i < report.findings.size(); ++i) {
    const Finding& finding = report.findings[i];
    if (i == 0 || report.findings[i - 1].kind != finding.kind) {
      text.append(audit::FindingTitle(finding.kind))
          .append(" [")
          .append(audit::FindingName(finding.kind))
          .append("]\n");
    }
    AppendFinding(finding, text);
    const bool ends_group = i + 1 == report.findings.size() || report.findings[i + 1].kind != finding.kind;
    if (ends_group) text.push_back('\n');
  }
  AppendUnread(report, text);
  if (report.cluster) AppendWrapped(ClusterText(*report.cluster), 0, 2, text);
  AppendWrapped(SummaryText(report), 0, 2, text);
  return text;
}

std::string AuditJson(const Report& report) {
  OrderedJson json;
  json["clean"] = report.IsClean();
  json["summary"] = {{"faults", report.CountOf(Severity::kFault)},
                     {"remarks", report.CountOf(Severity::kRemark)},
                     {"unread", report.unread.size()},
                     {"pods", report.counts.pods},
                     {"podsWithRole", report.counts.pods_with_role},
                     {"serviceAccounts", report.counts.service_accounts},
                     {"serviceAccountsWithRole", report.counts.accounts_with_role}};
  json["cluster"] = report.cluster ? ToJson(*report.cluster) : OrderedJson();
  json["findings"] = OrderedJson::array();
  for (const Finding& finding : report.findings) json["findings"].push_back(ToJson(finding));
  json["unread"] = OrderedJson::array();
  for (const audit::Unread& unread : report.unread) {
    json["unread"].push_back({{"what", unread.what}, {"why", unread.why}});
  }
  return JsonText(json);
}

}  // namespace irsa::cli
