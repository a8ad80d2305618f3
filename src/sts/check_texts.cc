#include "check_texts.h"

#include <algorithm>
#include <utility>

#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/iam/policy_text.h"
#include "irsa/iam/web_identity.h"

namespace irsa::sts {
namespace {

using base::Quoted;

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html words it so.
StsError NotValidated() {
  return MakeStsError(kInvalidIdentityToken,
                      "The web identity token that was passed could not be validated by AWS. Get a new identity token "
                      "from the identity provider and then retry the request.");
}

StsError NoVerificationKey() {
  return MakeStsError(kInvalidIdentityToken,
                      "Couldn't retrieve verification key from your identity provider, please reference "
                      "AssumeRoleWithWebIdentity documentation for requirements");
}

std::string TrimSlash(std::string_view issuer) {
  while (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer);
}

// A registered issuer that the token's is a slip of: the same but for a slash at the end, or case.
const Provider* SimilarProvider(std::span<const Provider> providers, const std::string& account,
                                const std::string& issuer) {
  for (const Provider& provider : providers) {
    if (provider.account == account && base::EqualsIgnoringCase(TrimSlash(provider.issuer), TrimSlash(issuer))) {
      return &provider;
    }
  }
  return nullptr;
}

std::string RegisteredElsewhere(std::span<const Provider> providers, const std::string& issuer) {
  std::string accounts;
  for (const Provider& provider : providers) {
    if (provider.issuer != issuer) continue;
    accounts.append(accounts.empty() ? "" : ", ").append(provider.account);
  }
  return accounts;
}

std::string NameOfFirst(const iam::Decision& decision, bool (*wanted)(const iam::StatementResult&)) {
  const auto found = std::ranges::find_if(decision.statements, wanted);
  return found == decision.statements.end() ? "a statement" : iam::StatementName(found->number, found->sid);
}

bool Denies(const iam::StatementResult& statement) {
  return statement.effect == iam::Effect::kDeny && statement.Matches();
}

bool Allows(const iam::StatementResult& statement) {
  return statement.effect == iam::Effect::kAllow && statement.Matches();
}

std::string ExplanationOf(const Refusal& refusal) {
  return refusal.explanation.empty() ? "the trust policy has no statement" : base::Joined(refusal.explanation, "; ");
}

// What to do about the trust policy, in the words of the findings on it; else `otherwise`.
std::string FixOf(const Refusal& refusal, const std::string& otherwise) {
  constexpr size_t kMostFixes = 3;
  std::string fixes;
  size_t count = 0;
  for (const iam::Finding& finding : refusal.findings) {
    if (finding.severity != iam::Severity::kError || ++count > kMostFixes) continue;
    if (!fixes.empty()) fixes.append("; ");
    if (finding.statement > 0) fixes.append("statement ").append(std::to_string(finding.statement)).append(": ");
    fixes.append(finding.fix);
  }
  return fixes.empty() ? otherwise : fixes;
}

// "a real request also has …".
std::string NotGivenText(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text.append(text.empty() ? "" : ", ").append(key);
  return text;
}

constexpr std::string_view kRightFile =
    "use the file that AWS_WEB_IDENTITY_TOKEN_FILE names, /var/run/secrets/eks.amazonaws.com/serviceaccount/token, "
    "which the webhook mounts; if the pod does not have it, the webhook did not mutate the pod";

bool IsLegacySecretToken(const oidc::Claims& claims) { return claims.issuer == "kubernetes/serviceaccount"; }

// What a trust policy has to allow.
std::string_view ActionFor(const Asker& asker) {
  return asker.IsSigned() ? iam::kAssumeRole : iam::kAssumeRoleWithWebIdentity;
}

// For a policy of which no statement fits, its conditions aside.
std::string AllowingFix(const Asker& asker) {
  if (!asker.IsSigned()) return "write the trust policy with `irsa trust-policy`";
  return R"(let a statement of the trust policy have "Principal": {"AWS": )" + Quoted(asker.principal_arn) +
         R"(} and "Action": "sts:AssumeRole", and conditions that the request meets)";
}

// Of the first statement that fits but for its conditions; empty where there is none. Never to drop them: they protect
// the role.
std::string MeetingFix(const iam::Decision& decision) {
  for (const iam::StatementResult& result : decision.statements) {
    const bool fits = result.effect == iam::Effect::kAllow && result.principal_matches && result.action_matches;
    if (!fits || result.mismatches.empty()) continue;
    std::string conditions;
    for (const iam::ConditionMismatch& mismatch : result.mismatches) {
      conditions.append(conditions.empty() ? "" : " and ").append(mismatch.op + " on " + Quoted(mismatch.key));
    }
    return "make the request meet " + conditions + " of " + iam::StatementName(result.number, result.sid) +
           "; if the role should allow the request as it is, correct " +
           (result.mismatches.size() == 1 ? "that condition" : "those conditions");
  }
  return {};
}

// For a policy that refuses.
std::string RefusedFix(const iam::Decision& decision, const Asker& asker) {
  if (decision.verdict == iam::Verdict::kExplicitDeny) {
    return "if the role should allow this request, narrow that statement so that it does not match it: a Deny "
           "overrides "
           "every Allow";
  }
  std::string meeting = MeetingFix(decision);
  return meeting.empty() ? AllowingFix(asker) : meeting;
}

// What a policy has to allow beside the assuming of the role, and why.
struct SessionAction {
  const char* name;  // "sts:TagSession"
  std::string reason;
};

std::vector<SessionAction> SessionActions(const iam::SessionAttributes& attributes, const Asker& asker) {
  const std::string sets = asker.IsSigned() ? "the new session has " : "the token sets ";
  std::vector<SessionAction> actions;
  if (!attributes.tags.empty() || !attributes.transitive_tag_keys.empty()) {
    const std::string count =
        attributes.tags.size() > 1 ? " (" + std::to_string(attributes.tags.size()) + " in all)" : "";
    const std::string first = attributes.tags.empty() ? "" : ", " + Quoted(attributes.tags.begin()->first) + count;
    actions.push_back({"sts:TagSession", sets + "session tags" + first});
  }
  if (!attributes.source_identity.empty()) {
    actions.push_back({"sts:SetSourceIdentity", sets + "the source identity " + Quoted(attributes.source_identity)});
  }
  return actions;
}

Check SessionActionRefused(const SessionAction& action, const Refusal& refusal) {
  const std::string name = action.name;
  const bool is_denied = refusal.decision.verdict == iam::Verdict::kExplicitDeny;
  const std::string found =
      is_denied ? NameOfFirst(refusal.decision, Denies) + " denies " + name : ExplanationOf(refusal);
  const bool is_signed = refusal.asker.IsSigned();
  const std::string fix =
      is_denied ? "take " + name + " out of that statement"
                : "add " + name + " to the Action of the statement that allows the " + (is_signed ? "caller" : "token");
  return Fail(CheckName::kTrustPolicy, action.reason + ", which requires " + name + ": " + found,
              fix + (is_signed ? ", or do without it" : ", or have the issuer leave the claim out"),
              NotAuthorized(refusal.asker, name));
}

}  // namespace

Check Pass(CheckName name, std::string detail) {
  return {name, CheckResult::kPass, std::move(detail), {}, std::nullopt};
}

Check Skip(CheckName name, std::string detail) {
  return {name, CheckResult::kSkipped, std::move(detail), {}, std::nullopt};
}

Check Fail(CheckName name, std::string detail, std::string fix, StsError error) {
  return {name, CheckResult::kFail, std::move(detail), std::move(fix), std::move(error)};
}

StsError NotAuthorized(const Asker& asker, std::string_view action) {
  if (!asker.IsSigned()) return MakeStsError(kAccessDenied, "Not authorized to perform " + std::string(action));
  return MakeStsError(kAccessDenied, "User: " + asker.caller_arn + " is not authorized to perform: " +
                                         std::string(action) + " on resource: " + asker.role_arn);
}

std::string DistanceText(oidc::NumericDate date, base::SystemTime now) {
  const auto distance = std::chrono::abs(date - std::chrono::time_point_cast<oidc::NumericDate::duration>(now));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(distance).count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h " + std::to_string(seconds % 3600 / 60) + " min";
  return std::to_string(seconds / 86400) + " days";
}

StsError MissingClaim(std::string_view claim) {
  return MakeStsError(kInvalidIdentityToken, std::string("Missing a required claim: ").append(claim));
}

std::string AllowingStatement(const iam::Decision& decision) { return NameOfFirst(decision, Allows); }

std::string FittingStatement(const iam::Decision& decision) { return NameOfFirst(decision, iam::FitsButForSubject); }

std::string WrongToken(const oidc::Claims& claims, std::span<const std::string> client_ids) {
  if (IsLegacySecretToken(claims)) {
    return "this is a legacy token from a Secret (iss \"kubernetes/serviceaccount\"), which only the Kubernetes API "
           "accepts";
  }
  const std::vector<std::string> audiences = claims.audiences.value_or(std::vector<std::string>());
  if (std::ranges::find_first_of(audiences, client_ids) != audiences.end()) return {};
  for (const std::string& audience : audiences) {
    if (iam::IsApiServerAudience(audience, base::WithoutScheme(claims.issuer.value_or("")))) {
      return "this is the token for the Kubernetes API (aud " + Quoted(audience) + "), not the one for AWS";
    }
  }
  return {};
}

Check WrongTokenRefused(const oidc::Claims& claims, const std::string& wrong_token) {
  if (IsLegacySecretToken(claims)) {
    return Fail(
        CheckName::kIssuer, wrong_token, std::string(kRightFile),
        MakeStsError(kInvalidIdentityToken, "No OpenIDConnect provider found in your account for " + *claims.issuer));
  }
  return Fail(CheckName::kAudience, wrong_token, std::string(kRightFile),
              MakeStsError(kInvalidIdentityToken, "Incorrect token audience"));
}

Check NoToken(const Error& error) {
  return Fail(CheckName::kSignature, error.message,
              "pass the service account's token as it is in its file: a JWT signed with RS256, RS384, RS512, ES256, "
              "ES384 or ES512",
              MakeStsError(kInvalidIdentityToken,
                           "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access "
                           "Token)"));
}

Check KeysNotHad(const Error& error) {
  const bool is_answer =
      error.code == ErrorCode::kMalformed || error.code == ErrorCode::kInvalid || error.code == ErrorCode::kTooLarge;
  if (is_answer) {
    return Fail(CheckName::kSignature, "the issuer's keys cannot be used: " + error.message,
                "publish a discovery document and a key set as `irsa issuer publish` writes them", NoVerificationKey());
  }
  return Fail(CheckName::kSignature, "the issuer's keys cannot be fetched: " + error.message,
              "make sure that the issuer's discovery document and key set can be fetched without credentials",
              MakeStsError(kIdpCommunicationError,
                           "The request could not be fulfilled because the identity provider (IDP) that was asked to "
                           "verify the incoming identity token could not be reached."));
}

Check SignatureRefused(const oidc::TokenRefusal& refusal) {
  if (refusal.failure == oidc::TokenFailure::kKeyNotFound) {
    return Fail(CheckName::kSignature, refusal.detail,
                "publish the cluster's signing key in the issuer's key set (`irsa issuer jwks`); when you rotate keys, "
                "publish the new key before it signs",
                NoVerificationKey());
  }
  return Fail(CheckName::kSignature, refusal.detail,
              "check that the token is complete and that the key set belongs to the cluster that signed it",
              NotValidated());
}

Check IssuerNotRegistered(const std::string& issuer, const std::string& account, std::span<const Provider> providers) {
  const StsError error =
      MakeStsError(kInvalidIdentityToken, "No OpenIDConnect provider found in your account for " + issuer);
  if (const Status registrable = iam::CheckIssuer(issuer); !registrable.ok()) {
    return Fail(CheckName::kIssuer, "IAM cannot register iss: " + registrable.error().message,
                "give the cluster an issuer that AWS can reach, with --service-account-issuer of kube-apiserver",
                error);
  }
  std::string detail =
      "the token comes from another issuer: iss " + Quoted(issuer) + " is not registered in account " + account;
  std::string fix = "use a token from a cluster whose issuer is registered";
  for (const Provider& provider : providers) {
    if (provider.account == account) fix.append(", ").append(Quoted(provider.issuer));
  }
  fix.append("; or register this issuer in the role's account (`irsa trust-policy -o aws-cli` prints the command)");
  if (const Provider* similar = SimilarProvider(providers, account, issuer)) {
    detail.append(", which has ").append(Quoted(similar->issuer));
    fix =
        "register the issuer exactly as it is in the token, or change kube-apiserver's --service-account-issuer: a "
        "trailing slash and upper case matter";
  } else if (const std::string elsewhere = RegisteredElsewhere(providers, issuer); !elsewhere.empty()) {
    detail.append(", but in ").append(elsewhere);
    fix = "register it in the role's account too, or use a role of an account where it is registered";
  }
  return Fail(CheckName::kIssuer, std::move(detail), std::move(fix), error);
}

Check AudienceRefused(const oidc::TokenRefusal& refusal, const std::string& audience) {
  if (refusal.failure == oidc::TokenFailure::kMissingClaim) {
    return Fail(CheckName::kAudience, refusal.detail, kNewTokenFix, MissingClaim("aud"));
  }
  return Fail(CheckName::kAudience, refusal.detail,
              "use the token that the webhook mounts, with one of the provider's client ids as its audience: set the "
              "service account's annotation audience, or --token-audience, to " +
                  Quoted(audience),
              MakeStsError(kInvalidIdentityToken, "Incorrect token audience"));
}

Check TimesRefused(const oidc::TokenRefusal& refusal, const oidc::Claims& claims, base::SystemTime now) {
  if (refusal.failure == oidc::TokenFailure::kMissingClaim) {
    return Fail(CheckName::kExpiry, refusal.detail, kNewTokenFix, MissingClaim("exp"));
  }
  if (refusal.failure == oidc::TokenFailure::kNotYetValid) {
    return Fail(CheckName::kExpiry, refusal.detail, "synchronize the clocks of the control plane nodes",
                NotValidated());
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  return Fail(CheckName::kExpiry, refusal.detail,
              "read the token file again for each request: the kubelet replaces the token before it expires",
              MakeStsError(kExpiredTokenException, "Token expired: current date/time " + std::to_string(seconds) +
                                                       " must be before the expiration date/time " +
                                                       oidc::SecondsText(*claims.expires_at)));
}

Check SubjectRefused(const Refusal& refusal, const std::string& subject) {
  const iam::Decision& decision = refusal.decision;
  std::string detail = "sub " + Quoted(subject) + " is refused by " + FittingStatement(decision) + ":";
  for (const iam::StatementResult& result : decision.statements) {
    if (!iam::FitsButForSubject(result)) continue;
    for (const iam::ConditionMismatch& mismatch : result.mismatches) {
      detail.append(" ").append(mismatch.op).append(" on ").append(Quoted(mismatch.key)).append(" requires ");
      detail.append(mismatch.expected.empty() ? "nothing" : iam::QuotedList(mismatch.expected));
      if (mismatch.actual.empty()) detail.append(", a key that this token does not have");
    }
    break;
  }
  return Fail(CheckName::kSubject, std::move(detail),
              FixOf(refusal,
                    "run the pod as a service account that the policy allows (serviceAccountName), or allow "
                    "this one in it"),
              NotAuthorized(refusal.asker, ActionFor(refusal.asker)));
}

Check PolicyRefused(const Refusal& refusal) {
  const StsError error = NotAuthorized(refusal.asker, ActionFor(refusal.asker));
  std::string detail;
  if (refusal.decision.verdict == iam::Verdict::kExplicitDeny) {
    for (size_t i = 0; i < refusal.decision.statements.size() && detail.empty(); ++i) {
      if (Denies(refusal.decision.statements[i])) detail = refusal.explanation[i];
    }
  } else {
    detail = ExplanationOf(refusal);
  }
  if (refusal.keys_not_given.empty()) {
    const std::string otherwise = RefusedFix(refusal.decision, refusal.asker);
    return Fail(CheckName::kTrustPolicy, std::move(detail), FixOf(refusal, otherwise), error);
  }
  detail.append("; a real request also has these keys, which were not given: ")
      .append(NotGivenText(refusal.keys_not_given));
  const std::string give = "pass the value that a real request has: --condition-key " + refusal.keys_not_given.front() +
                           "=VALUE (irsa sts knows its peer's address)";
  return Fail(CheckName::kTrustPolicy, std::move(detail), FixOf(refusal, give), error);
}

Check SessionClaimsMalformed(const Error& error) {
  return Fail(CheckName::kTrustPolicy, error.message, "have the issuer write the claim as AWS documents it",
              MakeStsError(kInvalidIdentityToken, "The ID Token provided has an invalid claim: " + error.message));
}

// STS does not tell a caller which roles there are.
Check RoleNotFound(const Asker& asker) {
  return Fail(CheckName::kTrustPolicy, "there is no role " + Quoted(asker.role_arn),
              std::string("create the role, or correct ") +
                  (asker.IsSigned() ? "RoleArn" : "the service account's annotation role-arn"),
              NotAuthorized(asker, ActionFor(asker)));
}

Check RoleArnMalformed(const std::string& role_arn) {
  return Fail(CheckName::kTrustPolicy,
              "role ARN " + Quoted(role_arn) + " is not arn:aws*:iam::<12 digits>:role/<path and name>",
              "correct the service account's annotation role-arn",
              MakeStsError(kValidationError, "Request ARN is invalid"));
}

std::optional<Check> CheckSessionActions(const iam::TrustPolicy& policy, iam::RequestContext context,
                                         const iam::SessionAttributes& attributes, const Asker& asker) {
  for (const SessionAction& action : SessionActions(attributes, asker)) {
    context.action = action.name;
    const iam::Decision decision = iam::Evaluate(policy, context);
    if (decision.Allowed()) continue;
    return SessionActionRefused(action, {decision, iam::Explain(policy, context, decision), {}, {}, asker});
  }
  return std::nullopt;
}

}  // namespace irsa::sts
