// A trust policy without a fault, what the tests of LintTrustPolicy change in it, and what they ask of the findings.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "irsa/iam/lint/policy_lint.h"

namespace irsa::iam {

inline constexpr const char* kClean = R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"},
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub": "system:serviceaccount:shop:cart",
          "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com"
        }
      }
    }
  ]
})";

// The clean policy with every `from` replaced.
inline std::string Clean(std::vector<std::pair<std::string, std::string>> replacements = {}) {
  std::string policy = kClean;
  for (const auto& [from, to] : replacements) {
    size_t at = policy.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    for (; at != std::string::npos; at = policy.find(from, at + to.size())) policy.replace(at, from.size(), to);
  }
  return policy;
}

inline std::string Read(const std::string& file) {
  std::ifstream stream(std::string(IRSA_SOURCE_DIR) + "/test/data/policies/" + file);
  EXPECT_TRUE(stream.good()) << file;
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline std::vector<std::string> Codes(const std::string& policy, const LintContext& context = {}) {
  std::vector<std::string> codes;
  for (const Finding& finding : LintTrustPolicy(policy, context)) {
    codes.push_back((finding.severity == Severity::kError ? "error " : "warning ") + finding.code);
  }
  return codes;
}

inline const LintContext kKnown{"111122223333", "aws", "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC",
                                "sts.amazonaws.com", "system:serviceaccount:shop:cart"};

// The finding of that code; the policy must have one.
inline Finding FindingOf(const std::string& policy, const std::string& code, const LintContext& context = {}) {
  for (const Finding& finding : LintTrustPolicy(policy, context)) {
    if (finding.code == code) return finding;
  }
  ADD_FAILURE() << "no " << code;
  return {};
}

// The codes of what was fixed, and "left " before those of what was not.
inline std::vector<std::string> Fixes(const std::string& policy, const LintContext& context = kKnown) {
  const FixedPolicy fixed = FixTrustPolicy(policy, context);
  std::vector<std::string> codes;
  for (const Finding& finding : fixed.fixed) codes.push_back(finding.code);
  for (const Finding& finding : fixed.remaining) codes.push_back("left " + finding.code);
  return codes;
}

// Fixed with all that may be known, whether it is the clean policy that comes of it.
inline bool BecomesClean(const std::string& policy) {
  return ParseTrustPolicy(FixTrustPolicy(policy, kKnown).text).value() == ParseTrustPolicy(kClean).value();
}

inline constexpr const char* kArn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC";

}  // namespace irsa::iam
