// What `irsa explain` prints of the checks that STS makes.
#pragma once

#include <string>

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
// `wrongToken` unless the token is not one for AWS. `findings` are those of policy_findings.h on a trust policy that
// refuses.
std::string ExplainJson(const sts::AssumeRoleReport& report);

}  // namespace irsa::cli
