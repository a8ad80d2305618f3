#include "irsa/base/url.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "irsa/base/text.h"

namespace irsa::base {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;
constexpr size_t kMaxLength = 8192;
constexpr size_t kMaxHostLength = 253;

uint16_t DefaultPort(const Url& url) { return url.scheme == "https" ? kHttpsPort : kHttpPort; }

bool IsAddressOf(int family, std::string_view host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(family, std::string(host).c_str(), address.data()) == 1;
}

bool IsName(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHostLength &&
         std::ranges::all_of(host, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

bool IsTarget(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

// -1 for what is none.
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Fills in host and port; what is wrong, or nothing.
std::optional<std::string_view> TakeAuthority(const UrlParts& parts, Url& url) {
  std::string_view host = parts.host;
  const bool is_bracketed = host.starts_with('[');
  if (is_bracketed) {
    if (!host.ends_with(']')) return "its address has no closing bracket";
    host = host.substr(1, host.size() - 2);
  }
  if (is_bracketed ? !IsAddressOf(AF_INET6, host) : !IsName(host)) return "its host is neither a name nor an address";
  url.host = LowerCase(host);
  url.port = DefaultPort(url);
  if (parts.port.empty()) return std::nullopt;
  const auto port = parts.port.starts_with(':') ? ParseNumber(parts.port.substr(1)) : std::nullopt;
  if (!port || *port < 1 || *port > UINT16_MAX) return "its port is not a number from 1 to 65535";
  url.port = static_cast<uint16_t>(*port);
  return std::nullopt;
}

// The text up to any of these characters, which is taken off it.
std::string_view TakeUpTo(std::string_view& text, std::string_view ends) {
  const std::string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return taken;
}

}  // namespace

std::string_view WithoutScheme(std::string_view url) {
  constexpr std::string_view kSeparator = "://";
  const size_t end = url.find_first_of(":/?#");
  return end != std::string_view::npos && url.substr(end).starts_with(kSeparator) ? url.substr(end + kSeparator.size())
                                                                                  : url;
}

UrlParts SplitUrl(std::string_view text) {
  std::string_view rest = WithoutScheme(text);
  UrlParts parts;
  parts.scheme = rest.size() < text.size() ? text.substr(0, text.find(':')) : text.substr(0, 0);
  parts.authority = TakeUpTo(rest, "/?#");
  parts.path = TakeUpTo(rest, "?#");
  parts.query = TakeUpTo(rest, "#");
  parts.fragment = rest;
  const size_t user_end = parts.authority.rfind('@');
  parts.user = parts.authority.substr(0, user_end + 1);  // npos + 1 is 0
  parts.host = parts.authority.substr(parts.user.size());
  const size_t bracket = parts.host.starts_with('[') ? parts.host.find(']') : std::string_view::npos;
  const size_t host_end = bracket == std::string_view::npos ? parts.host.find(':') : bracket + 1;
  parts.port = parts.host.substr(std::min(host_end, parts.host.size()));
  parts.host.remove_suffix(parts.port.size());
  return parts;
}

Result<Url> ParseUrl(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return Error{ErrorCode::kInvalid, Quoted(text) + " is not a usable URL: " + std::string(why)};
  };
  if (text.size() > kMaxLength) return refuse("it is too long");
  const UrlParts parts = SplitUrl(text);
  if (!parts.user.empty()) return Error{ErrorCode::kInvalid, "a URL with a user name or password is not accepted"};
  Url url;
  url.scheme = LowerCase(parts.scheme);
  if (url.scheme != "http" && url.scheme != "https") return refuse("it does not begin with http:// or https://");
  if (const auto why = TakeAuthority(parts, url)) return refuse(*why);
  url.target.append(parts.path.empty() ? "/" : parts.path).append(parts.query);
  if (!IsTarget(url.target) || !parts.fragment.empty()) {
    return refuse("its path or query has a character that must be encoded, or a fragment");
  }
  return url;
}

std::string Authority(const Url& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  std::string authority = is_ipv6 ? "[" + url.host + "]" : url.host;
  if (url.port != DefaultPort(url)) authority += ":" + std::to_string(url.port);
  return authority;
}

std::string Origin(const Url& url) { return url.scheme + "://" + Authority(url); }

bool IsAddress(std::string_view host) { return IsAddressOf(AF_INET, host) || IsAddressOf(AF_INET6, host); }

Url Join(const Url& url, std::string_view suffix) {
  Url joined = url;
  joined.target.resize(std::min(joined.target.find('?'), joined.target.size()));
  while (joined.target.ends_with('/')) joined.target.pop_back();
  joined.target += suffix;
  return joined;
}

std::string EncodeComponent(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (IsAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 0xf];
    }
  }
  return encoded;
}

std::optional<std::string> DecodeComponent(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace irsa::base
