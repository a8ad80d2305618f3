// Verifies a token: its signature, times and audience, each on its own, so that a caller can report which check
// fails and what STS would answer.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/oidc/jwks.h"
#include "irsa/oidc/jwt.h"

namespace irsa::oidc {

enum class TokenFailure {
  kKeyNotFound,  // fetching the key set anew may help
  kBadSignature,
  kMissingClaim,  // the check's own claim is absent
  kExpired,
  kNotYetValid,
  kAudienceMismatch,
};

struct TokenRefusal {
  TokenFailure failure;
  // One lower-case sentence. Of the token it quotes, bounded, kid, aud and the times.
  std::string detail;

  bool operator==(const TokenRefusal&) const = default;
};

// Each check is null when the token passes it. None of them relies on another having been made.

// RS256, RS384, RS512 (PKCS #1 v1.5) and ES256, ES384, ES512 (r and s, each of the curve's exact length; RFC 7518
// section 3.4). Tried are the keys with the header's `kid`, or all when it has none, as far as type, curve and `alg`
// fit the header's. kKeyNotFound when no key is left, kBadSignature when none of them verifies it.
[[nodiscard]] std::optional<TokenRefusal> VerifySignature(const Jwt& token, const JwkSet& keys);

// Whether this key verifies the signature; false when the token's algorithm is not for such a key.
bool IsSignedBy(const Jwt& token, const PublicKey& key);

// How long after `exp` a token is still accepted, for clocks that differ; AWS allows as much.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
inline constexpr std::chrono::seconds kExpiryLeeway{300};

// Refused from the very moment kExpiryLeeway after `exp`, which is required, and before `nbf`, if there is one.
[[nodiscard]] std::optional<TokenRefusal> CheckTimes(const Claims& claims, base::SystemTime now);

// One of the token's audiences is among the client ids.
[[nodiscard]] std::optional<TokenRefusal> CheckAudience(const Claims& claims, std::span<const std::string> client_ids);

}  // namespace irsa::oidc
