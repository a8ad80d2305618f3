#include "policy_findings.h"

#include <nlohmann/json.hpp>

namespace irsa::cli {
namespace {

std::string_view SeverityName(iam::Severity severity) {
  return severity == iam::Severity::kError ? "error" : "warning";
}

}  // namespace

std::string FindingText(const std::string& subject, const iam::Finding& finding) {
  std::string text = subject + ": ";
  if (finding.statement > 0) text.append("statement ").append(std::to_string(finding.statement)).append(": ");
  return text.append(SeverityName(finding.severity)) + ": " + finding.message + " [" + finding.code +
         "]\n  fix: " + finding.fix + "\n";
}

nlohmann::ordered_json FindingsJson(std::span<const iam::Finding> findings) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const iam::Finding& finding : findings) {
    Json item;
    item["code"] = finding.code;
    item["severity"] = SeverityName(finding.severity);
    item["statement"] = finding.statement > 0 ? Json(finding.statement) : Json(nullptr);
    item["message"] = finding.message;
    item["fix"] = finding.fix;
    item["fixedPolicy"] = finding.fixed_policy.empty() ? Json(nullptr) : Json::parse(finding.fixed_policy);
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace irsa::cli
