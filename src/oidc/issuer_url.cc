#include <algorithm>
#include <string>

#include "irsa/base/text.h"
#include "irsa/base/url.h"
#include "irsa/oidc/discovery.h"

namespace irsa::oidc {
namespace {

using base::IsAlphanumeric;
using base::Quoted;

constexpr std::string_view kScheme = "https://";

Error InvalidIssuer(std::string_view text, std::string_view reason) {
  return {ErrorCode::kInvalid, "issuer " + Quoted(text) + ": " + std::string(reason)};
}

bool ConsistsOf(std::string_view text, std::string_view others) {
  return std::ranges::all_of(
      text, [others](char c) { return IsAlphanumeric(c) || others.find(c) != std::string_view::npos; });
}

// Names that the DNS has, unlike some that a client may ask for; an IPv4 address looks like one.
bool IsIssuerHost(const base::Url& url) {
  return url.host.find(':') != std::string::npos || base::IsDnsSubdomain(url.host);
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

}  // namespace

Status CheckIssuerUrl(std::string_view text) {
  const base::UrlParts parts = base::SplitUrl(text);
  // Such a URL is not quoted, for it may hold a password.
  if (!parts.user.empty()) return Error{ErrorCode::kInvalid, "issuer: has user information"};
  if (!text.starts_with(kScheme)) return InvalidIssuer(text, "does not begin with https://");
  if (!parts.query.empty()) return InvalidIssuer(text, "has a query");
  if (!parts.fragment.empty()) return InvalidIssuer(text, "has a fragment");
  const auto host = base::ParseUrl(std::string(kScheme).append(parts.authority));
  if (!host.ok() || !IsIssuerHost(*host)) return InvalidIssuer(text, "has no valid host and port");
  std::string_view path = parts.path;
  if (!ConsistsOf(path, "/-._~!$&'()*+,;=:@%"))
    return InvalidIssuer(text, "has characters in its path that a URL cannot have");
  if (!base::DecodeComponent(path)) return InvalidIssuer(text, "has a % in its path without two hexadecimal digits");
  if (path.ends_with('/')) path.remove_suffix(1);
  if (HasOddSegment(path)) return InvalidIssuer(text, "has an empty segment, . or .. in its path");
  return {};
}

std::vector<std::string> IssuerWarnings(std::string_view issuer) {
  if (!issuer.ends_with('/')) return {};
  return {"issuer " + Quoted(issuer) + " ends in a slash: kube-apiserver's flag and every token must have it too"};
}

std::string UrlBelow(std::string_view issuer, std::string_view path) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer).append(path);
}

}  // namespace irsa::oidc
