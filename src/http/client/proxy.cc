#include "irsa/http/client/proxy.h"

#include <algorithm>
#include <utility>

#include "irsa/base/ascii.h"
#include "irsa/base/base64.h"

#include "no_proxy.h"

namespace irsa::http {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::string_view kSchemeEnd = "://";

Error Invalid(std::string why) { return {ErrorCode::kInvalid, std::move(why)}; }

// RFC 7617; the password may be missing.
std::optional<std::string> BasicAuthorization(std::string_view user_info) {
  const size_t colon = std::min(user_info.find(':'), user_info.size());
  const auto user = DecodeComponent(user_info.substr(0, colon));
  const auto password = DecodeComponent(user_info.substr(std::min(colon + 1, user_info.size())));
  if (!user || !password) return std::nullopt;
  return "Basic " + base::EncodeBase64(*user + ":" + *password);
}

}  // namespace

Result<Proxy> ParseProxyUrl(std::string_view text) {
  const size_t scheme_end = text.find(kSchemeEnd);
  const std::string scheme = scheme_end == std::string_view::npos ? "" : base::LowerCase(text.substr(0, scheme_end));
  if (scheme == "socks5" || scheme == "socks5h") {
    return Invalid("socks5 proxies are not supported: use an http or https proxy");
  }
  if (scheme != "http" && scheme != "https") return Invalid("its URL does not begin with http:// or https://");
  const std::string_view rest = text.substr(scheme_end + kSchemeEnd.size());
  const size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const size_t at = rest.substr(0, authority_end).rfind('@');
  const size_t host_start = at == std::string_view::npos ? 0 : at + 1;
  Proxy proxy;
  proxy.text = text;
  auto url = ParseUrl(scheme + "://" + std::string(rest.substr(host_start, authority_end - host_start)));
  // ParseUrl quotes what it was given, which with a slash in a password is a part of that.
  if (!url.ok()) {
    return Invalid("its URL is not usable: it must be SCHEME://[USER:PASSWORD@]HOST[:PORT], percent-encoded");
  }
  proxy.url = *std::move(url);
  if (at != std::string_view::npos) {
    auto authorization = BasicAuthorization(rest.substr(0, at));
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

Result<std::optional<Proxy>> ProxyChoice::For(const Url& url) const {
  if (fixed_) return fixed_;
  const Variable& variable = url.scheme == "https" ? https_ : http_;
  if (variable.value.empty() || BypassesProxy(url, no_proxy_)) return std::optional<Proxy>();
  const bool has_scheme = variable.value.find(kSchemeEnd) != std::string::npos;
  auto proxy = ParseProxyUrl(has_scheme ? variable.value : "http://" + variable.value);
  if (!proxy.ok()) return base::WithContext(std::move(proxy).error(), "the proxy of " + variable.name);
  return std::optional<Proxy>(*std::move(proxy));
}

}  // namespace irsa::http
