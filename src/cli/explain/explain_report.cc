#include "explain_report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/iam/policy_text.h"

#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

using base::Quoted;
using Json = nlohmann::ordered_json;
using sts::Check;
using sts::CheckResult;

constexpr size_t kNameWidth = 14;
constexpr size_t kIndent = kNameWidth + 6;  // behind "PASS  "
constexpr size_t kMostSlips = 3;
constexpr size_t kSlipIndent = 7;  // behind "  fix  "

void AppendField(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(kNameWidth - name.size(), ' ');
  AppendWrapped(value, kNameWidth, kNameWidth, out);
}

// Tokens may outlive what base::FormatRfc3339 can write.
std::string DateText(oidc::NumericDate date) {
  const auto days = std::chrono::floor<std::chrono::days>(date);
  const std::chrono::year_month_day day(days);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(date - days));
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:%02ldZ", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                static_cast<long>(time.hours().count()), static_cast<long>(time.minutes().count()),
                static_cast<long>(time.seconds().count()));
  return text;
}

std::string ClaimText(const std::optional<std::string>& claim) { return claim ? Quoted(*claim) : "none"; }

void AppendToken(const oidc::Jwt* token, std::string& out) {
  if (token == nullptr) return;
  const oidc::Claims& claims = token->claims;
  AppendField("sub", ClaimText(claims.subject), out);
  AppendField("iss", ClaimText(claims.issuer), out);
  AppendField("aud", claims.audiences && !claims.audiences->empty() ? iam::QuotedList(*claims.audiences) : "none", out);
  AppendField("exp", claims.expires_at ? DateText(*claims.expires_at) : "none", out);
}

void AppendBelow(std::string_view label, std::string_view text, std::string& out) {
  out.append(kIndent, ' ').append(label);
  AppendWrapped(text, kIndent + label.size(), kIndent + label.size(), out);
}

std::string_view ResultWord(CheckResult result) {
  constexpr std::array<std::string_view, 3> kWords = {"PASS  ", "FAIL  ", "-     not checked: "};
  return kWords[static_cast<size_t>(result)];
}

void AppendCheck(const Check& check, std::string& out) {
  const std::string_view name = sts::CheckNameText(check.name);
  const std::string_view word = ResultWord(check.result);
  out.append(name).append(kNameWidth - name.size(), ' ').append(word);
  AppendWrapped(check.detail, kNameWidth + word.size(), kIndent, out);
  if (check.error) AppendBelow("STS  ", check.error->code + ": " + check.error->message, out);
  if (!check.fix.empty()) AppendBelow("fix  ", check.fix, out);
}

void AppendFindings(const sts::AssumeRoleReport& report, std::string& out) {
  size_t shown = 0;
  for (const iam::Finding& finding : report.findings) {
    if (finding.severity != iam::Severity::kError || shown == kMostSlips) continue;
    if (shown++ == 0) out.append("\nproblems in the trust policy, as irsa trust-policy --lint reports them:\n");
    out.append("- ");
    AppendWrapped(finding.message, 2, 2, out);
    out.append("  fix  ");
    AppendWrapped(finding.fix, kSlipIndent, kSlipIndent, out);
  }
}

std::string_view SeverityName(iam::Severity severity) {
  return severity == iam::Severity::kError ? "error" : "warning";
}

Json ToJson(const Check& check) {
  Json json;
  json["name"] = sts::CheckNameText(check.name);
  json["result"] = sts::CheckResultText(check.result);
  json["detail"] = check.detail;
  json["fix"] = check.fix.empty() ? Json(nullptr) : Json(check.fix);
  json["stsError"] = nullptr;
  if (check.error) json["stsError"] = {{"code", check.error->code}, {"message", check.error->message}};
  return json;
}

}  // namespace

std::string ExplainText(const sts::AssumeRoleReport& report, const ExplainedRequest& request) {
  std::string text;
  AppendToken(request.token, text);
  AppendField("role", request.role_arn, text);
  AppendField("at", base::FormatRfc3339(request.time), text);
  text.push_back('\n');
  if (!report.wrong_token.empty()) {
    AppendField("wrong token", report.wrong_token, text);
    text.push_back('\n');
  }
  for (const Check& check : report.checks) AppendCheck(check, text);
  AppendFindings(report, text);
  text.push_back('\n');
  const Check* failure = report.FirstFailure();
  if (failure == nullptr) return text + "allowed: STS would issue credentials\n";
  text.append("refused at ").append(sts::CheckNameText(failure->name)).append(": ");
  return text + (failure->error ? failure->error->code : "no error") + "\n";
}

std::string ExplainJson(const sts::AssumeRoleReport& report) {
  Json checks = Json::array();
  for (const Check& check : report.checks) checks.push_back(ToJson(check));
  Json json;
  json["verdict"] = report.Allowed() ? "allowed" : "refused";
  json["checks"] = std::move(checks);
  json["wrongToken"] = report.wrong_token.empty() ? Json(nullptr) : Json(report.wrong_token);
  json["findings"] = FindingsJson(report.findings);
  return JsonText(json);
}

std::string FindingText(const std::string& subject, const iam::Finding& finding) {
  std::string text = subject + ": ";
  if (finding.statement > 0) text.append("statement ").append(std::to_string(finding.statement)).append(": ");
  return text.append(SeverityName(finding.severity)) + ": " + finding.message + " [" + finding.code +
         "]\n  fix: " + finding.fix + "\n";
}

nlohmann::ordered_json FindingsJson(std::span<const iam::Finding> findings) {
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
