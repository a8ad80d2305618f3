#include "irsa/oidc/discovery.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/base/url.h"

namespace irsa::oidc {
namespace {

using base::Json;
using base::Quoted;

constexpr size_t kMaxDocumentBytes = 64 << 10;
constexpr size_t kMaxUrlBytes = 2048;

Error InvalidDocument(std::string reason) { return {ErrorCode::kInvalid, "discovery document: " + std::move(reason)}; }

bool IsHttpsUrl(std::string_view text) {
  return text.size() <= kMaxUrlBytes && text.starts_with("https://") && base::ParseUrl(text).ok();
}

Result<std::vector<std::string>> ReadAlgorithms(const Json& json) {
  constexpr const char* kKey = "id_token_signing_alg_values_supported";
  std::vector<std::string> algorithms;
  const Json* list = base::FindMember(json, kKey);
  if (list == nullptr) return algorithms;
  if (!list->is_array()) return InvalidDocument(std::string(kKey) + " is not a list");
  for (const Json& algorithm : *list) {
    if (!algorithm.is_string()) return InvalidDocument(std::string(kKey) + " lists something other than a string");
    algorithms.push_back(algorithm.get<std::string>());
  }
  return algorithms;
}

}  // namespace

Result<DiscoveryDocument> ParseDiscovery(std::string_view text, std::string_view expected_issuer) {
  const auto json = base::ReadJson(text, {.max_bytes = kMaxDocumentBytes, .max_depth = 16});
  if (!json.ok()) return base::WithContext(json.error(), "discovery document");
  if (!json->is_object()) return InvalidDocument("not an object");
  auto issuer = base::StringMember(*json, "issuer");
  if (!issuer.ok()) return InvalidDocument(issuer.error().message);
  if (*issuer != expected_issuer) {
    return InvalidDocument("its issuer is " + Quoted(*issuer) + ", not " + Quoted(expected_issuer));
  }
  auto jwks_uri = base::StringMember(*json, "jwks_uri");
  if (!jwks_uri.ok()) return InvalidDocument(jwks_uri.error().message);
  if (!IsHttpsUrl(*jwks_uri)) return InvalidDocument("its jwks_uri " + Quoted(*jwks_uri) + " is not an https URL");
  auto algorithms = ReadAlgorithms(*json);
  if (!algorithms.ok()) return std::move(algorithms).error();
  return DiscoveryDocument{*std::move(issuer), *std::move(jwks_uri), *std::move(algorithms)};
}

std::string WriteDiscovery(const DiscoveryDocument& document) {
  nlohmann::ordered_json json;
  json["issuer"] = document.issuer;
  json["jwks_uri"] = document.jwks_uri;
  // There is no such endpoint, but some clients of OpenID Connect insist on a value; this is the one that EKS gives.
  json["authorization_endpoint"] = "urn:kubernetes:programmatic_authorization";
  json["response_types_supported"] = {"id_token"};
  json["subject_types_supported"] = {"public"};
  json["id_token_signing_alg_values_supported"] = document.signing_algorithms;
  json["claims_supported"] = {"aud", "exp", "iat", "iss", "sub"};
  return json.dump(2) + "\n";
}

}  // namespace irsa::oidc
