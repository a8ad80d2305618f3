#include "irsa/iam/request_context.h"

#include "irsa/iam/condition_value.h"
#include "irsa/iam/web_identity.h"

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
  const std::string_view issuer = WithoutScheme(identity.issuer);
  context.keys.emplace(ConditionKey(issuer, "sub"), identity.subject);
  context.keys.emplace(ConditionKey(issuer, "aud"), identity.audience);
  context.keys.emplace("aws:CurrentTime", FormatDate(now));
  const auto since_epoch = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  context.keys.emplace("aws:EpochTime", std::to_string(since_epoch.count()));
  return context;
}

}  // namespace irsa::iam
