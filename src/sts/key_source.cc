#include "irsa/sts/key_source.h"

#include <utility>

#include "irsa/base/url.h"
#include "irsa/oidc/discovery.h"

namespace irsa::sts {
namespace {

constexpr size_t kMaxDocumentBytes = 1 << 20;

Result<std::string> Get(http::Client& client, const std::string& url, base::SteadyTime deadline) {
  const Result<base::Url> parsed = base::ParseUrl(url);
  if (!parsed.ok()) return parsed.error();
  http::ClientRequest request;
  request.url = *parsed;
  // kube-apiserver answers 406 to whoever asks for its key set as plain JSON.
  request.headers = {{"Accept", "application/jwk-set+json, application/json"}};
  request.deadline = deadline;
  request.max_body_bytes = kMaxDocumentBytes;
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

Result<oidc::JwkSet> FileKeySource::Fetch() {
  const Result<std::string> text = files_.Read(path_, oidc::JwksLimits().max_bytes);
  if (!text.ok()) return text.error();
  return ParseKeys(*text, path_);
}

Result<oidc::JwkSet> UrlKeySource::Fetch() { return GetKeys(client_, url_, clock_.SteadyNow() + kFetchTimeout); }

Result<oidc::JwkSet> DiscoveryKeySource::Fetch() {
  const base::SteadyTime deadline = clock_.SteadyNow() + kFetchTimeout;
  const Result<oidc::IssuerUrl> issuer = oidc::ParseIssuerUrl(issuer_);
  if (!issuer.ok()) return issuer.error();
  const std::string url = oidc::UrlBelow(*issuer, oidc::kDiscoveryPath);
  const Result<std::string> body = Get(client_, url, deadline);
  if (!body.ok()) return body.error();
  const Result<oidc::DiscoveryDocument> document = oidc::ParseDiscovery(*body, issuer_);
  if (!document.ok()) return base::WithContext(document.error(), url);
  return GetKeys(client_, document->jwks_uri, deadline);
}

}  // namespace irsa::sts
