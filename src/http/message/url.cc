#include "irsa/http/message/url.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "irsa/base/ascii.h"

namespace irsa::http {
namespace {

using base::IsAlphanumeric;
using base::LowerCase;

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
  return !host.empty() && host.size() <= kMaxHostLength && std::all_of(host.begin(), host.end(), [](char c) {
    return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_';
  });
}

bool IsTarget(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

// -1 for what is none.
int HexDigit(char c) {
  if (base::IsDigit(c)) return c - '0';
  const char lower = base::ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// Fills in host and port; what is wrong, or nothing.
std::optional<std::string_view> ParseAuthority(std::string_view text, Url& url) {
  const bool is_bracketed = text.starts_with('[');
  const size_t host_end = is_bracketed ? text.find(']') : text.find(':');
  if (is_bracketed && host_end == std::string_view::npos) return "its address has no closing bracket";
  const std::string_view host = is_bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end);
  if (is_bracketed ? !IsAddressOf(AF_INET6, host) : !IsName(host)) return "its host is neither a name nor an address";
  url.host = LowerCase(host);
  url.port = DefaultPort(url);
  const size_t rest_start = is_bracketed ? host_end + 1 : std::min(host_end, text.size());
  const std::string_view rest = text.substr(rest_start);
  if (rest.empty()) return std::nullopt;
  const auto port = rest.starts_with(':') ? ParsePort(rest.substr(1)) : std::nullopt;
  if (!port) return "its port is not a number from 1 to 65535";
  url.port = *port;
  return std::nullopt;
}

}  // namespace

base::Result<Url> ParseUrl(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return base::Error{base::ErrorCode::kInvalid,
                       "\"" + std::string(text.substr(0, 200)) + "\" is not a usable URL: " + std::string(why)};
  };
  if (text.size() > kMaxLength) return refuse("it is too long");
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return refuse("it does not begin with http:// or https://");
  Url url;
  url.scheme = LowerCase(text.substr(0, scheme_end));
  if (url.scheme != "http" && url.scheme != "https") return refuse("it does not begin with http:// or https://");
  const std::string_view rest = text.substr(scheme_end + 3);
  const size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  if (rest.substr(0, authority_end).find('@') != std::string_view::npos) {
    return base::Error{base::ErrorCode::kInvalid, "a URL with a user or password in it is not used"};
  }
  if (const auto why = ParseAuthority(rest.substr(0, authority_end), url)) return refuse(*why);
  url.target = rest.substr(authority_end);
  if (!IsTarget(url.target)) return refuse("its path or query has a character that must be encoded, or a fragment");
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
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

}  // namespace irsa::http
