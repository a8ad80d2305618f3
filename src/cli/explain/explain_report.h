// What `irsa explain` prints of the checks that STS makes, and `irsa trust-policy --lint` too of a trust policy.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "irsa/base/clock.h"
#include "irsa/iam/lint/policy_lint.h"
#include "irsa/oidc/jwt.h"
#include "irsa/sts/assume_role_check.h"

namespace irsa::cli {

// What was checked, for the report's head.
struct ExplainedRequest {
  const oidc::Jwt* token = nullptr;  // null: it could not be read
  std::string role_arn;
  base::SystemTime time;  // at which it was checked
};

// For people, at most 100 columns wide as far as words allow: who asks for what, a line or more for each check, with
// STS's error and the fix for each that fails, and the verdict.
std::string ExplainText(const sts::AssumeRoleReport& report, const ExplainedRequest& request);

// {"verdict": "allowed"|"refused", "checks": [{"name", "result": "pass"|"fail"|"skipped", "detail", "fix",
// "stsError": {"code", "message"}}], "wrongToken", "findings"}; `fix` and `stsError` are null unless the check failed,
// `wrongToken` unless the token is not one for AWS. `findings` is FindingsJson of a trust policy that refuses.
std::string ExplainJson(const sts::AssumeRoleReport& report);

// "SUBJECT: statement 2: error: MESSAGE [CODE]", and the fix on a line of its own.
std::string FindingText(const std::string& subject, const iam::Finding& finding);

// [{"code", "severity", "statement", "message", "fix", "fixedPolicy"}]; `statement` is null for the whole policy,
// `fixedPolicy` the policy with this one fix made, or null where a person has to make it.
nlohmann::ordered_json FindingsJson(std::span<const iam::Finding> findings);

}  // namespace irsa::cli
