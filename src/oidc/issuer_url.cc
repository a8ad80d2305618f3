#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include <arpa/inet.h>

#include "irsa/base/ascii.h"
#include "irsa/base/dns_name.h"
#include "irsa/base/text.h"
#include "irsa/oidc/discovery.h"

namespace irsa::oidc {
namespace {

using base::Error;
using base::ErrorCode;
using base::IsAlphanumeric;
using base::IsDigit;
using base::Quoted;
using base::ToLower;

constexpr std::string_view kScheme = "https://";

Error Invalid(std::string_view text, std::string_view reason) {
  return {ErrorCode::kInvalid, "issuer " + Quoted(text) + ": " + std::string(reason)};
}

bool IsHexDigit(char c) { return IsDigit(c) || (ToLower(c) >= 'a' && ToLower(c) <= 'f'); }

bool ConsistsOf(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(),
                     [others](char c) { return IsAlphanumeric(c) || others.find(c) != std::string_view::npos; });
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return ::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), address.data()) == 1;
  }
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(), ToLower);
  return base::IsDnsSubdomain(name);  // an IPv4 address is one too
}

bool IsPort(std::string_view port) {
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number != 0;
}

// Where the port's colon is, or npos: not one inside an IPv6 address.
size_t PortColon(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  return colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)
             ? colon
             : std::string_view::npos;
}

bool IsAuthority(std::string_view authority) {
  const size_t colon = PortColon(authority);
  if (colon != std::string_view::npos && !IsPort(authority.substr(colon + 1))) return false;
  return IsHost(authority.substr(0, colon));
}

bool HasWholeEscapes(std::string_view path) {
  for (size_t i = path.find('%'); i != std::string_view::npos; i = path.find('%', i + 1)) {
    if (path.size() - i < 3 || !IsHexDigit(path[i + 1]) || !IsHexDigit(path[i + 2])) return false;
  }
  return true;
}

// "", "." or "..", whose dots may be written as %2e too.
bool IsOddSegment(std::string_view segment) {
  size_t dots = 0;
  for (; !segment.empty(); ++dots) {
    const bool is_escaped = segment.starts_with("%2e") || segment.starts_with("%2E");
    if (!is_escaped && segment.front() != '.') return false;
    segment.remove_prefix(is_escaped ? 3 : 1);
  }
  return dots <= 2;
}

// Segments that a file system or another client would read as something else. `path` is "" or begins with a slash.
bool HasOddSegment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (IsOddSegment(segment)) return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

// Whatever the scheme, or without one: a URL that is refused for that must not be quoted with a password either.
bool HasUserInformation(std::string_view text) {
  if (const size_t scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  return text.substr(0, text.find_first_of("/?#")).find('@') != std::string_view::npos;
}

}  // namespace

base::Result<IssuerUrl> ParseIssuerUrl(std::string_view text) {
  if (HasUserInformation(text)) return Error{ErrorCode::kInvalid, "issuer: has user information"};
  if (!text.starts_with(kScheme)) return Invalid(text, "does not begin with https://");
  const std::string_view rest = text.substr(kScheme.size());
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (rest.find('?') != std::string_view::npos) return Invalid(text, "has a query");
  if (rest.find('#') != std::string_view::npos) return Invalid(text, "has a fragment");
  if (!IsAuthority(authority)) return Invalid(text, "has no valid host and port");
  std::string_view path = rest.substr(end);
  if (!ConsistsOf(path, "/-._~!$&'()*+,;=:@%")) return Invalid(text, "has characters in its path that no URL may have");
  if (!HasWholeEscapes(path)) return Invalid(text, "has a % in its path without two hexadecimal digits");
  if (path.ends_with('/')) path.remove_suffix(1);
  if (HasOddSegment(path)) return Invalid(text, "has an empty segment, . or .. in its path");
  return IssuerUrl{std::string(text), std::string(authority), std::string(path)};
}

std::vector<std::string> IssuerWarnings(const IssuerUrl& issuer) {
  if (!issuer.text.ends_with('/')) return {};
  return {"issuer " + Quoted(issuer.text) + " ends in a slash: kube-apiserver's flag and every token must have it too"};
}

std::string UrlBelow(const IssuerUrl& issuer, std::string_view path) {
  return std::string(kScheme) + issuer.authority + issuer.path + std::string(path);
}

}  // namespace irsa::oidc
