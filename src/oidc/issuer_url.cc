#include <algorithm>

#include "irsa/oidc/discovery.h"

#include "quoted.h"

namespace irsa::oidc {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kScheme = "https://";

Error Invalid(std::string_view text, std::string_view reason) {
  return {ErrorCode::kInvalid, "issuer " + Quoted(text) + ": " + std::string(reason)};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool ConsistsOf(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(),
                     [others](char c) { return IsAlphanumeric(c) || others.find(c) != std::string_view::npos; });
}

bool IsHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    return host.size() > 2 && ConsistsOf(host.substr(1, host.size() - 2), ":.");
  }
  return !host.empty() && ConsistsOf(host, "-.");
}

bool IsPort(std::string_view port) {
  return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), IsDigit);
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

// Segments that a file system or another client would read as something else. `path` is "" or begins with a slash.
bool HasOddSegment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

}  // namespace

base::Result<IssuerUrl> ParseIssuerUrl(std::string_view text) {
  if (!text.starts_with(kScheme)) return Invalid(text, "does not begin with https://");
  const std::string_view rest = text.substr(kScheme.size());
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return Error{ErrorCode::kInvalid, "issuer: has user information"};
  if (rest.find('?') != std::string_view::npos) return Invalid(text, "has a query");
  if (rest.find('#') != std::string_view::npos) return Invalid(text, "has a fragment");
  if (!IsAuthority(authority)) return Invalid(text, "has no valid host and port");
  std::string_view path = rest.substr(end);
  if (!ConsistsOf(path, "/-._~!$&'()*+,;=:@%")) return Invalid(text, "has characters in its path that no URL may have");
  if (path.ends_with('/')) path.remove_suffix(1);
  if (HasOddSegment(path)) return Invalid(text, "has an empty segment, . or .. in its path");
  return IssuerUrl{std::string(text), std::string(authority), std::string(path)};
}

std::vector<std::string> IssuerWarnings(const IssuerUrl& issuer) {
  constexpr size_t kMaxIamUrl = 255;
  std::vector<std::string> warnings;
  if (PortColon(issuer.authority) != std::string::npos) {
    warnings.push_back("issuer " + Quoted(issuer.text) + " has a port, which IAM does not take in a provider's URL");
  }
  if (issuer.text.ends_with('/')) {
    warnings.push_back("issuer " + Quoted(issuer.text) +
                       " ends in a slash: kube-apiserver's flag and every token must have it too");
  }
  if (issuer.text.size() > kMaxIamUrl) {
    warnings.push_back("issuer " + Quoted(issuer.text) + " has " + std::to_string(issuer.text.size()) +
                       " characters, more than the " + std::to_string(kMaxIamUrl) + " that IAM takes");
  }
  return warnings;
}

std::string UrlBelow(const IssuerUrl& issuer, std::string_view path) {
  return std::string(kScheme) + issuer.authority + issuer.path + std::string(path);
}

}  // namespace irsa::oidc
