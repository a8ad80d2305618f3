#include "token_table.h"

#include <algorithm>
#include <set>

#include "irsa/base/base64.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/iam/condition_key.h"
#include "irsa/iam/web_identity.h"

#include "iam/condition_value.h"
#include "policy_edit.h"
#include "subject_classes.h"

namespace irsa::iam {
namespace {

constexpr size_t kMaxRequests = 64;  // combinations of the request's own keys
constexpr size_t kMaxTrials = 20000;
constexpr size_t kMaxVerdicts = 100'000;  // trials times statements
constexpr const char* kOtherAudience = "another-audience.example";

using Request = std::vector<std::pair<std::string, std::string>>;

// Something that the pattern matches; policy variables stay.
std::string Instance(std::string_view pattern) {
  std::string text;
  bool in_variable = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.substr(i).starts_with("${")) in_variable = true;
    const bool wildcard = !in_variable && (pattern[i] == '*' || pattern[i] == '?');
    text.push_back(wildcard ? 'x' : pattern[i]);
    if (pattern[i] == '}') in_variable = false;
  }
  return text;
}

// `${*}`, `${?}` and `${$}` as the characters that they stand for.
std::string WithoutEscapes(std::string text) {
  for (const std::string_view escape : {"${*}", "${?}", "${$}"}) {
    for (size_t at = text.find(escape); at != std::string::npos; at = text.find(escape, at + 1)) {
      text.replace(at, escape.size(), 1, escape[2]);
    }
  }
  return text;
}

void AddNumbers(const std::string& value, std::vector<std::string>& values) {
  const std::optional<double> number = ParseNumber(value);
  if (!number) return;
  values.push_back(value);
  for (const double step : {-1.0, 1.0}) values.push_back(std::to_string(*number + step));
}

// A second before the date, the date and a second after it; none when it is no date.
std::vector<base::SystemTime> TimesAround(const std::string& value) {
  const std::optional<Instant> date = ParseDate(value);
  if (!date) return {};
  // A date that no clock can show is after, or before, every request.
  constexpr Instant kFirst = std::chrono::ceil<Instant::duration>(base::SystemTime::min()) + std::chrono::seconds(2);
  constexpr Instant kLast = std::chrono::floor<Instant::duration>(base::SystemTime::max()) - std::chrono::seconds(2);
  const auto time = std::chrono::floor<std::chrono::seconds>(std::clamp(*date, kFirst, kLast));
  return {time - std::chrono::seconds(1), time, time + std::chrono::seconds(1)};
}

// Values of the request on both sides of the condition, as far as it has two.
void AddValues(const Condition& condition, std::vector<std::string>& values) {
  for (const std::string& value : condition.values) {
    switch (condition.op.family) {
      case OperatorFamily::kNumeric:
        AddNumbers(value, values);
        break;
      case OperatorFamily::kDate:
        for (const base::SystemTime time : TimesAround(value)) values.push_back(base::FormatRfc3339(time));
        break;
      case OperatorFamily::kBinary:
        if (auto bytes = base::DecodeBase64(value); bytes.ok()) values.push_back(*std::move(bytes));
        break;
      case OperatorFamily::kIpAddress:
        values.push_back(value.substr(0, value.find('/')));
        break;
      case OperatorFamily::kString:
      case OperatorFamily::kStringIgnoringCase:
        values.push_back(WithoutEscapes(value));
        break;
      case OperatorFamily::kStringLike:
      case OperatorFamily::kArn:
        values.push_back(WithoutEscapes(Instance(value)));
        break;
      case OperatorFamily::kBool:
      case OperatorFamily::kNull:
        break;
    }
  }
}

// What a key may be that the policy does not name.
std::vector<std::string> OtherValues(const std::string& key) {
  const std::string lower = base::LowerCase(key);
  if (lower == "aws:securetransport") return {"true"};
  if (lower == "aws:sourceip" || lower == "aws:vpcsourceip") return {"203.0.113.77", "2001:db8::77"};
  return {"x", "1790000000"};
}

void AddVariables(std::string_view value, std::set<std::string, KeyLess>& keys) {
  for (size_t at = value.find("${"); at != std::string_view::npos; at = value.find("${", at + 2)) {
    const std::string_view name = value.substr(at + 2, value.find_first_of(",}", at) - at - 2);
    keys.emplace(name);
  }
}

