#include "irsa/http/client/proxy.h"

#include <algorithm>
#include <utility>

#include "irsa/base/base64.h"
#include "irsa/base/text.h"

#include "no_proxy.h"

namespace irsa::http {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

Error Invalid(std::string why) { return {ErrorCode::kInvalid, std::move(why)}; }

// RFC 7617; the password may be missing.
std::optional<std::string> BasicAuthorization(std::string_view user_info) {
  const size_t colon = std::min(user_info.find(':'), user_info.size());
  const auto user = base::DecodeComponent(user_info.substr(0, colon));
  const auto password = base::DecodeComponent(user_info.substr(std::min(colon + 1, user_info.size())));
  if (!user || !password) return std::nullopt;
  return "Basic " + base::EncodeBase64(*user + ":" + *password);
}

}  // namespace

Result<Proxy> ParseProxyUrl(std::string_view text) {
  const base::UrlParts parts = base::SplitUrl(text);
  const std::string scheme = base::LowerCase(parts.scheme);
  if (scheme == "socks5" || scheme == "socks5h") {
    return Invalid("socks5 proxies are not supported: use an http or https proxy");
  }
  if (scheme != "http" && scheme != "https") return Invalid("its URL does not begin with http:// or https://");
  Proxy proxy;
  proxy.text = text;
  auto url = base::ParseUrl((scheme + "://").append(parts.host).append(parts.port));
  // ParseUrl quotes what it was given, which with a slash in a password is a part of that.
  if (!url.ok()) {
    return Invalid("its URL is not usable: it must be SCHEME://[USER:PASSWORD@]HOST[:PORT], percent-encoded");
  }
  proxy.url = *std::move(url);
  if (!parts.user.empty()) {
    auto authorization = BasicAuthorization(parts.user.substr(0, parts.user.size() - 1));
    if (!authorization) return Invalid("the user name or password in its URL is not percent-encoded");
    proxy.authorization = *std::move(authorization);
  }
  return proxy;
}

ProxyChoice::ProxyChoice(Proxy proxy) : fixed_(std::move(proxy)) {}

ProxyChoice::Variable ProxyChoice::FirstSet(const base::Environment& environment, const char* upper,
                                            const char* lower) {
  for (const char* name : {upper, lower}) {
    const char* value = environment(name);
    if (value != nullptr && *value != '\0') return {name, value};
  }
  return {};
}

ProxyChoice ProxyChoice::FromEnvironment(const base::Environment& environment) {
  ProxyChoice choice;
  choice.https_ = FirstSet(environment, "HTTPS_PROXY", "https_proxy");
  choice.http_ = FirstSet(environment, "HTTP_PROXY", "http_proxy");
  choice.no_proxy_ = FirstSet(environment, "NO_PROXY", "no_proxy").value;
  return choice;
}

Result<std::optional<Proxy>> ProxyChoice::For(const base::Url& url) const {
  if (fixed_) return fixed_;
  const Variable& variable = url.scheme == "https" ? https_ : http_;
  if (variable.value.empty() || BypassesProxy(url, no_proxy_)) return std::optional<Proxy>();
  const bool has_scheme = !base::SplitUrl(variable.value).scheme.empty();
  auto proxy = ParseProxyUrl(has_scheme ? variable.value : "http://" + variable.value);
  if (!proxy.ok()) return base::WithContext(std::move(proxy).error(), "the proxy of " + variable.name);
  return std::optional<Proxy>(*std::move(proxy));
}

}  // namespace irsa::http
