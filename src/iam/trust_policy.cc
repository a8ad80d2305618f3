#include "irsa/iam/trust_policy.h"

#include <algorithm>

#include "irsa/base/ascii.h"
#include "irsa/base/text.h"

namespace irsa::iam {
namespace {

using base::LowerCase;
using base::Quoted;

bool PrincipalMatches(const Principals& principals, const RequestContext& context) {
  return principals.anyone || std::find(principals.federated.begin(), principals.federated.end(),
                                        context.federated_provider) != principals.federated.end();
}

bool ActionMatches(const Statement& statement, const RequestContext& context) {
  const bool listed = std::any_of(statement.actions.begin(), statement.actions.end(), [&](const std::string& action) {
    return MatchesWildcardsIgnoringCase(action, context.action);
  });
  return listed != statement.not_action;
}

Verdict VerdictOf(const std::vector<StatementResult>& statements) {
  Verdict verdict = Verdict::kImplicitDeny;
  for (const StatementResult& statement : statements) {
    if (!statement.Matches()) continue;
    if (statement.effect == Effect::kDeny) return Verdict::kExplicitDeny;
    verdict = Verdict::kAllowed;
  }
  return verdict;
}

bool IsAboutSubject(const ConditionMismatch& mismatch) { return LowerCase(mismatch.key).ends_with(":sub"); }

std::string DescribePrincipals(const Principals& principals) {
  std::string text = principals.federated.empty() ? "no federated provider" : QuotedList(principals.federated);
  for (const auto& [kind, names] : {std::pair("AWS", &principals.aws), std::pair("Service", &principals.service),
                                    std::pair("CanonicalUser", &principals.canonical_user)}) {
    if (!names->empty()) text.append(", ").append(kind).append(" ").append(QuotedList(*names));
  }
  return text;
}

std::string DescribeMismatch(const ConditionMismatch& mismatch) {
  std::string text = mismatch.op + " on " + Quoted(mismatch.key) + " is not met: the policy has ";
  text.append(mismatch.expected.empty() ? "no value" : QuotedList(mismatch.expected)).append(", the request has ");
  if (mismatch.actual.empty()) {
    text.append("no such key");
  } else {
    for (size_t i = 0; i < mismatch.actual.size(); ++i) {
      text.append(i == 0 ? "" : " and ").append(Quoted(mismatch.actual[i]));
    }
  }
  if (!mismatch.unresolved.empty()) text.append(" (").append(mismatch.unresolved).append(")");
  return text;
}

std::string ExplainStatement(const Statement& statement, const RequestContext& context, const StatementResult& result) {
  std::string text = StatementName(result.number, result.sid);
  text.append(result.effect == Effect::kDeny ? " denies" : " allows");
  if (result.Matches()) return text + " the request";
  std::vector<std::string> reasons;
  if (!result.principal_matches) {
    reasons.push_back("Principal has " + DescribePrincipals(statement.principals) + ", the request comes from " +
                      Quoted(context.federated_provider));
  }
  if (!result.action_matches) {
    reasons.push_back(std::string(statement.not_action ? "NotAction" : "Action") + " has " +
                      (statement.actions.empty() ? "nothing" : QuotedList(statement.actions)) + ", the request is " +
                      context.action);
  }
  for (const ConditionMismatch& mismatch : result.mismatches) reasons.push_back(DescribeMismatch(mismatch));
  text.append(" other requests: ");
  for (size_t i = 0; i < reasons.size(); ++i) text.append(i == 0 ? "" : "; ").append(reasons[i]);
  return text;
}

}  // namespace

Decision Evaluate(const TrustPolicy& policy, const RequestContext& context) {
  Decision decision;
  for (const Statement& statement : policy.statements) {
    StatementResult result{decision.statements.size() + 1,
                           statement.sid,
                           statement.effect,
                           PrincipalMatches(statement.principals, context),
                           ActionMatches(statement, context),
                           {}};
    for (const Condition& condition : statement.conditions) {
      if (auto mismatch = FindMismatch(condition, context, policy.variables)) {
        result.mismatches.push_back(*std::move(mismatch));
      }
    }
    decision.statements.push_back(std::move(result));
  }
  decision.verdict = VerdictOf(decision.statements);
  return decision;
}

bool FitsButForSubject(const Decision& decision) {
  const auto fits = [](const StatementResult& statement) {
    return statement.effect == Effect::kAllow && statement.principal_matches && statement.action_matches &&
           std::all_of(statement.mismatches.begin(), statement.mismatches.end(), IsAboutSubject);
  };
  return decision.verdict == Verdict::kImplicitDeny &&
         std::any_of(decision.statements.begin(), decision.statements.end(), fits);
}

std::vector<std::string> Explain(const TrustPolicy& policy, const RequestContext& context, const Decision& decision) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < decision.statements.size() && i < policy.statements.size(); ++i) {
    lines.push_back(ExplainStatement(policy.statements[i], context, decision.statements[i]));
  }
  return lines;
}

}  // namespace irsa::iam
