// OpenID Connect discovery: how an issuer's URL leads to its keys (OpenID Connect Discovery 1.0, sections 3 and 4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

// An issuer as IAM takes it for an OIDC provider. Tokens are compared with `text`, byte by byte: nothing is normalized.
struct IssuerUrl {
  std::string text;       // as given, a slash at the end included
  std::string authority;  // host and, if any, port
  std::string path;       // "" or "/id/abc": without a slash at the end

  bool operator==(const IssuerUrl&) const = default;
};

// kInvalid, quoting the URL, unless it is https://, a host name or address, perhaps a port and a path of RFC 3986's
// characters, without user information (the URL is then not quoted), query, fragment or segments "", "." and "..".
Result<IssuerUrl> ParseIssuerUrl(std::string_view text);

// What is allowed but likely to be a slip: a slash at the end. What IAM refuses is iam::CheckIssuer's to say.
std::vector<std::string> IssuerWarnings(const IssuerUrl& issuer);

inline constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";
inline constexpr std::string_view kJwksPath = "/openid/v1/jwks";  // kube-apiserver's

// The issuer's URL, but for a slash at the end, followed by `path`, which begins with one.
std::string UrlBelow(const IssuerUrl& issuer, std::string_view path);

struct DiscoveryDocument {
  std::string issuer;
  std::string jwks_uri;
  std::vector<std::string> signing_algorithms;  // id_token_signing_alg_values_supported

  bool operator==(const DiscoveryDocument&) const = default;
};

// kMalformed or kTooLarge for what is not bounded JSON; kInvalid when `issuer` is not exactly the expected one, and so
// perhaps somebody else's, when `jwks_uri` is not an https URL, or a member has the wrong type. Other members are
// ignored, and those that only other uses of discovery need may be missing.
Result<DiscoveryDocument> ParseDiscovery(std::string_view text, std::string_view expected_issuer);

// What EKS and kube-apiserver publish and IAM asks for; indented, with a line end.
std::string WriteDiscovery(const DiscoveryDocument& document);

}  // namespace irsa::oidc