// The keys of a request that the policies look at, in conditions and in variables.
std::set<std::string, KeyLess> RequestKeys(const std::vector<const TrustPolicy*>& policies) {
  std::set<std::string, KeyLess> keys;
  for (const TrustPolicy* policy : policies) {
    for (const Statement& statement : policy->statements) {
      for (const Condition& condition : statement.conditions) {
        keys.insert(condition.key);
        for (const std::string& value : condition.values) AddVariables(value, keys);
      }
    }
  }
  std::erase_if(keys, [](const std::string& key) {
    const KeyKind kind = KindOfKey(key);
    return kind != KeyKind::kRequest && kind != KeyKind::kSomeRequests;
  });
  return keys;
}

template <typename Visit>
void ForEachCondition(const std::vector<const TrustPolicy*>& policies, std::string_view key, Visit visit) {
  for (const TrustPolicy* policy : policies) {
    for (const Statement& statement : policy->statements) {
      for (const Condition& condition : statement.conditions) {
        if (base::EqualsIgnoringCase(condition.key, key)) visit(condition, policy->variables);
      }
    }
  }
}

std::vector<std::string> Distinct(std::vector<std::string> values) {
  std::vector<std::string> distinct;
  for (std::string& value : values) AddNew(distinct, std::move(value));
  return distinct;
}

// What each key may be; "" for absent.
std::vector<std::string> ValuesOfKey(const std::string& key, const std::vector<const TrustPolicy*>& policies) {
  std::vector<std::string> values = OtherValues(key);
  if (!base::EqualsIgnoringCase(key, "aws:SecureTransport")) {
    ForEachCondition(policies, key, [&](const Condition& condition, Variables) { AddValues(condition, values); });
  }
  if (KindOfKey(key) == KeyKind::kSomeRequests) values.emplace_back();
  return Distinct(std::move(values));
}

std::vector<Request> Requests(const std::vector<const TrustPolicy*>& policies) {
  std::vector<Request> requests(1);
  for (const std::string& key : RequestKeys(policies)) {
    std::vector<Request> longer;
    for (const std::string& value : ValuesOfKey(key, policies)) {
      for (const Request& request : requests) {
        if (longer.size() == kMaxRequests) break;
        longer.push_back(request);
        if (!value.empty()) longer.back().emplace_back(key, value);
      }
    }
    requests = std::move(longer);
  }
  return requests;
}

// The times at which the policy may decide otherwise than now.
std::vector<base::SystemTime> Times(const std::vector<const TrustPolicy*>& policies, base::SystemTime now) {
  std::vector<base::SystemTime> times{now};
  for (const char* key : {"aws:CurrentTime", "aws:EpochTime"}) {
    ForEachCondition(policies, key, [&](const Condition& condition, Variables) {
      for (const std::string& value : condition.values) {
        for (const base::SystemTime time : TimesAround(value)) {
          if (time > now && times.size() < 16) times.push_back(time);
        }
      }
    });
  }
  return times;
}

// The values that conditions have for `key`, as patterns of lower-case text, in a request with these keys.
std::vector<Pattern> PatternsFor(const std::vector<const TrustPolicy*>& policies, const std::string& key,
                                 const RequestContext& request) {
  std::vector<Pattern> patterns;
  ForEachCondition(policies, key, [&](const Condition& condition, Variables variables) {
    if (!ComparesText(condition.op.family)) return;
    for (const std::string& value : condition.values) {
      const std::string text =
          condition.op.family == OperatorFamily::kStringIgnoringCase ? base::LowerCase(value) : value;
      Result<Pattern> pattern = PatternOf(condition.op, text, variables, request);
      if (pattern.ok()) patterns.push_back(*std::move(pattern));
      // So that the namespace it names is told from others.
      if (const std::string_view name = NamespaceIn(text); !name.empty()) {
        patterns.emplace_back().AppendWildcards(ServiceAccountSubject(name, "*"));
      }
    }
  });
  return patterns;
}

// The subjects that conditions name, and one for each pattern: for policies with too many to be told apart.
void AddNamedSubjects(const std::vector<const TrustPolicy*>& policies, const std::string& key,
                      std::vector<std::string>& subjects) {
  ForEachCondition(policies, key, [&](const Condition& condition, Variables) {
    for (const std::string& value : condition.values) {
      if (const std::string subject = Instance(value); IsServiceAccountSubject(subject)) subjects.push_back(subject);
    }
  });
}

