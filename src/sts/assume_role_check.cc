#include "irsa/sts/assume_role_check.h"

#include <algorithm>
#include <utility>

#include "irsa/base/text.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/request_context.h"
#include "irsa/iam/web_identity.h"
#include "irsa/oidc/token_verifier.h"

#include "check_texts.h"

namespace irsa::sts {
namespace {

using base::Quoted;

// What the checks share.
struct Case {
  const oidc::Jwt& token;
  const RoleRequest& request;
  std::span<const Provider> providers;
  const KeySetResult& keys;
  base::SystemTime now;
  Result<iam::Arn> role;                   // an error when the ARN is no role's
  Result<iam::SessionAttributes> session;  // an error when those claims are malformed
  const Provider* provider = nullptr;      // of the token's issuer, in the role's account
};

// Why the checks that need the provider are not made.
std::string NoProvider(const Case& c) {
  if (!c.role.ok()) return "the role ARN names no account in which to look up the provider";
  return "no OIDC provider is registered for the token's issuer, so its keys and client ids are not known";
}

Check CheckSignature(const Case& c) {
  if (c.provider == nullptr) return Skip(CheckName::kSignature, NoProvider(c));
  if (!c.keys.ok()) return KeysNotHad(c.keys.error());
  const std::optional<oidc::TokenRefusal> refusal = oidc::VerifySignature(c.token, **c.keys);
  if (refusal) return SignatureRefused(*refusal);
  std::string key = c.token.header.key_id ? "key " + Quoted(*c.token.header.key_id) : "a key";
  return Pass(CheckName::kSignature,
              std::string(oidc::AlgorithmName(c.token.header.algorithm)) + " signature by " + key + " of the issuer");
}

Check CheckIssuer(const Case& c) {
  if (!c.token.claims.issuer) {
    return Fail(CheckName::kIssuer, "iss is missing", kNewTokenFix, MissingClaim("iss"));
  }
  if (!c.role.ok()) return Skip(CheckName::kIssuer, NoProvider(c));
  const std::string& issuer = *c.token.claims.issuer;
  if (c.provider == nullptr) return IssuerNotRegistered(issuer, c.role->account, c.providers);
  return Pass(CheckName::kIssuer, "iss " + Quoted(issuer) + " is registered in account " + c.role->account);
}

Check CheckAudience(const Case& c, const std::string& audience) {
  if (c.provider == nullptr) return Skip(CheckName::kAudience, NoProvider(c));
  const std::optional<oidc::TokenRefusal> refusal = oidc::CheckAudience(c.token.claims, c.provider->client_ids);
  if (refusal) return AudienceRefused(*refusal, audience);
  return Pass(CheckName::kAudience, "aud " + Quoted(audience) + " is a client id of the provider");
}

Check CheckExpiry(const Case& c) {
  const std::optional<oidc::TokenRefusal> refusal = oidc::CheckTimes(c.token.claims, c.now);
  if (refusal) return TimesRefused(*refusal, c.token.claims, c.now);
  const oidc::NumericDate expiry = *c.token.claims.expires_at;
  const std::string distance = DistanceText(expiry, c.now);
  // Not in nanoseconds, in which the year 9999 has no number.
  if (expiry > std::chrono::floor<oidc::NumericDate::duration>(c.now))
    return Pass(CheckName::kExpiry, "exp " + oidc::SecondsText(expiry) + " is " + distance + " away");
  return Pass(CheckName::kExpiry, "exp " + oidc::SecondsText(expiry) + " was " + distance +
                                      " ago, within the five minutes that STS allows for clocks that differ");
}

struct PolicyChecks {
  Check subject;
  Check trust_policy;
  std::vector<iam::Finding> findings = {};
};

iam::LintContext LintContextOf(const Case& c, const std::string& subject, const std::string& audience) {
  return {c.role->account, c.role->partition, *c.token.claims.issuer, audience, subject, c.now};
}

// Whether some statement that allows names a condition on the subject and has it met.
bool SubjectFits(const iam::Decision& decision) {
  return std::ranges::any_of(decision.statements, [](const iam::StatementResult& statement) {
    return statement.effect == iam::Effect::kAllow && std::ranges::none_of(statement.mismatches, iam::IsAboutSubject);
  });
}

PolicyChecks Evaluate(const Case& c, const std::string& subject, const std::string& audience) {
  const iam::TrustPolicy& policy = *c.request.trust_policy;
  const std::string& issuer = *c.token.claims.issuer;
  iam::RequestContext context = iam::WebIdentityRequest(
      {iam::ProviderArn(c.role->partition, c.role->account, issuer), issuer, subject, audience}, c.now);
  iam::AddKeys(*c.session, context);
  for (const auto& [key, value] : c.request.condition_keys) context.keys.emplace(key, value);

  const iam::Decision decision = iam::Evaluate(policy, context);
  const std::string quoted = Quoted(subject);
  if (decision.Allowed()) {
    std::optional<Check> refused = CheckSessionActions(policy, context, *c.session, {});
    if (!refused) refused = Pass(CheckName::kTrustPolicy, AllowingStatement(decision) + " allows the request");
    return {Pass(CheckName::kSubject, "sub " + quoted + " meets the trust policy"), *std::move(refused)};
  }
  std::vector<iam::Finding> findings;
  if (c.request.lint_policy) findings = iam::LintTrustPolicy(policy, LintContextOf(c, subject, audience));
  const Refusal refusal{decision, iam::Explain(policy, context, decision), iam::KeysNotGiven(policy, context, decision),
                        findings};
  if (iam::FitsButForSubject(decision)) {
    return {SubjectRefused(refusal, subject),
            Pass(CheckName::kTrustPolicy,
                 FittingStatement(decision) + " allows the request except for its condition on the subject"),
            std::move(findings)};
  }
  Check refused = PolicyRefused(refusal);
  if (SubjectFits(decision)) {
    return {Pass(CheckName::kSubject, "sub " + quoted + " is not why the trust policy refuses the request"),
            std::move(refused), std::move(findings)};
  }
  return {Skip(CheckName::kSubject, "no statement of the trust policy matches, whatever the subject"),
          std::move(refused), std::move(findings)};
}

PolicyChecks CheckPolicy(const Case& c, const std::string& subject, const std::string& audience) {
  if (!c.role.ok()) {
    return {Skip(CheckName::kSubject, "the role ARN is malformed"), RoleArnMalformed(c.request.role_arn)};
  }
  PolicyChecks checks{Skip(CheckName::kSubject, "the role does not exist"),
                      RoleNotFound({.role_arn = c.request.role_arn})};
  const bool has_role = c.request.trust_policy != nullptr;
  if (has_role) {
    checks = {Skip(CheckName::kSubject, "the token has no iss"), Skip(CheckName::kTrustPolicy, "the token has no iss")};
    if (!c.session.ok()) {
      checks = {Skip(CheckName::kSubject, "the token's claims for the session are malformed"),
                SessionClaimsMalformed(c.session.error())};
    } else if (c.token.claims.issuer && c.provider == nullptr) {
      checks = {Skip(CheckName::kSubject, NoProvider(c)), Skip(CheckName::kTrustPolicy, NoProvider(c))};
    } else if (c.token.claims.issuer) {
      checks = Evaluate(c, subject, audience);
    }
  }
  if (c.token.claims.subject) return checks;
  checks.subject = Fail(CheckName::kSubject, "sub is missing", kNewTokenFix, MissingClaim("sub"));
  if (has_role) checks.trust_policy = Skip(CheckName::kTrustPolicy, "the token has no sub");
  return checks;
}

// The audience the answer and the trust policy are about.
std::string AudienceOf(const Case& c) {
  const auto& audiences = c.token.claims.audiences;
  if (!audiences || audiences->empty()) return {};
  if (c.provider == nullptr) return audiences->front();
  const auto known = std::ranges::find_first_of(*audiences, c.provider->client_ids);
  return known == audiences->end() ? audiences->front() : *known;
}

// The audience by which the trust policy is looked at: the token's or, where the provider does not take that one, the
// one that the token should have. A policy must not be advised to fit a wrong token.
std::string PolicyAudience(const Case& c, const std::string& audience) {
  if (c.provider == nullptr || c.provider->client_ids.empty()) return audience;
  const std::vector<std::string>& ids = c.provider->client_ids;
  return std::ranges::find(ids, audience) != ids.end() ? audience : ids.front();
}

AssumeRoleReport AllSkipped(const std::string& why) {
  AssumeRoleReport report;
  for (size_t i = 0; i < report.checks.size(); ++i) report.checks[i] = Skip(static_cast<CheckName>(i), why);
  return report;
}

AssumeRoleReport UnreadableToken(const Error& error) {
  AssumeRoleReport report = AllSkipped("the token could not be read");
  report.checks[0] = NoToken(error);
  return report;
}

AssumeRoleReport OfWrongToken(const oidc::Claims& claims, std::string wrong_token) {
  AssumeRoleReport report = AllSkipped("this is not the token for AWS");
  Check refused = WrongTokenRefused(claims, wrong_token);
  report.wrong_token = std::move(wrong_token);
  report.checks[static_cast<size_t>(refused.name)] = std::move(refused);
  return report;
}

}  // namespace

std::string_view CheckNameText(CheckName name) {
  constexpr std::array<std::string_view, 6> kNames = {"signature", "issuer",  "audience",
                                                      "expiry",    "subject", "trust-policy"};
  return kNames[static_cast<size_t>(name)];
}

std::string_view CheckResultText(CheckResult result) {
  constexpr std::array<std::string_view, 3> kNames = {"pass", "fail", "skipped"};
  return kNames[static_cast<size_t>(result)];
}

const Provider* FindProvider(std::span<const Provider> providers, std::string_view account, std::string_view issuer) {
  for (const Provider& provider : providers) {
    if (provider.account == account && provider.issuer == issuer) return &provider;
  }
  return nullptr;
}

std::string AccountOfRole(std::string_view role_arn) {
  if (!iam::IsRoleArn(role_arn)) return {};
  const Result<iam::Arn> arn = iam::ParseArn(role_arn);
  return arn.ok() ? arn->account : std::string();
}

const Check* AssumeRoleReport::FirstFailure() const {
  for (const Check& check : checks) {
    if (check.result == CheckResult::kFail) return &check;
  }
  return nullptr;
}

AssumeRoleReport CheckAssumeRole(const Result<oidc::Jwt>& token, const RoleRequest& request,
                                 std::span<const Provider> providers, const KeySetResult& keys, base::SystemTime now) {
  if (!token.ok()) return UnreadableToken(token.error());
  Case c{*token,
         request,
         providers,
         keys,
         now,
         iam::ParseArn(request.role_arn),
         iam::ReadSessionClaims(token->claims.json),
         nullptr};
  if (!iam::IsRoleArn(request.role_arn)) c.role = Error{ErrorCode::kInvalid, "no role's ARN"};
  const oidc::Claims& claims = token->claims;
  if (c.role.ok() && claims.issuer) c.provider = FindProvider(providers, c.role->account, *claims.issuer);

  AssumeRoleReport report;
  const std::span<const std::string> client_ids =
      c.provider == nullptr ? std::span<const std::string>() : std::span<const std::string>(c.provider->client_ids);
  if (std::string wrong = WrongToken(claims, client_ids); !wrong.empty()) {
    report = OfWrongToken(claims, std::move(wrong));
  }
  report.subject = claims.subject.value_or("");
  report.audience = AudienceOf(c);
  if (!report.wrong_token.empty()) return report;
  if (c.session.ok()) report.attributes = *c.session;
  PolicyChecks policy = CheckPolicy(c, report.subject, PolicyAudience(c, report.audience));
  report.checks = {CheckSignature(c),
                   CheckIssuer(c),
                   CheckAudience(c, report.audience),
                   CheckExpiry(c),
                   std::move(policy.subject),
                   std::move(policy.trust_policy)};
  report.findings = std::move(policy.findings);
  return report;
}

}  // namespace irsa::sts
