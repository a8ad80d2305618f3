// Findings on a trust policy, printed by `irsa trust-policy --lint` and `irsa explain`.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "irsa/iam/lint/policy_lint.h"

namespace irsa::cli {

// "SUBJECT: statement 2: error: MESSAGE [CODE]", and the fix on a line of its own.
std::string FindingText(const std::string& subject, const iam::Finding& finding);

// [{"code", "severity", "statement", "message", "fix", "fixedPolicy"}]; `statement` is null for the whole policy,
// `fixedPolicy` the policy with this one fix made, or null where a person has to make it.
nlohmann::ordered_json FindingsJson(std::span<const iam::Finding> findings);

}  // namespace irsa::cli
