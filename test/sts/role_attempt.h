// An attempt to assume a role, as the tests of CheckAssumeRole change it, and what they ask of its report.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "irsa/sts/assume_role_check.h"

#include "test/sts/test_issuer.h"

namespace irsa::sts {

inline constexpr base::SystemTime kAttemptTime{std::chrono::seconds(kNow)};

// One attempt to assume kRole, right in everything unless a test changes it.
struct Attempt {
  TestIssuer issuer;
  TestClaims claims;
  std::string token;  // instead of one with the claims
  std::string role_arn = kRole;
  std::string policy = TrustPolicyText();
  bool role_exists = true;
  std::map<std::string, std::string> condition_keys = {};
  std::vector<Provider> providers = {{kAccount, kIssuer, {kAudience}}};
  KeySetResult keys = issuer.keys();

  AssumeRoleReport Check() const {
    const auto parsed = iam::ParseTrustPolicy(policy);
    EXPECT_TRUE(parsed.ok()) << parsed.error().message;
    const RoleRequest request{role_arn, role_exists ? &*parsed : nullptr, true, condition_keys};
    return CheckAssumeRole(oidc::ParseJwt(token.empty() ? issuer.Token(claims) : token), request, providers, keys,
                           kAttemptTime);
  }
};

// "pass pass pass pass pass pass", abbreviated.
inline std::string Results(const AssumeRoleReport& report) {
  std::string text;
  for (const Check& check : report.checks) text += CheckResultText(check.result)[0];
  return text;
}

// What holds for every report: the checks in order, and texts just where they belong.
inline void ExpectWellFormed(const AssumeRoleReport& report) {
  for (size_t i = 0; i < report.checks.size(); ++i) {
    const Check& check = report.checks[i];
    EXPECT_EQ(check.name, static_cast<CheckName>(i));
    EXPECT_FALSE(check.detail.empty()) << i;
    EXPECT_EQ(check.result == CheckResult::kFail, check.error.has_value()) << i;
    EXPECT_EQ(check.result == CheckResult::kFail, !check.fix.empty()) << i;
  }
}

// The report's first failure, which must be that of `name`.
inline Check FailureOf(const AssumeRoleReport& report, CheckName name) {
  ExpectWellFormed(report);
  const Check* failure = report.FirstFailure();
  if (failure == nullptr || failure->name != name) {
    ADD_FAILURE() << "no failure of " << CheckNameText(name) << ": " << Results(report);
    return {};
  }
  EXPECT_FALSE(report.Allowed());
  return *failure;
}

// The policy of TrustPolicyText with `from` changed.
inline std::string ChangedPolicy(std::string_view from, std::string_view to) {
  std::string policy = TrustPolicyText();
  const size_t at = policy.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return policy.replace(at, from.size(), to);
}

}  // namespace irsa::sts
