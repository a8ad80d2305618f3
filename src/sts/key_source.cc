#include "irsa/sts/key_source.h"

#include <utility>

#include "irsa/base/url.h"
#include "irsa/oidc/discovery.h"

namespace irsa::sts {
namespace {

Result<std::string> Get(http::Client& client, const std::string& url, base::SteadyTime deadline) {
  const Result<base::Url> parsed = base::ParseUrl(url);
  if (!parsed.ok()) return parsed.error();
  http::ClientRequest request;
  request.url = *parsed;
  // kube-apiserver answers 406 to whoever asks for its key set as plain JSON.
  request.headers = {{"Accept", "application/jwk-set+json, application/json"}};
  request.deadline = deadline;
  request.max_body_bytes = oidc::kMaxJwksBytes;  // a discovery document is smaller
  Result<http::ClientResponse> response = client.Send(request);
  if (!response.ok()) return base::WithContext(std::move(response).error(), url);
  if (response->status != 200) {
    return Error{ErrorCode::kUnavailable, url + " answers with status " + std::to_string(response->status)};
  }
  return std::move(response->body);
}

Result<oidc::JwkSet> ParseKeys(std::string_view text, const std::string& place) {
  Result<oidc::JwkSet> keys = oidc::ParseJwks(text);
  if (!keys.ok()) return base::WithContext(std::move(keys).error(), place);
  return keys;
}

Result<oidc::JwkSet> GetKeys(http::Client& client, const std::string& url, base::SteadyTime deadline) {
  const Result<std::string> body = Get(client, url, deadline);
  if (!body.ok()) return body.error();
  return ParseKeys(*body, url);
}

}  // namespace

bool IsKeyFile(std::string_view jwks) {
  return !jwks.empty() && !jwks.starts_with("http://") && !jwks.starts_with("https://");
}

Result<oidc::JwkSet> FetchKeys(const KeyAccess& access, const std::string& issuer, const std::string& jwks) {
  if (IsKeyFile(jwks)) {
    const Result<std::string> text = access.files.Read(jwks, oidc::kMaxJwksBytes);
    if (!text.ok()) return text.error();
    return ParseKeys(*text, jwks);
  }
  const base::SteadyTime deadline = access.clock.SteadyNow() + kFetchTimeout;
  if (!jwks.empty()) return GetKeys(access.client, jwks, deadline);
  if (Status checked = oidc::CheckIssuerUrl(issuer); !checked.ok()) return std::move(checked).error();
  const std::string url = oidc::UrlBelow(issuer, oidc::kDiscoveryPath);
  const Result<std::string> body = Get(access.client, url, deadline);
  if (!body.ok()) return body.error();
  const Result<std::string> jwks_uri = oidc::ReadJwksUri(*body, issuer);
  if (!jwks_uri.ok()) return base::WithContext(jwks_uri.error(), url);
  return GetKeys(access.client, *jwks_uri, deadline);
}

}  // namespace irsa::sts
