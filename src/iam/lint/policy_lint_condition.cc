#include <algorithm>
#include <array>

#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/policy_variable.h"
#include "irsa/iam/web_identity.h"

#include "policy_edit.h"
#include "policy_lint_checks.h"
#include "subject_classes.h"

namespace irsa::iam {
namespace {

using base::EqualsIgnoringCase;
using base::Quoted;

bool Has(const std::vector<std::string>& issuers, std::string_view issuer) {
  return std::ranges::any_of(issuers, [&](const std::string& known) { return EqualsIgnoringCase(known, issuer); });
}

// The issuers whose tokens the statement may be about, as it lists them.
std::vector<std::string> IssuersFor(const Linted& linted, const Statement& statement) {
  std::vector<std::string> issuers = IssuersOf(statement);
  if (!issuers.empty()) return issuers;
  for (const TokenTable& table : linted.tables) issuers.push_back(table.issuer());
  return issuers;
}

bool IsMetWithoutKey(const Condition& condition, Variables variables) {
  return IsMet(condition, RequestContext(), variables);
}

Edit Rename(size_t index, const std::string& key, const std::string& right) {
  return [=](TrustPolicy& policy) {
    RenameKey(policy.statements[index], key, right);
    return true;
  };
}

Edit SetOperator(size_t index, size_t at, const std::string& right) {
  return [=](TrustPolicy& policy) {
    ChangeOperator(policy.statements[index], at, right);
    return true;
  };
}

// Of a condition that refuses everybody; one in a Deny is left to people.
Edit Remove(const Linted& linted, size_t index, const std::string& key) {
  return [&linted, index, key](TrustPolicy& policy) {
    if (linted.policy.statements[index].effect == Effect::kDeny) return false;
    RemoveKey(policy.statements[index], key);
    return true;
  };
}

void CheckClaim(Linted& linted, size_t index, const Condition& condition, const std::string& issuer) {
  const std::string claim = condition.key.substr(KeyIssuer(condition.key).size() + 1);
  const KeyKind kind = KindOfKey(condition.key);
  if (kind == KeyKind::kOptionalClaim && IsMetWithoutKey(condition, linted.policy.variables)) return;
  constexpr std::array<std::string_view, 6> kMeant = {"sub", "aud", "subject", "audience", "subs", "audiences"};
  std::string meant(kind == KeyKind::kUnmappedClaim ? base::LikelyMeant(claim, kMeant) : std::string_view());
  if (std::ranges::find(kMeant, base::LowerCase(claim)) != kMeant.end()) meant = base::LowerCase(claim);
  if (!meant.empty()) meant = meant.substr(0, 3);
  const std::string reason =
      kind == KeyKind::kOptionalClaim ? ", which no service account's token has" : ", for which STS has no key";
  linted.Add(
      {"no-such-key", Severity::kError, index,
       "the condition key " + Quoted(condition.key) + " is for the claim " + Quoted(claim) + reason +
           "; for a service account's token, STS has " + Quoted(ConditionKey(issuer, "sub")) + " and " +
           Quoted(ConditionKey(issuer, "aud")),
       meant.empty() ? "remove the condition: the principal names the issuer, the subject the service account"
                     : "write " + Quoted(ConditionKey(issuer, meant))},
      meant.empty() ? Remove(linted, index, condition.key) : Rename(index, condition.key, ConditionKey(issuer, meant)));
}

void CheckIssuerKey(Linted& linted, size_t index, const Condition& condition) {
  const std::string& key = condition.key;
  const std::string written(KeyIssuer(key));
  const std::string_view claim = std::string_view(key).substr(written.size() + 1);
  const std::vector<std::string> listed = IssuersFor(linted, linted.policy.statements[index]);
  // As the fixes of the providers leave them, so that those of the keys agree.
  std::vector<std::string> issuers;
  for (const std::string& issuer : listed) AddNew(issuers, RightIssuer(issuer, linted.context));
  if (Has(listed, written) || Has(issuers, written)) {
    const KeyKind kind = KindOfKey(key);
    if (kind != KeyKind::kSubject && kind != KeyKind::kAudience) CheckClaim(linted, index, condition, written);
    return;
  }
  const std::string where = "the condition key " + Quoted(key);
  const auto own = std::ranges::find_if(
      issuers, [&](const std::string& issuer) { return NormalizedIssuer(issuer) == NormalizedIssuer(written); });
  const auto add = [&](std::string_view code, const std::string& fault, std::string_view issuer) {
    const std::string right = ConditionKey(issuer, claim);
    linted.Add({code, Severity::kError, index, where + " " + fault, "write " + Quoted(right),
                "remove the condition: another one already asks for " + Quoted(right)},
               Rename(index, key, right), Remove(linted, index, key));
  };
  std::string_view issuer = base::WithoutScheme(written);
  const bool scheme = issuer.size() != written.size();
  const bool slash = issuer.ends_with('/') && !Has(issuers, issuer);
  std::string_view trimmed = issuer;
  while (slash && trimmed.ends_with('/')) trimmed.remove_suffix(1);
  // The key that is meant: of the same issuer, else of the only one there is.
  const bool known = own != issuers.end() || issuers.size() == 1;
  const std::string meant = own != issuers.end() ? *own : known ? issuers.front() : NormalizedIssuer(trimmed);
  if (scheme) add("key-scheme", "includes the issuer's scheme, and no request has such a key", meant);
  if (slash) add("key-slash", "has a slash before the claim, and no request has such a key", meant);
  const base::UrlParts parts = base::SplitUrl(trimmed);
  if (!parts.port.empty()) {
    const std::string right = ConditionKey(meant, claim);
    linted.Add({"port", Severity::kError, index, where + " has an issuer with a port, which IAM does not support",
                "serve the issuer on port 443 and write " + Quoted(right),
                "remove the condition: another one already asks for the claim"},
               known ? Rename(index, key, right) : Edit(), known ? Remove(linted, index, key) : Edit());
  } else if (base::SplitUrl(NormalizedIssuer(trimmed)).host != base::LowerCase(parts.host)) {
    add("eks-host", "has the host " + Quoted(parts.host) + ", but EKS names its issuers oidc.eks.<region>", meant);
  } else if (own == issuers.end() && issuers.size() > 1) {
    linted.Add({"key-issuer", Severity::kError, index,
                where + " does not belong to the statement's providers, whose issuers are " + QuotedList(issuers),
                "write the key of one of them, in a statement for that provider alone"});
  } else if (known && (own == issuers.end() || (!scheme && !slash))) {
    add("key-issuer", "does not belong to the statement's provider, whose issuer is " + QuotedList(issuers), meant);
  }
}

void CheckRequestKey(Linted& linted, size_t index, const Condition& condition) {
  const KeyKind kind = KindOfKey(condition.key);
  if (kind != KeyKind::kSession && kind != KeyKind::kNeverInRequest) return;
  if (IsMetWithoutKey(condition, linted.policy.variables)) return;
  const Statement& statement = linted.policy.statements[index];
  const std::string reason = kind == KeyKind::kSession ? " comes from claims that no service account's token has"
                                                       : " is never in a request with a web identity token";
  const std::string effect =
      statement.effect == Effect::kDeny ? ", so the statement denies nothing" : ", so the statement allows nothing";
  linted.Add({"no-such-key", statement.effect == Effect::kDeny ? Severity::kWarning : Severity::kError, index,
              "the condition key " + Quoted(condition.key) + reason + effect,
              "replace it with conditions on the subject and the audience"},
             Remove(linted, index, condition.key));
}

// What is left of a template: ${NAMESPACE} (a policy variable has a colon), {{ … }}, <…>, $(…).
bool IsUnfilled(std::string_view value) {
  for (size_t at = value.find("${"); at != std::string_view::npos; at = value.find("${", at + 2)) {
    const std::string_view name = value.substr(at + 2, value.find('}', at) - at - 2);
    if (name.find(':') == std::string_view::npos && name != "*" && name != "?" && name != "$") return true;
  }
  const size_t angle = value.find('<');
  return value.find("{{") != std::string_view::npos || value.find("$(") != std::string_view::npos ||
         (angle != std::string_view::npos && value.find('>', angle) != std::string_view::npos);
}

constexpr const char* kRemoveExcluded = "remove the value, which excludes no one";

// The one value that is right for this key, where it is known. Of those that the condition keeps out it is none.
std::string RightValue(const Linted& linted, size_t index, const Condition& condition) {
  if (Excludes(linted.policy.statements[index], condition)) return {};
  const KeyKind kind = KindOfKey(condition.key);
  if (kind == KeyKind::kSubject) return linted.context.subject;
  return kind == KeyKind::kAudience ? linted.context.audience : std::string();
}

// A value that an Allow excludes is dropped where nothing is known to be meant by it: it excluded nobody.
Edit SetValue(size_t index, size_t at, const std::string& value, const std::string& right, const std::string& meant) {
  return [=](TrustPolicy& policy) {
    Statement& statement = policy.statements[index];
    Condition& condition = statement.conditions[at];
    if (statement.effect == Effect::kAllow && condition.op.negated) {
      ReplaceValue(condition.values, value, meant.empty() ? std::vector<std::string>{} : std::vector{meant});
      if (condition.values.empty()) statement.conditions.erase(statement.conditions.begin() + static_cast<int>(at));
      return true;
    }
    if (right.empty()) return false;
    ReplaceValue(condition.values, value, {right});
    return true;
  };
}

void CheckOperator(Linted& linted, size_t index, size_t at, const Condition& condition) {
  const ConditionOperator& op = condition.op;
  if (op.quantifier != Quantifier::kNone) {
    const bool all = op.quantifier == Quantifier::kForAllValues;
    const std::string plain = WithoutQuantifier(op);
    linted.Add({"set-operator", Severity::kError, index,
                op.name + " is for keys with several values, and " + Quoted(condition.key) + " has one" +
                    (all ? "; ForAllValues is also met by a token without the key" : ""),
                "use " + plain},
               SetOperator(index, at, plain));
  } else if (!ComparesStrings(op) && op.family != OperatorFamily::kNull) {
    const std::string right = op.negated ? "StringNotEquals" : "StringEquals";
    linted.Add({"operator", Severity::kError, index,
                op.name + " on " + Quoted(condition.key) + ", whose value is a string, " +
                    (op.negated ? "is always met" : "is never met"),
                "use " + right},
               SetOperator(index, at, right));
  }
}

void CheckWildcard(Linted& linted, size_t index, size_t at, const std::string& value) {
  const Condition& condition = linted.policy.statements[index].conditions[at];
  const KeyKind kind = KindOfKey(condition.key);
  const bool of_token = kind == KeyKind::kSubject || kind == KeyKind::kAudience;
  const std::string message =
      condition.op.name + " takes the wildcard in " + Quoted(value) + " for " + Quoted(condition.key) + " literally";
  const std::string like = LikeOperator(condition.op);
  if (kind == KeyKind::kAudience || (kind == KeyKind::kSubject && NamespaceIn(NormalizedSubject(value)).empty())) {
    const std::string right = RightValue(linted, index, condition);
    const std::string form = kind == KeyKind::kAudience ? "<audience>" : std::string(kSubjectForm);
    linted.Add({"equals-wildcard", Severity::kError, index, message,
                Excludes(linted.policy.statements[index], condition) ? kRemoveExcluded
                                                                     : "write " + Quoted(right.empty() ? form : right)},
               SetValue(index, at, value, right, ""));
    return;
  }
  linted.Add({"equals-wildcard", of_token ? Severity::kError : Severity::kWarning, index, message, "use " + like,
              kRemoveExcluded},
             SetOperator(index, at, like), condition.op.negated ? SetValue(index, at, value, "", "") : Edit());
}

void CheckSubject(Linted& linted, size_t index, size_t at, const std::string& value) {
  const Condition& condition = linted.policy.statements[index].conditions[at];
  const bool like = condition.op.family == OperatorFamily::kStringLike;
  const std::string compared =
      condition.op.family == OperatorFamily::kStringIgnoringCase ? base::LowerCase(value) : value;
  if (like && HasWildcards(value)) {
    Pattern pattern;
    pattern.AppendWildcards(value);
    const SubjectClasses classes = ClassesOf({pattern});
    if (std::ranges::any_of(classes.subjects, [&](const std::string& subject) { return pattern.Matches(subject); })) {
      return;
    }
  } else if (IsServiceAccountSubject(compared)) {
    return;
  }
  const std::string normalized = NormalizedSubject(value);
  const std::string right = NamespaceIn(normalized).empty() ? RightValue(linted, index, condition) : normalized;
  linted.Add({"subject", Severity::kError, index,
              Quoted(value) + " for " + Quoted(condition.key) +
                  (HasWildcards(value) ? " matches no service account" : " is not a service account's subject"),
              right.empty() && Excludes(linted.policy.statements[index], condition)
                  ? kRemoveExcluded
                  : "write " + Quoted(right.empty() ? std::string(kSubjectForm) : right),
              "remove the value"},
             SetValue(index, at, value, right, NamespaceIn(normalized).empty() ? "" : normalized),
             condition.op.negated ? SetValue(index, at, value, "", "") : Edit());
}

void CheckValues(Linted& linted, size_t index, size_t at, const Condition& condition) {
  const KeyKind kind = KindOfKey(condition.key);
  const bool of_token = kind == KeyKind::kSubject || kind == KeyKind::kAudience;
  const std::string right = RightValue(linted, index, condition);
  if (condition.values.empty()) {
    linted.Add({"empty-list", Severity::kError, index,
                condition.op.name + " on " + Quoted(condition.key) + " has no value, so it is " +
                    (condition.op.negated ? "always met" : "never met"),
                condition.op.negated ? "remove it"
                : right.empty()      ? "give it a value, or remove it"
                                     : "write " + Quoted(right)},
               [&](TrustPolicy& policy) {
                 Statement& fixed = policy.statements[index];
                 if (fixed.effect == Effect::kDeny) return false;
                 if (of_token && right.empty() && !condition.op.negated) return false;
                 fixed.conditions.erase(fixed.conditions.begin() + static_cast<std::ptrdiff_t>(at));
                 if (of_token && !condition.op.negated) Require(fixed, condition.key, right);
                 return true;
               });
    return;
  }
  for (const std::string& value : condition.values) {
    if (IsUnfilled(value)) {
      linted.Add(
          {"unfilled", Severity::kError, index,
           Quoted(value) + " for " + Quoted(condition.key) + " has a template variable that was not filled in",
           Excludes(linted.policy.statements[index], condition) ? std::string("fill it in, or ") + kRemoveExcluded
           : right.empty()                                      ? "fill it in"
                                                                : "write " + Quoted(right)},
          SetValue(index, at, value, right, ""));
      continue;
    }
    if (linted.policy.variables == Variables::kExpanded && HasVariables(value)) continue;
    const bool exact =
        condition.op.family == OperatorFamily::kString || condition.op.family == OperatorFamily::kStringIgnoringCase;
    if (exact && HasWildcards(value)) {
      CheckWildcard(linted, index, at, value);
    } else if (kind == KeyKind::kSubject && ComparesStrings(condition.op)) {
      CheckSubject(linted, index, at, value);
    }
  }
}

}  // namespace

std::string NormalizedSubject(std::string_view value) {
  std::string text = base::LowerCase(value);
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  std::ranges::replace(text, '/', ':');
  for (const std::string_view prefix :
       {"system:serviceaccounts:", "system:serviceaccount:", "serviceaccounts:", "serviceaccount:"}) {
    if (!text.starts_with(prefix)) continue;
    text.erase(0, prefix.size());
    break;
  }
  const auto colons = std::ranges::count(text, ':');
  if (colons == 1 && IsServiceAccountSubject(std::string(kSubjectPrefix) + WithWildcardsAs('x', text))) {
    return std::string(kSubjectPrefix) + text;
  }
  return {};
}

bool IsAboutOthers(const Statement& statement) {
  bool others = false;
  for (const Condition& condition : statement.conditions) {
    if (KindOfKey(condition.key) != KeyKind::kSubject || !NamesValues(condition.op)) continue;
    for (const std::string& value : condition.values) {
      const bool meant = value.starts_with("system") || value.find("serviceaccount") != std::string::npos ||
                         value.starts_with('*') || value.empty() || !NormalizedSubject(value).empty() ||
                         IsUnfilled(value) || HasVariables(value) || value.find_first_of(":/@|") == std::string::npos;
      if (meant) return false;
      others = true;
    }
  }
  return others;
}

void CheckConditionKeys(Linted& linted, size_t index) {
  std::vector<std::string> checked;
  for (const Condition& condition : linted.policy.statements[index].conditions) {
    if (!AddNew(checked, condition.key)) continue;
    if (KeyIssuer(condition.key).empty()) {
      CheckRequestKey(linted, index, condition);
    } else {
      CheckIssuerKey(linted, index, condition);
    }
  }
}

void CheckConditionValues(Linted& linted, size_t index) {
  const std::vector<Condition>& conditions = linted.policy.statements[index].conditions;
  for (size_t i = 0; i < conditions.size(); ++i) {
    const KeyKind kind = KindOfKey(conditions[i].key);
    if (kind == KeyKind::kSubject || kind == KeyKind::kAudience) CheckOperator(linted, index, i, conditions[i]);
    CheckValues(linted, index, i, conditions[i]);
  }
}

}  // namespace irsa::iam
