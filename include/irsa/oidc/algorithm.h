// The signature algorithms irsa verifies, which are those STS does (RFC 7518 section 3.1).
#pragma once

#include <optional>
#include <string_view>

namespace irsa::oidc {

enum class Algorithm { kRs256, kRs384, kRs512, kEs256, kEs384, kEs512 };

// "RS256", …
std::string_view AlgorithmName(Algorithm algorithm);

// Exact, as JOSE names are case-sensitive. Null for any other: none, HS*, PS*, EdDSA.
std::optional<Algorithm> ParseAlgorithm(std::string_view name);

}  // namespace irsa::oidc
