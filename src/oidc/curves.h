// What is known of each elliptic curve (RFC 7518 sections 3.4 and 6.2.1).
#pragma once

#include <string_view>

#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

struct Curve {
  KeyType type;
  std::string_view name;  // JOSE's
  const char* group;      // OpenSSL's
  int coordinate_bytes;
  Algorithm algorithm;  // the only one
};

inline constexpr Curve kCurves[] = {{KeyType::kP256, "P-256", "prime256v1", 32, Algorithm::kEs256},
                                    {KeyType::kP384, "P-384", "secp384r1", 48, Algorithm::kEs384},
                                    {KeyType::kP521, "P-521", "secp521r1", 66, Algorithm::kEs512}};

// Null when no curve fits, as none does kRsa.
template <typename Predicate>
const Curve* FindCurve(Predicate fits) {
  for (const Curve& curve : kCurves) {
    if (fits(curve)) return &curve;
  }
  return nullptr;
}
inline const Curve* FindCurve(KeyType type) {
  return FindCurve([type](const Curve& curve) { return curve.type == type; });
}

}  // namespace irsa::oidc
