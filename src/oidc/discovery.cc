#include "irsa/oidc/discovery.h"

#include <algorithm>
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
constexpr const char* kSigningAlgorithms = "id_token_signing_alg_values_supported";

Error InvalidDocument(std::string reason) { return {ErrorCode::kInvalid, "discovery document: " + std::move(reason)}; }

bool IsHttpsUrl(std::string_view text) {
  return text.size() <= kMaxUrlBytes && text.starts_with("https://") && base::ParseUrl(text).ok();
}

// Nothing here depends on them, but a document that has them otherwise is not to be trusted with the rest.
Status CheckAlgorithms(const Json& document) {
  const Json* list = base::FindMember(document, kSigningAlgorithms);
  if (list == nullptr) return {};
  if (!list->is_array()) return InvalidDocument(std::string(kSigningAlgorithms) + " is not a list");
  if (std::ranges::all_of(*list, [](const Json& algorithm) { return algorithm.is_string(); })) return {};
  return InvalidDocument(std::string(kSigningAlgorithms) + " lists something other than a string");
}

}  // namespace

Result<std::string> ReadJwksUri(std::string_view text, std::string_view expected_issuer) {
  const auto json = base::ReadJson(text, {.max_bytes = kMaxDocumentBytes, .max_depth = 16});
  if (!json.ok()) return base::WithContext(json.error(), "discovery document");
  if (!json->is_object()) return InvalidDocument("not an object");
  const auto issuer = base::StringMember(*json, "issuer");
  if (!issuer.ok()) return InvalidDocument(issuer.error().message);
  if (*issuer != expected_issuer) {
    return InvalidDocument("its issuer is " + Quoted(*issuer) + ", not " + Quoted(expected_issuer));
  }
  auto jwks_uri = base::StringMember(*json, "jwks_uri");
  if (!jwks_uri.ok()) return InvalidDocument(jwks_uri.error().message);
  if (!IsHttpsUrl(*jwks_uri)) return InvalidDocument("its jwks_uri " + Quoted(*jwks_uri) + " is not an https URL");
  if (Status status = CheckAlgorithms(*json); !status.ok()) return std::move(status).error();
  return jwks_uri;
}

std::string WriteDiscovery(const DiscoveryDocument& document) {
  nlohmann::ordered_json json;
  json["issuer"] = document.issuer;
  json["jwks_uri"] = document.jwks_uri;
  // There is no such endpoint, but some clients of OpenID Connect insist on a value; this is the one that EKS gives.
  json["authorization_endpoint"] = "urn:kubernetes:programmatic_authorization";
  json["response_types_supported"] = {"id_token"};
  json["subject_types_supported"] = {"public"};
  json[kSigningAlgorithms] = document.signing_algorithms;
  json["claims_supported"] = {"aud", "exp", "iat", "iss", "sub"};
  return json.dump(2) + "\n";
}

}  // namespace irsa::oidc
