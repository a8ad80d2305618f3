#include "caller.h"

#include <string>
#include <utility>
#include <vector>

#include "irsa/base/text.h"
#include "irsa/iam/trust_policy.h"

#include "check_texts.h"
#include "sts/query/parameter_lists.h"
#include "sts/query/signature_v4.h"

namespace irsa::sts {
namespace {

using base::Quoted;

constexpr std::string_view kService = "sts";

Check TagConflicts(const std::string& name) {
  return Fail(CheckName::kTrustPolicy,
              "the caller's session hands the tag " + Quoted(name) + " on, which cannot be set again",
              "leave the tag out",
              MakeStsError(kInvalidParameterValue,
                           "One of the specified transitive tag keys can't be set because it conflicts with a "
                           "transitive tag key from the calling session."));
}

Check SourceIdentityConflicts(const std::string& has, const std::string& asked, const Asker& asker) {
  return Fail(CheckName::kTrustPolicy,
              "the caller's session has the source identity " + Quoted(has) + ", which cannot become " + Quoted(asked),
              "leave SourceIdentity out", NotAuthorized(asker, "sts:SetSourceIdentity"));
}

// Adds what the caller's session hands on; the failed check when the request says otherwise.
std::optional<Check> Inherit(const iam::SessionAttributes& session, const Asker& asker,
                             iam::SessionAttributes& attributes) {
  for (const std::string& name : session.transitive_tag_keys) {
    if (const auto* again = FindTag(attributes.tags, name)) return TagConflicts(again->first);
  }
  for (const std::string& name : session.transitive_tag_keys) {
    const auto* tag = FindTag(session.tags, name);
    if (tag == nullptr || !attributes.tags.insert(*tag).second) continue;
    attributes.transitive_tag_keys.push_back(tag->first);
  }
  if (session.source_identity.empty()) return std::nullopt;
  if (!attributes.source_identity.empty() && attributes.source_identity != session.source_identity) {
    return SourceIdentityConflicts(session.source_identity, attributes.source_identity, asker);
  }
  attributes.source_identity = session.source_identity;
  return std::nullopt;
}

Check CheckPolicy(const iam::TrustPolicy& policy, const iam::RequestContext& context,
                  const iam::SessionAttributes& attributes, const Asker& asker) {
  const iam::Decision decision = iam::Evaluate(policy, context);
  if (!decision.Allowed()) {
    return PolicyRefused({decision, iam::Explain(policy, context, decision), {}, {}, asker});
  }
  if (auto refused = CheckSessionActions(policy, context, attributes, asker)) return *std::move(refused);
  return Pass(CheckName::kTrustPolicy, AllowingStatement(decision) + " allows the request");
}

}  // namespace

std::variant<iam::Signer, StsError> Authenticate(const http::Request& request, const IamRegistry& registry,
                                                 const SessionSealer& sealer, base::SystemTime now) {
  const std::variant<Authorization, StsError> read = ReadAuthorization(request);
  if (const auto* error = std::get_if<StsError>(&read)) return *error;
  const auto& authorization = std::get<Authorization>(read);
  if (const Administrator* known = registry.FindAdministrator(authorization.access_key_id)) {
    auto error = CheckSignature(request, authorization, known->secret_access_key, kService, now);
    if (error) return *std::move(error);
    return IdentityOf(*known);
  }
  const std::optional<OpenedSession> opened = sealer.Open(authorization.access_key_id, authorization.session_token);
  if (!opened) {
    return MakeStsError(kInvalidClientTokenId, "The security token included in the request is invalid.");
  }
  if (auto error = CheckSignature(request, authorization, opened->secret_access_key, kService, now)) {
    return *std::move(error);
  }
  // After the signature, so that only who holds the secret learns that the credentials were good once.
  if (opened->session.expiration <= now) {
    return MakeStsError(kExpiredToken, "The security token included in the request is expired");
  }
  return IdentityOf(opened->session);
}

CallerReport CheckCaller(const iam::Signer& caller, const RoleRequest& request, const iam::SessionAttributes& asked,
                         base::SystemTime now) {
  const Asker asker{caller.arn, caller.role_arn.empty() ? caller.arn : caller.role_arn, request.role_arn};
  CallerReport report{{}, asked};
  if (request.trust_policy == nullptr) {
    report.check = RoleNotFound(asker);
  } else if (auto conflict = Inherit(caller.attributes, asker, report.attributes)) {
    report.check = *std::move(conflict);
  } else {
    iam::RequestContext context = iam::AssumeRoleRequest(caller, now);
    iam::AddKeys(report.attributes, context);
    for (const auto& [key, value] : request.condition_keys) context.keys.emplace(key, value);
    report.check = CheckPolicy(*request.trust_policy, context, report.attributes, asker);
  }
  return report;
}

}  // namespace irsa::sts
