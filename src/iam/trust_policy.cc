#include "irsa/iam/trust_policy.h"

#include <algorithm>
#include <set>
#include <span>

#include "irsa/base/text.h"
#include "irsa/iam/condition_key.h"

namespace irsa::iam {
namespace {

using base::Quoted;

bool IsSigned(const RequestContext& context) { return !context.aws_principals.empty(); }

// What a Principal may call the caller.
std::span<const std::string> NamesOfCaller(const RequestContext& context) {
  if (IsSigned(context)) return context.aws_principals;
  return {&context.federated_provider, 1};
}

// The principals of the kind that the caller is of.
const std::vector<std::string>& OwnKind(const Principals& principals, const RequestContext& context) {
  return IsSigned(context) ? principals.aws : principals.federated;
}

// IAM takes wildcards for principals only as "*" and {"AWS": "*"}. What it would make of others is not documented: they
// allow nobody, and deny everybody they may be meant for.
bool DeniesByWildcard(const Principals& principals, const RequestContext& context) {
  const std::span<const std::string> names = NamesOfCaller(context);
  const auto matches = [&](const std::string& pattern) {
    return HasWildcards(pattern) &&
           std::ranges::any_of(names, [&](const std::string& name) { return MatchesWildcards(pattern, name); });
  };
  const std::vector<std::string>& own = OwnKind(principals, context);
  return std::ranges::any_of(own, matches) || std::ranges::any_of(principals.service, matches) ||
         std::ranges::any_of(principals.canonical_user, matches);
}

bool PrincipalMatches(const Statement& statement, const RequestContext& context) {
  const Principals& principals = statement.principals;
  if (principals.anyone) return true;
  const std::vector<std::string>& listed = OwnKind(principals, context);
  const std::span<const std::string> names = NamesOfCaller(context);
  return std::ranges::find_first_of(listed, names) != listed.end() ||
         (statement.effect == Effect::kDeny && DeniesByWildcard(principals, context));
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

// Those of the caller's own kind first, also where there are none.
std::string DescribePrincipals(const Principals& principals, const RequestContext& context) {
  const std::vector<std::string>& own = OwnKind(principals, context);
  std::string text = QuotedList(own);
  if (own.empty()) text = IsSigned(context) ? "no AWS principal" : "no federated provider";
  for (const auto& [kind, names] :
       {std::pair("Federated", &principals.federated), std::pair("AWS", &principals.aws),
        std::pair("Service", &principals.service), std::pair("CanonicalUser", &principals.canonical_user)}) {
    if (names != &own && !names->empty()) text.append(", ").append(kind).append(" ").append(QuotedList(*names));
  }
  return text;
}

// What the policy and the request have for a key.
std::string DescribeValues(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  std::string text = "the policy has ";
  text.append(expected.empty() ? "no value" : QuotedList(expected)).append(", the request has ");
  if (actual.empty()) return text + "no such key";
  for (size_t i = 0; i < actual.size(); ++i) text.append(i == 0 ? "" : " and ").append(Quoted(actual[i]));
  return text;
}

std::string DescribeMismatch(const ConditionMismatch& mismatch) {
  std::string text = mismatch.op + " on " + Quoted(mismatch.key) +
                     " is not met: " + DescribeValues(mismatch.expected, mismatch.actual);
  if (!mismatch.unresolved.empty()) text.append(" (").append(mismatch.unresolved).append(")");
  return text;
}

// Why a Deny statement applies.
std::string DescribeDenial(const Statement& statement, const RequestContext& context) {
  if (statement.conditions.empty()) return ": it has no condition";
  std::string text;
  for (const Condition& condition : statement.conditions) {
    text.append(text.empty() ? ": " : "; ").append(condition.op.name).append(" on ").append(Quoted(condition.key));
    text.append(" is met: ").append(DescribeValues(condition.values, ValuesOf(context, condition.key)));
  }
  return text;
}

std::string ExplainStatement(const Statement& statement, const RequestContext& context, const StatementResult& result) {
  std::string text = StatementName(result.number, result.sid);
  text.append(result.effect == Effect::kDeny ? " denies" : " allows");
  if (result.Matches()) {
    text.append(" the request");
    return result.effect == Effect::kDeny ? text + DescribeDenial(statement, context) : text;
  }
  std::vector<std::string> reasons;
  if (!result.principal_matches) {
    reasons.push_back("Principal has " + DescribePrincipals(statement.principals, context) +
                      ", the request comes from " + Quoted(NamesOfCaller(context).front()));
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
                           PrincipalMatches(statement, context),
                           CoversAction(statement, context.action),
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

bool CoversAction(const Statement& statement, std::string_view action) {
  const bool listed = std::ranges::any_of(statement.actions, [action](const std::string& pattern) {
    return MatchesWildcardsIgnoringCase(pattern, action);
  });
  return listed != statement.not_action;
}

bool Matches(const Statement& statement, Variables variables, const RequestContext& context) {
  return PrincipalMatches(statement, context) && CoversAction(statement, context.action) &&
         std::ranges::all_of(statement.conditions,
                             [&](const Condition& condition) { return IsMet(condition, context, variables); });
}

bool IsAboutSubject(const ConditionMismatch& mismatch) { return base::LowerCase(mismatch.key).ends_with(":sub"); }

bool FitsButForSubject(const StatementResult& statement) {
  return statement.effect == Effect::kAllow && statement.principal_matches && statement.action_matches &&
         std::ranges::all_of(statement.mismatches, IsAboutSubject);
}

bool FitsButForSubject(const Decision& decision) {
  return decision.verdict == Verdict::kImplicitDeny &&
         std::ranges::any_of(decision.statements,
                             [](const StatementResult& statement) { return FitsButForSubject(statement); });
}

std::vector<std::string> KeysNotGiven(const TrustPolicy& policy, const RequestContext& context,
                                      const Decision& decision) {
  std::vector<std::string> keys;
  std::set<std::string, KeyLess> seen;
  for (size_t i = 0; i < decision.statements.size() && i < policy.statements.size(); ++i) {
    if (!decision.statements[i].principal_matches || !decision.statements[i].action_matches) continue;
    for (const Condition& condition : policy.statements[i].conditions) {
      const KeyKind kind = KindOfKey(condition.key);
      const bool of_request = kind == KeyKind::kRequest || kind == KeyKind::kSomeRequests;
      if (of_request && !context.keys.contains(condition.key) && seen.insert(condition.key).second) {
        keys.push_back(condition.key);
      }
    }
  }
  return keys;
}

std::vector<std::string> Explain(const TrustPolicy& policy, const RequestContext& context, const Decision& decision) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < decision.statements.size() && i < policy.statements.size(); ++i) {
    lines.push_back(ExplainStatement(policy.statements[i], context, decision.statements[i]));
  }
  return lines;
}

}  // namespace irsa::iam
