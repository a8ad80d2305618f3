#include "irsa/http/client/proxy.h"

#include <algorithm>
#include <array>
#include <charconv>
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
  const size_t colon = std::min(user_info.find(':'), user_info.size());
  const auto user = base::DecodeComponent(user_info.substr(0, colon));
  const auto password = base::DecodeComponent(user_info.substr(std::min(colon + 1, user_info.size())));
  if (!user || !password) return std::nullopt;
  return "Basic " + base::EncodeBase64(*user + ":" + *password);
}

struct Address {
  std::array<uint8_t, 16> bytes{};
  size_t size = 0;  // 4 or 16

  bool operator==(const Address&) const = default;
};

// An IPv4 address within IPv6 (::ffff:10.0.0.1) is the IPv4 address.
std::optional<Address> ParseAddress(std::string_view text) {
  constexpr std::array<uint8_t, 12> kIpv4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const std::string terminated(text);
  Address address;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
    return address;
  }
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) return std::nullopt;
  address.size = 16;
  if (!std::equal(kIpv4Prefix.begin(), kIpv4Prefix.end(), address.bytes.begin())) return address;
  Address ipv4;
  ipv4.size = 4;
  std::copy(address.bytes.begin() + 12, address.bytes.end(), ipv4.bytes.begin());
  return ipv4;
}

bool IsLoopback(const Address& address) {
  if (address.size == 4) return address.bytes[0] == 127;
  return address == *ParseAddress("::1");
}

struct Block {
  Address address;
  size_t prefix_bits = 0;

  bool Contains(const Address& other) const {
    if (other.size != address.size) return false;
    const size_t whole = prefix_bits / 8;
    if (!std::equal(address.bytes.begin(), address.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    other.bytes.begin())) {
      return false;
    }
    const size_t rest = prefix_bits % 8;
    return rest == 0 || ((address.bytes[whole] ^ other.bytes[whole]) >> (8 - rest)) == 0;
  }
};

std::optional<Block> ParseBlock(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = ParseAddress(text.substr(0, slash));
  const std::string_view bits = text.substr(slash + 1);
  size_t prefix_bits = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix_bits);
  if (!address || error != std::errc() || end != bits.data() + bits.size() || prefix_bits > address->size * 8) {
    return std::nullopt;
  }
  return Block{*address, prefix_bits};
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
bool Matches(std::string_view entry, std::string_view host, const std::optional<Address>& address,
             std::string_view port) {
  if (entry.empty()) return false;
  if (entry == "*") return true;
  if (const auto block = ParseBlock(entry)) return address && block->Contains(*address);
  const HostPort pattern = Split(entry);
  if (pattern.host.empty() || (!pattern.port.empty() && pattern.port != port)) return false;
  if (const auto wanted = ParseAddress(pattern.host)) return address == wanted;
  return !address && NameMatches(host, pattern.host);
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const size_t start = text.find_first_not_of(kBlank);
  return start == std::string_view::npos ? "" : text.substr(start, text.find_last_not_of(kBlank) - start + 1);
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
  for (size_t start = 0; start <= list.size();) {
    const size_t end = std::min(list.find(',', start), list.size());
    const std::string_view entry = Trimmed(std::string_view(list).substr(start, end - start));
    if (Matches(entry, url.host, address, port)) return true;
    start = end + 1;
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
