// Trust policies from strangers: parsed, evaluated, explained and linted, with the rules that hold for all of them.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "irsa/iam/lint/policy_lint.h"
#include "irsa/iam/policy_document.h"
#include "irsa/iam/trust_policy.h"

namespace {

using namespace irsa;
using namespace irsa::iam;

void Require(bool holds) {
  if (!holds) std::abort();
}

RequestContext Request() {
  RequestContext context = WebIdentityRequest(
      {"arn:aws:iam::111122223333:oidc-provider/i.test", "https://i.test", "system:serviceaccount:shop:cart", "sts"},
      {});
  for (const char* value : {"pwd", "mfa"}) context.keys.emplace("i.test:amr", value);
  context.keys.emplace("aws:SourceIp", "203.0.113.9");
  context.keys.emplace("aws:SecureTransport", "true");
  context.keys.emplace("aws:SourceArn", "arn:aws:s3:::bucket");
  return context;
}

RequestContext SignedRequest() {
  return AssumeRoleRequest({"arn:aws:sts::111122223333:assumed-role/reader/cart",
                            "AROAX:cart",
                            "111122223333",
                            "arn:aws:iam::111122223333:role/reader",
                            {{{"team", "shop"}}, {"team"}, "ann"}},
                           {});
}

void CheckEvaluation(const TrustPolicy& policy, const RequestContext& context) {
  const Decision decision = Evaluate(policy, context);
  Require(decision == Evaluate(policy, context) && decision.statements.size() == policy.statements.size());
  Require(!(decision.Allowed() && FitsButForSubject(decision)));
  bool allow_matches = false;
  for (const StatementResult& statement : decision.statements) {
    if (!statement.Matches()) continue;
    if (statement.effect == Effect::kDeny) Require(decision.verdict == Verdict::kExplicitDeny);
    allow_matches = allow_matches || statement.effect == Effect::kAllow;
  }
  Require(allow_matches || !decision.Allowed());
  const std::vector<std::string> lines = Explain(policy, context, decision);
  Require(lines.size() == policy.statements.size());
  for (const std::string& line : lines) Require(line.find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = ReadPolicyDocument(text);
  const auto policy = document.ok() ? ParseTrustPolicy(document->text) : Result<TrustPolicy>(document.error());
  const std::vector<Finding> findings = LintTrustPolicy(text);
  for (const Finding& finding : findings) {
    Require(!finding.code.empty() && !finding.message.empty() && !finding.fix.empty());
    Require((finding.code == "malformed") == !policy.ok() || finding.code == "too-long");
    Require(finding.fixed_policy.empty() || ParseTrustPolicy(finding.fixed_policy).ok());
  }
  if (!policy.ok()) {
    Require(HasErrors(findings) && !policy.error().message.empty());
    return 0;
  }
  CheckEvaluation(*policy, Request());
  CheckEvaluation(*policy, SignedRequest());
  return 0;
}
