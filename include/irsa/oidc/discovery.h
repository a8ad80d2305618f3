// OpenID Connect discovery: how an issuer's URL leads to its keys (OpenID Connect Discovery 1.0, sections 3 and 4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

// An issuer's URL is kept as it was given, since tokens are compared with it byte by byte: nothing is normalized.

// kInvalid, quoting the URL, unless it is https://, a host name or address, perhaps a port and a path of RFC 3986's
// characters, without user information (the URL is then not quoted), query, fragment or segments "", "." and "..".
Status CheckIssuerUrl(std::string_view issuer);

// What is allowed but likely to be a slip: a slash at the end. What IAM refuses is iam::CheckIssuer's to say.
std::vector<std::string> IssuerWarnings(std::string_view issuer);

inline constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";
inline constexpr std::string_view kJwksPath = "/openid/v1/jwks";  // kube-apiserver's

// The issuer's URL, which CheckIssuerUrl takes, but for a slash at its end, followed by `path`, which begins with one.
std::string UrlBelow(std::string_view issuer, std::string_view path);

// The jwks_uri of a discovery document. kMalformed or kTooLarge for what is not bounded JSON; kInvalid when `issuer` is
// not exactly the expected one, and so perhaps somebody else's, when `jwks_uri` is not an https URL, or when one of
// these or id_token_signing_alg_values_supported has the wrong type. Other members are ignored, and those that only
// other uses of discovery need may be missing.
Result<std::string> ReadJwksUri(std::string_view text, std::string_view expected_issuer);

struct DiscoveryDocument {
  std::string issuer;
  std::string jwks_uri;
  std::vector<std::string> signing_algorithms;  // id_token_signing_alg_values_supported
};

// What EKS and kube-apiserver publish and IAM asks for; indented, with a line end.
std::string WriteDiscovery(const DiscoveryDocument& document);

}  // namespace irsa::oidc