std::vector<std::pair<std::string, AudienceKind>> Audiences(const std::vector<const TrustPolicy*>& policies,
                                                            const std::string& issuer, const LintContext& context) {
  std::vector<std::string> named;
  ForEachCondition(policies, ConditionKey(issuer, "aud"), [&](const Condition& condition, Variables) {
    if (ComparesText(condition.op.family)) AddValues(condition, named);
  });
  std::vector<std::string> all;
  if (!context.audience.empty()) all.push_back(context.audience);
  all.insert(all.end(), named.begin(), named.end());
  for (const char* audience : {"https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local"}) {
    all.emplace_back(audience);
  }
  all.push_back("https://" + issuer);
  if (context.audience.empty() && named.empty()) all.emplace_back("sts.amazonaws.com");
  all.emplace_back(kOtherAudience);
  std::vector<std::pair<std::string, AudienceKind>> audiences;
  for (const std::string& audience : Distinct(std::move(all))) {
    AudienceKind kind = AudienceKind::kNamed;
    if (audience == context.audience) {
      kind = AudienceKind::kExpected;
    } else if (IsApiServerAudience(audience, issuer)) {
      kind = AudienceKind::kApiServer;
    } else if (audience == kOtherAudience) {
      kind = AudienceKind::kOther;
    } else if (context.audience.empty()) {
      kind = AudienceKind::kExpected;
    }
    audiences.emplace_back(audience, kind);
  }
  return audiences;
}

}  // namespace

bool Allows(const TrustPolicy& policy, const RequestContext& request) {
  bool allowed = false;
  for (const Statement& statement : policy.statements) {
    if (statement.effect == Effect::kAllow && allowed) continue;
    if (!Matches(statement, policy.variables, request)) continue;
    if (statement.effect == Effect::kDeny) return false;
    allowed = true;
  }
  return allowed;
}

TokenTable::TokenTable(const TrustPolicy& policy, std::string provider_arn, const LintContext& context,
                       const std::vector<const TrustPolicy*>& others)
    : provider_arn_(std::move(provider_arn)), issuer_(ProviderIssuer(provider_arn_)) {
  std::vector<const TrustPolicy*> policies{&policy};
  policies.insert(policies.end(), others.begin(), others.end());
  const auto audiences = Audiences(policies, issuer_, context);
  const std::vector<Request> requests = Requests(policies);
  for (const base::SystemTime time : Times(policies, context.now)) {
    for (const Request& request : requests) {
      Trial trial;
      trial.time = time;
      trial.request_keys = request;
      std::vector<Pattern> patterns = PatternsFor(policies, ConditionKey(issuer_, "sub"), RequestOf(trial));
      if (!context.subject.empty()) patterns.emplace_back().AppendLiteral(context.subject);
      const SubjectClasses classes = ClassesOf(patterns);
      std::vector<std::string> subjects = classes.subjects;
      if (!classes.complete) AddNamedSubjects(policies, ConditionKey(issuer_, "sub"), subjects);
      if (!context.subject.empty()) subjects.insert(subjects.begin(), context.subject);
      for (const std::string& subject : Distinct(std::move(subjects))) {
        for (const auto& [audience, kind] : audiences) {
          if (trials_.size() == kMaxTrials || trials_.size() * policy.statements.size() > kMaxVerdicts) return;
          trial.subject = subject;
          trial.audience = audience;
          trial.audience_kind = kind;
          const RequestContext context_of_trial = RequestOf(trial);
          bool allowed = false;
          bool denied = false;
          trial.matches.clear();
          for (const Statement& statement : policy.statements) {
            const bool matches = Matches(statement, policy.variables, context_of_trial);
            trial.matches.push_back(matches);
            (statement.effect == Effect::kDeny ? denied : allowed) |= matches;
          }
          trial.allowed = allowed && !denied;
          trials_.push_back(trial);
        }
      }
    }
  }
}

RequestContext TokenTable::RequestOf(const Trial& trial) const {
  RequestContext request = WebIdentityRequest({provider_arn_, issuer_, trial.subject, trial.audience}, trial.time);
  for (const auto& [key, value] : trial.request_keys) request.keys.emplace(key, value);
  return request;
}

}  // namespace irsa::iam
