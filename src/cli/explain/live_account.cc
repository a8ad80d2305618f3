#include "live_account.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/kube/api/objects.h"
#include "irsa/oidc/discovery.h"
#include "irsa/oidc/jwks.h"

namespace irsa::cli {
namespace {

constexpr size_t kMaxObjectBytes = 1 << 20;

Error NoRole(const kube::AccountReference& account, const std::string& key, const std::vector<std::string>& notices) {
  std::string message = "service account " + account.namespace_name + "/" + account.name + " has no annotation " + key +
                        ", so its pods get no role";
  for (const std::string& notice : notices) message.append("; ").append(notice);
  return {ErrorCode::kNotFound, message + "; annotate it, or pass --role-arn"};
}

// A service account or a namespace.
Result<base::Json> GetAnnotated(kube::ApiServer& server, std::string path, const std::string& what,
                                base::SteadyTime deadline) {
  kube::ApiRequest request;
  request.path = std::move(path);
  request.deadline = deadline;
  request.max_answer_bytes = kMaxObjectBytes;
  Result<base::Json> object = kube::RequestObject(server, request, what);
  if (!object.ok()) return object;
  const base::Json* metadata = base::FindMember(*object, "metadata");
  if (metadata == nullptr || !metadata->is_object()) {
    return Error{ErrorCode::kMalformed, what + ": the apiserver's answer has no metadata"};
  }
  const base::Json* annotations = base::FindMember(*metadata, "annotations");
  if (annotations == nullptr) return object;
  if (annotations->is_object() &&
      std::ranges::all_of(*annotations, [](const auto& each) { return each.is_string(); })) {
    return object;
  }
  return Error{ErrorCode::kMalformed, what + ": the apiserver's answer has annotations that are no texts"};
}

// The default role of a namespace; empty: it has none, or may not be read.
std::string DefaultRoleOf(kube::ApiServer& server, const std::string& namespace_name,
                          const identity::Settings& settings, base::SteadyTime deadline,
                          std::vector<std::string>& notices) {
  const auto object = GetAnnotated(server, kube::ObjectPath("api/v1", {}, "namespaces", namespace_name),
                                   "get namespace " + namespace_name, deadline);
  if (!object.ok()) return {};
  identity::NamespaceDefaults defaults =
      identity::ResolveNamespace(identity::AnnotationsIn(*object, settings.annotation_prefix), settings);
  if (defaults.role_arn.empty()) return {};
  notices.push_back("the role is the default of namespace " + namespace_name +
                    "; pods get it only from irsa serve --default-role");
  for (const identity::Warning& warning : defaults.warnings) notices.push_back(warning.text);
  return std::move(defaults.role_arn);
}

Error UsesPodIdentity(const kube::AccountReference& account) {
  return {ErrorCode::kNotFound, "service account " + account.namespace_name + "/" + account.name +
                                    " uses EKS Pod Identity: its pods get credentials from the agent on their node, "
                                    "not from STS; pass --role-arn to check a role anyway"};
}

Result<std::string> Get(kube::ApiServer& server, std::string_view path, base::SteadyTime deadline) {
  kube::ApiRequest request;
  request.path = path;
  request.accept = "application/jwk-set+json, application/json";
  request.deadline = deadline;
  Result<std::string> body = kube::BodyOf(server.Send(request), "get " + request.path);
  if (body.FailedWith(ErrorCode::kDenied)) {
    return Error{
        ErrorCode::kDenied,
        body.error().message +
            "; bind the ClusterRole system:service-account-issuer-discovery to your user, or pass --issuer or --jwks"};
  }
  return body;
}

}  // namespace

Result<LiveAccount> ReadLiveAccount(kube::ApiServer& server, const kube::AccountReference& account,
                                    const std::string& role_arn, const identity::Settings& settings,
                                    base::SteadyTime deadline) {
  auto object =
      GetAnnotated(server, kube::ObjectPath("api/v1", account.namespace_name, "serviceaccounts", account.name),
                   "get service account " + account.namespace_name + "/" + account.name, deadline);
  if (!object.ok()) return std::move(object).error();
  const std::string key = settings.annotation_prefix + "/" + std::string(identity::kRoleArnAnnotation);
  if (!role_arn.empty()) {
    base::Json& annotations = (*object)["metadata"]["annotations"];
    if (!annotations.is_object()) annotations = base::Json::object();
    annotations[key] = role_arn;
    annotations.erase(settings.annotation_prefix + "/" + std::string(identity::kPodIdentityAnnotation));
  }
  const identity::AccountName name{account.namespace_name, account.name};
  identity::AccountIdentity resolved =
      identity::ResolveIdentity(name, identity::AnnotationsIn(*object, settings.annotation_prefix), settings);
  LiveAccount live;
  for (const identity::Warning& warning : resolved.warnings) live.notices.push_back(warning.text);
  if (!resolved.identity) {
    std::string role = DefaultRoleOf(server, account.namespace_name, settings, deadline, live.notices);
    if (!role.empty()) resolved.identity = identity::RoleIdentityOf(name, std::move(role), resolved.terms, settings);
  }
  if (!resolved.identity) return NoRole(account, key, live.notices);
  if (!settings.composition.is_on && role_arn.empty() &&
      resolved.identity->role_arn.find("arn:") == std::string::npos &&
      resolved.identity->method == identity::Method::kWebIdentity) {
    live.notices.emplace_back(
        "if irsa serve runs with --compose-role-arn, pass it here too, with --aws-partition and --aws-account-id");
  }
  if (resolved.identity->method == identity::Method::kPodIdentity) return UsesPodIdentity(account);
  auto token =
      kube::RequestToken(server, account, resolved.identity->audience, resolved.identity->token_expiration, deadline);
  if (!token.ok()) return std::move(token).error();
  live.token = *std::move(token);
  live.role_arn = resolved.identity->role_arn;
  return live;
}

Result<ClusterIssuer> ReadClusterIssuer(kube::ApiServer& server, base::SteadyTime deadline) {
  const Result<std::string> document = Get(server, oidc::kDiscoveryPath, deadline);
  if (!document.ok()) return document.error();
  const std::string place = "the apiserver's " + std::string(oidc::kDiscoveryPath);
  const auto json = base::ReadJson(*document, {.max_bytes = 1 << 16, .max_depth = 16});
  if (!json.ok()) return base::WithContext(json.error(), place);
  Result<std::string> issuer = base::StringMember(*json, "issuer");
  if (!issuer.ok()) return base::WithContext(std::move(issuer).error(), place);
  const Result<std::string> text = Get(server, oidc::kJwksPath, deadline);
  if (!text.ok()) return text.error();
  Result<oidc::JwkSet> keys = oidc::ParseJwks(*text);
  if (!keys.ok()) return base::WithContext(std::move(keys).error(), "the apiserver's " + std::string(oidc::kJwksPath));
  return ClusterIssuer{*std::move(issuer), std::make_shared<const oidc::JwkSet>(*std::move(keys))};
}

}  // namespace irsa::cli
