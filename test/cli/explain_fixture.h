// A chain from token to role that holds, to be broken, and `irsa explain` run on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/sts/test_issuer.h"
#include "test/testing/process.h"
#include "test/testing/temporary_directory.h"

namespace irsa::cli {

using nlohmann::json;

inline constexpr const char* kNowText = "2026-09-21T14:13:20Z";  // sts::kNow

// What may be told apart in a report: "signature=pass", and the code of what failed.
inline std::vector<std::string> Results(const json& report) {
  std::vector<std::string> results;
  for (const json& check : report["checks"]) {
    std::string result = check["name"].get<std::string>() + "=" + check["result"].get<std::string>();
    if (!check["stsError"].is_null()) result += " " + check["stsError"]["code"].get<std::string>();
    results.push_back(result);
  }
  return results;
}

inline std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), to);
}

class ExplainCommand : public ::testing::Test {
 protected:
  // One link of the chain; each test breaks one of them.
  struct Chain {
    std::string token;
    std::string jwks;
    std::string policy = sts::TrustPolicyText();
    std::string issuer = sts::kIssuer;
    std::string client_id = sts::kAudience;
    std::string role = sts::kRole;
    std::string at = kNowText;
  };

  Chain Whole() const {
    Chain chain;
    chain.token = issuer.Token();
    chain.jwks = issuer.jwks();
    return chain;
  }
  Chain With(const sts::TestClaims& claims) const {
    Chain chain = Whole();
    chain.token = issuer.Token(claims);
    return chain;
  }

  static testing::ProcessResult Run(std::vector<std::string> options, std::string_view stdin_text = {}) {
    options.insert(options.begin(), {IRSA_BINARY, "explain"});
    return testing::RunProcess(options, stdin_text);
  }
  testing::ProcessResult Explain(const Chain& chain, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> options = {"--token",        directory.Write("token", chain.token + "\n"),
                                        "--jwks",         directory.Write("jwks", chain.jwks),
                                        "--issuer",       chain.issuer,
                                        "--client-id",    chain.client_id,
                                        "--role-arn",     chain.role,
                                        "--trust-policy", directory.Write("policy", chain.policy),
                                        "--at",           chain.at};
    options.insert(options.end(), more.begin(), more.end());
    return Run(options);
  }
  json ExplainJson(const Chain& chain, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> options = {"-o", "json"};
    options.insert(options.end(), more.begin(), more.end());
    const testing::ProcessResult result = Explain(chain, options);
    const json report = json::parse(result.out);
    EXPECT_EQ(result.exit_status, report["verdict"] == "allowed" ? 0 : 1);
    return report;
  }
  // Of the check that decides.
  static json Failure(const json& report) {
    for (const json& check : report["checks"]) {
      if (check["result"] == "fail") return check;
    }
    return nullptr;
  }

  const testing::TemporaryDirectory directory;
  const sts::TestIssuer issuer;
  const std::string key_id = issuer.keys()->keys.front().key.id();
};

}  // namespace irsa::cli
