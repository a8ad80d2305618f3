// What keys consist of (RFC 7518 section 6): elliptic curves, and numbers as bytes.
#pragma once

#include <string>
#include <string_view>

#include <openssl/types.h>

#include "irsa/crypto/openssl.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

// Sections 3.4 and 6.2.1.
struct Curve {
  KeyType type;
  std::string_view type_name;
  std::string_view name;  // JOSE's
  const char* group;      // OpenSSL's
  int coordinate_bytes;
  Algorithm algorithm;  // the only one
};

inline constexpr Curve kCurves[] = {{KeyType::kP256, "EC P-256", "P-256", "prime256v1", 32, Algorithm::kEs256},
                                    {KeyType::kP384, "EC P-384", "P-384", "secp384r1", 48, Algorithm::kEs384},
                                    {KeyType::kP521, "EC P-521", "P-521", "secp521r1", 66, Algorithm::kEs512}};

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

// The unsigned big-endian number.
crypto::OpenSslPtr<BIGNUM> NumberFromBytes(std::string_view bytes);

// The number of that name (OSSL_PKEY_PARAM_…), big-endian, with zeros in front up to `width` bytes. Empty when `key`
// has none.
std::string KeyNumber(const EVP_PKEY* key, const char* name, int width = 0);

// The bytes that one of OpenSSL's i2d functions has allocated, which are freed. `size` is what it returned; empty where
// that is no success.
std::string TakeDer(unsigned char* der, int size);

}  // namespace irsa::oidc
