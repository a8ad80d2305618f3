#include "irsa/iam/request_context.h"

#include "irsa/base/time_text.h"
#include "irsa/base/url.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/web_identity.h"

namespace irsa::iam {
namespace {

void AddTime(base::SystemTime now, RequestContext& context) {
  context.keys.emplace("aws:CurrentTime", base::FormatRfc3339(now));
  const auto since_epoch = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  context.keys.emplace("aws:EpochTime", std::to_string(since_epoch.count()));
}

}  // namespace

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
  AddTime(now, context);
  return context;
}

void AddKeys(const SessionAttributes& attributes, RequestContext& context) {
  for (const auto& [name, value] : attributes.tags) {
    context.keys.emplace("aws:RequestTag/" + name, value);
    context.keys.emplace("aws:TagKeys", name);
  }
  for (const std::string& name : attributes.transitive_tag_keys) context.keys.emplace("sts:TransitiveTagKeys", name);
  if (!attributes.source_identity.empty()) context.keys.emplace("sts:SourceIdentity", attributes.source_identity);
}

RequestContext AssumeRoleRequest(const Signer& signer, base::SystemTime now) {
  RequestContext context;
  context.action = kAssumeRole;
  context.aws_principals = {signer.arn};
  const bool is_session = !signer.role_arn.empty();
  if (is_session) context.aws_principals.push_back(signer.role_arn);
  if (const Result<Arn> arn = ParseArn(signer.arn); arn.ok()) {
    context.aws_principals.push_back(arn->account);
    context.aws_principals.push_back("arn:" + arn->partition + ":iam::" + arn->account + ":root");
    context.keys.emplace("aws:PrincipalAccount", arn->account);
    if (!is_session) context.keys.emplace("aws:username", arn->resource.substr(arn->resource.rfind('/') + 1));
  }
  context.keys.emplace("aws:PrincipalArn", is_session ? signer.role_arn : signer.arn);
  context.keys.emplace("aws:PrincipalType", is_session ? "AssumedRole" : "User");
  context.keys.emplace("aws:userid", signer.user_id);
  if (is_session) context.keys.emplace("aws:MultiFactorAuthPresent", "false");
  for (const auto& [name, value] : signer.attributes.tags) context.keys.emplace("aws:PrincipalTag/" + name, value);
  if (!signer.attributes.source_identity.empty()) {
    context.keys.emplace("aws:SourceIdentity", signer.attributes.source_identity);
  }
  for (const char* key : {"aws:PrincipalIsAWSService", "aws:ViaAWSService"}) context.keys.emplace(key, "false");
  AddTime(now, context);
  return context;
}

}  // namespace irsa::iam
