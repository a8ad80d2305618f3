// A role's trust policy: who may assume it. Parsed strictly, evaluated as IAM does, with reasons.
//
// The language: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, of which a trust
// policy has Version, Id, Statement, Sid, Effect, Principal, Action, NotAction and Condition. What IAM does not accept
// in a trust policy (Resource, NotResource, NotPrincipal) and what the language does not know is an error that names
// it: a policy that is not understood must never count as one that allows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/iam/condition.h"
#include "irsa/iam/request_context.h"

namespace irsa::iam {

// What IAM's API takes at most.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
inline constexpr size_t kMaxPolicyBytes = 131072;

// What IAM stores of a trust policy, in CountedCharacters: by default, and at most after a quota increase.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
inline constexpr size_t kTrustPolicyQuota = 2048;
inline constexpr size_t kTrustPolicyMaxQuota = 4096;

enum class Effect { kAllow, kDeny };

struct Principals {
  bool anyone = false;                 // "*" or {"AWS": "*"}, which mean the same
  std::vector<std::string> federated;  // provider ARNs
  std::vector<std::string> aws, service, canonical_user;

  bool operator==(const Principals&) const = default;
};

struct Statement {
  std::string sid;  // empty when it has none
  Effect effect = Effect::kAllow;
  Principals principals;
  bool not_action = false;            // `actions` are those it is not about
  std::vector<std::string> actions;   // with wildcards
  std::vector<Condition> conditions;  // all have to be met

  bool operator==(const Statement&) const = default;
};

struct TrustPolicy {
  Variables variables = Variables::kLiteral;  // what the Version makes of `${…}`
  std::vector<Statement> statements = {};
  std::string id = {};  // empty when it has none

  bool operator==(const TrustPolicy&) const = default;
};

// kTooLarge and kMalformed for what is no JSON within the limits, else kInvalid. Messages name the statement (by its
// number from 1, and its Sid) and the element, operator, key or value at fault.
Result<TrustPolicy> ParseTrustPolicy(std::string_view text);

// The policy as JSON, indented by two, with a line end; ParseTrustPolicy reads the same policy from it.
std::string WritePolicy(const TrustPolicy& policy);

// "statement 2" or `statement 2 ("AllowPods")`.
std::string StatementName(size_t number, std::string_view sid);

// What became of one statement. All of its parts are looked at, even after one did not match.
struct StatementResult {
  size_t number = 1;
  std::string sid;
  Effect effect = Effect::kAllow;
  bool principal_matches = false;
  bool action_matches = false;
  std::vector<ConditionMismatch> mismatches;  // the conditions that are not met

  bool Matches() const { return principal_matches && action_matches && mismatches.empty(); }
  bool operator==(const StatementResult&) const = default;
};

enum class Verdict {
  kAllowed,
  kExplicitDeny,  // a Deny statement matches, which wins over everything
  kImplicitDeny,  // no Allow statement matches
};

struct Decision {
  Verdict verdict = Verdict::kImplicitDeny;
  std::vector<StatementResult> statements;  // all of the policy, in its order

  bool Allowed() const { return verdict == Verdict::kAllowed; }
  bool operator==(const Decision&) const = default;
};

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
// The provider of a token is looked for in Principal.Federated, the caller of a signed request in Principal.AWS; both
// are compared exactly, actions without regard to case. In a Deny a principal with wildcards denies everybody that it
// may be meant for; in an Allow only "*" and {"AWS": "*"} are wildcards.
Decision Evaluate(const TrustPolicy& policy, const RequestContext& context);

// Whether the statement's Action or NotAction is about that action.
bool CoversAction(const Statement& statement, std::string_view action);

// Whether the statement alone, be it an Allow or a Deny, is about this request.
bool Matches(const Statement& statement, Variables variables, const RequestContext& context);

// Whether the request was refused only because of the caller's `sub`: no Deny statement matches, and some Allow
// statement would, were it not for conditions on keys that end in ":sub".
bool FitsButForSubject(const Decision& decision);
bool FitsButForSubject(const StatementResult& statement);  // whether it is such an Allow statement
bool IsAboutSubject(const ConditionMismatch& mismatch);

// The keys that statements about this action and provider look at, and that a real request has or may have, but this
// one was not given: aws:SourceIp and the like. In the order of the policy.
std::vector<std::string> KeysNotGiven(const TrustPolicy& policy, const RequestContext& context,
                                      const Decision& decision);

// Why each statement decided as it did, one line each and without line ends, for people: what did not match, with the
// policy's value and the request's. `decision` is Evaluate's of the same policy and context.
std::vector<std::string> Explain(const TrustPolicy& policy, const RequestContext& context, const Decision& decision);

}  // namespace irsa::iam
