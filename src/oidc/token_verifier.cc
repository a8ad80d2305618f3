#include "irsa/oidc/token_verifier.h"

#include <algorithm>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"

namespace irsa::oidc {
namespace {

using base::Quoted;

TokenRefusal Missing(const char* claim) { return {TokenFailure::kMissingClaim, std::string(claim) + " is missing"}; }

bool CanVerify(const Jwk& jwk, Algorithm algorithm) {
  return jwk.key.Fits(algorithm) && (!jwk.algorithm || *jwk.algorithm == algorithm);
}

bool HasId(const std::optional<std::string>& id, const JwtHeader& header) {
  return !header.key_id || id == header.key_id;
}

// Why a key that does not fit the header's algorithm does not.
std::string Nature(const Jwk& jwk, Algorithm wanted) {
  if (jwk.algorithm && jwk.key.Fits(wanted)) return "whose alg is " + std::string(AlgorithmName(*jwk.algorithm));
  return "of type " + std::string(KeyTypeName(jwk.key.type()));
}

TokenRefusal KeyNotFound(const JwtHeader& header, const JwkSet& keys) {
  const std::string of =
      header.key_id ? " with kid " + Quoted(*header.key_id) : " for " + std::string(AlgorithmName(header.algorithm));
  for (const Jwk& jwk : keys.keys) {
    if (!header.key_id || jwk.id != header.key_id) continue;
    return {TokenFailure::kKeyNotFound, "the key" + of + ", " + Nature(jwk, header.algorithm) + ", is not for " +
                                            std::string(AlgorithmName(header.algorithm))};
  }
  for (const SkippedJwk& skipped : keys.skipped) {
    if (!header.key_id || skipped.id != header.key_id) continue;
    return {TokenFailure::kKeyNotFound, "the key" + of + " cannot be used: " + skipped.reason};
  }
  return {TokenFailure::kKeyNotFound,
          "no key" + of + " among the " + std::to_string(keys.keys.size()) + " of the key set"};
}

std::string ListText(std::span<const std::string> texts) {
  constexpr size_t kMost = 8;
  std::string list;
  for (const std::string& text : texts.first(std::min(texts.size(), kMost))) {
    list.append(list.empty() ? "" : ", ").append(Quoted(text));
  }
  return texts.size() > kMost ? list + " and " + std::to_string(texts.size() - kMost) + " more" : list;
}

}  // namespace

std::optional<TokenRefusal> VerifySignature(const Jwt& token, const JwkSet& keys) {
  size_t tried = 0;
  for (const Jwk& jwk : keys.keys) {
    if (!HasId(jwk.id, token.header) || !CanVerify(jwk, token.header.algorithm)) continue;
    if (IsSignedBy(token, jwk.key)) return std::nullopt;
    ++tried;
  }
  if (tried == 0) return KeyNotFound(token.header, keys);
  const std::string by = token.header.key_id ? "kid " + Quoted(*token.header.key_id)
                                             : "any of " + std::to_string(tried) + " keys, as the token names none";
  return TokenRefusal{TokenFailure::kBadSignature,
                      "the " + std::string(AlgorithmName(token.header.algorithm)) + " signature is not by " + by};
}

std::optional<TokenRefusal> CheckTimes(const Claims& claims, base::SystemTime now) {
  const auto time = std::chrono::floor<NumericDate::duration>(now);
  if (!claims.expires_at) return Missing("exp");
  if (*claims.expires_at + kExpiryLeeway <= time) {
    return TokenRefusal{TokenFailure::kExpired, "exp " + SecondsText(*claims.expires_at) +
                                                    " is at least five minutes before the time of the check, " +
                                                    base::FormatRfc3339(now)};
  }
  if (claims.not_before && *claims.not_before > time) {
    return TokenRefusal{TokenFailure::kNotYetValid, "nbf " + SecondsText(*claims.not_before) +
                                                        " is after the time of the check, " + base::FormatRfc3339(now)};
  }
  return std::nullopt;
}

std::optional<TokenRefusal> CheckAudience(const Claims& claims, std::span<const std::string> client_ids) {
  if (!claims.audiences || claims.audiences->empty()) return Missing("aud");
  if (std::ranges::find_first_of(*claims.audiences, client_ids) != claims.audiences->end()) return std::nullopt;
  return TokenRefusal{TokenFailure::kAudienceMismatch,
                      "aud is " + ListText(*claims.audiences) + ", which is none of " + ListText(client_ids)};
}

}  // namespace irsa::oidc
