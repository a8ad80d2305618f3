#include "irsa/http/client/proxy.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <arpa/inet.h>

#include "irsa/base/base64.h"
#include "irsa/base/text.h"

namespace irsa::http {
namespace {

Error Invalid(std::string why) { return {ErrorCode::kInvalid, std::move(why)}; }

// RFC 7617; the password may be missing.
std::optional<std::string> BasicAuthorization(std::string_view user_info) {
  const auto user = base::DecodeComponent(base::TakeUntil(':', user_info));
  const auto password = base::DecodeComponent(user_info);
  if (!user || !password) return std::nullopt;
  return "Basic " + base::EncodeBase64(*user + ":" + *password);
}

// The address's 4 or 16 bytes. An IPv4 address within IPv6 (::ffff:10.0.0.1) is the IPv4 address.
std::optional<std::string> ParseAddress(std::string_view text) {
  constexpr std::string_view kIpv4Prefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  const std::string terminated(text);
  std::string address(16, '\0');
  if (::inet_pton(AF_INET, terminated.c_str(), address.data()) == 1) return address.substr(0, 4);
  if (::inet_pton(AF_INET6, terminated.c_str(), address.data()) != 1) return std::nullopt;
  return address.starts_with(kIpv4Prefix) ? address.substr(kIpv4Prefix.size()) : address;
}

bool IsLoopback(std::string_view address) {
  return address.size() == 4 ? address.front() == 127 : address == *ParseAddress("::1");
}

struct Block {
  std::string address;
  size_t prefix_bits = 0;

  bool Contains(std::string_view other) const {
    const size_t whole = prefix_bits / 8;
    const size_t rest = prefix_bits % 8;
    if (other.size() != address.size() || !other.starts_with(address.substr(0, whole))) return false;
    return rest == 0 || static_cast<uint8_t>(address[whole] ^ other[whole]) >> (8 - rest) == 0;
  }
};

std::optional<Block> ParseBlock(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = ParseAddress(text.substr(0, slash));
  const auto prefix_bits = base::ParseNumber(text.substr(slash + 1));
  if (!address || !prefix_bits || *prefix_bits > address->size() * 8) return std::nullopt;
  return Block{*address, *prefix_bits};
}

struct HostPort {
  std::string_view host;
  std::string_view port;  // empty: any
};

// As net.SplitHostPort; what is no host and port is a host.
HostPort Split(std::string_view entry) {
  const size_t colon = entry.rfind(':');
  if (colon == std::string_view::npos) return {entry, {}};
  const std::string_view host = entry.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    return {host.substr(1, host.size() - 2), entry.substr(colon + 1)};
  }
  if (host.find_first_of(":[]") != std::string_view::npos) return {entry, {}};
  return {host, entry.substr(colon + 1)};
}

// ".example.com" matches what is below it, "example.com" itself as well.
bool NameMatches(std::string_view host, std::string_view pattern) {
  if (pattern.starts_with("*.")) pattern.remove_prefix(1);
  if (pattern.starts_with('.')) return host.ends_with(pattern);
  return host == pattern || (host.ends_with(pattern) && host[host.size() - pattern.size() - 1] == '.');
}

// All in lower case. `address` is the host's, if it is one.
bool Matches(std::string_view entry, std::string_view host, const std::optional<std::string>& address,
             std::string_view port) {
  if (entry.empty()) return false;
  if (entry == "*") return true;
  if (const auto block = ParseBlock(entry)) return address && block->Contains(*address);
  const HostPort pattern = Split(entry);
  if (pattern.host.empty() || (!pattern.port.empty() && pattern.port != port)) return false;
  if (const auto wanted = ParseAddress(pattern.host)) return address == wanted;
  return !address && NameMatches(host, pattern.host);
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

bool BypassesProxy(const base::Url& url, std::string_view no_proxy) {
  const auto address = ParseAddress(url.host);
  if (url.host == "localhost" || (address && IsLoopback(*address))) return true;
  const std::string port = std::to_string(url.port);
  const std::string list = base::LowerCase(no_proxy);
  for (std::string_view rest = list; !rest.empty();) {
    if (Matches(base::Trimmed(base::TakeUntil(',', rest)), url.host, address, port)) return true;
  }
  return false;
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
