// What RFC 7518 says of algorithms (section 3.1) and of what keys consist of (section 6): elliptic curves, and numbers
// as bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "irsa/crypto/openssl.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

struct AlgorithmFacts {
  std::string_view name;
  KeyType key_type;  // the only one that it fits
  const EVP_MD* (*digest)();
};

// By Algorithm. Of several for a type of key, the first is what kube-apiserver signs with.
inline constexpr AlgorithmFacts kAlgorithms[] = {
    {"RS256", KeyType::kRsa, EVP_sha256},  {"RS384", KeyType::kRsa, EVP_sha384},  {"RS512", KeyType::kRsa, EVP_sha512},
    {"ES256", KeyType::kP256, EVP_sha256}, {"ES384", KeyType::kP384, EVP_sha384}, {"ES512", KeyType::kP521, EVP_sha512},
};
constexpr const AlgorithmFacts& FactsOf(Algorithm algorithm) { return kAlgorithms[static_cast<size_t>(algorithm)]; }

// Section 6.2.1.
struct Curve {
  KeyType type;
  std::string_view type_name;
  std::string_view name;  // JOSE's
  const char* group;      // OpenSSL's
  int coordinate_bytes;
};

inline constexpr Curve kCurves[] = {{KeyType::kP256, "EC P-256", "P-256", "prime256v1", 32},
                                    {KeyType::kP384, "EC P-384", "P-384", "secp384r1", 48},
                                    {KeyType::kP521, "EC P-521", "P-521", "secp521r1", 66}};

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
