#include "irsa/iam/request_context.h"

#include "irsa/base/url.h"
#include "irsa/iam/web_identity.h"

#include "condition_value.h"

namespace irsa::iam {

std::vector<std::string> ValuesOf(const RequestContext& context, std::string_view key) {
  std::vector<std::string> values;
  const auto [begin, end] = context.keys.equal_range(key);
  for (auto value = begin; value != end; ++value) values.push_back(value->second);
  return values;
}

RequestContext WebIdentityRequest(const WebIdentity& identity, base::SystemTime now) {
  RequestContext context;
  context.action = kAssumeRoleWithWebIdentity;
  context.federated_provider = identity.provider_arn;
  const std::string_view issuer = base::WithoutScheme(identity.issuer);
  context.keys.emplace(ConditionKey(issuer, "sub"), identity.subject);
  context.keys.emplace(ConditionKey(issuer, "aud"), identity.audience);
  context.keys.emplace("aws:CurrentTime", FormatDate(now));
  const auto since_epoch = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  context.keys.emplace("aws:EpochTime", std::to_string(since_epoch.count()));
  return context;
}

void AddKeys(const RequestFacts& facts, RequestContext& context) {
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) context.keys.emplace(key, value);
  };
  add("aws:SourceIp", facts.source_ip);
  if (facts.secure_transport) add("aws:SecureTransport", *facts.secure_transport ? "true" : "false");
  add("sts:RoleSessionName", facts.role_session_name);
  add("aws:UserAgent", facts.user_agent);
  add("aws:RequestedRegion", facts.requested_region);
}

void AddKeys(const SessionClaims& claims, RequestContext& context) {
  for (const auto& [name, value] : claims.tags) {
    context.keys.emplace("aws:RequestTag/" + name, value);
    context.keys.emplace("aws:TagKeys", name);
  }
  for (const std::string& name : claims.transitive_tag_keys) context.keys.emplace("sts:TransitiveTagKeys", name);
  if (!claims.source_identity.empty()) context.keys.emplace("sts:SourceIdentity", claims.source_identity);
}

}  // namespace irsa::iam
