#include <array>
#include <utility>

#include "irsa/oidc/public_key.h"

namespace irsa::oidc {
namespace {

constexpr std::array<std::pair<Algorithm, std::string_view>, 6> kNames = {{{Algorithm::kRs256, "RS256"},
                                                                           {Algorithm::kRs384, "RS384"},
                                                                           {Algorithm::kRs512, "RS512"},
                                                                           {Algorithm::kEs256, "ES256"},
                                                                           {Algorithm::kEs384, "ES384"},
                                                                           {Algorithm::kEs512, "ES512"}}};

}  // namespace

std::string_view AlgorithmName(Algorithm algorithm) {
  for (const auto& [value, name] : kNames) {
    if (value == algorithm) return name;
  }
  return "unknown";
}

std::optional<Algorithm> ParseAlgorithm(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace irsa::oidc
