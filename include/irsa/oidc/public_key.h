// Keys that verify tokens: RSA and the elliptic curves of RFC 7518, checked once, when they are made; and the signature
// algorithms irsa verifies, which are those STS does (RFC 7518 section 3.1).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

#include "irsa/base/result.h"
#include "irsa/crypto/openssl.h"

namespace irsa::oidc {

enum class Algorithm { kRs256, kRs384, kRs512, kEs256, kEs384, kEs512 };

// "RS256", …
std::string_view AlgorithmName(Algorithm algorithm);

// Exact, as JOSE names are case-sensitive. Null for any other: none, HS*, PS*, EdDSA.
std::optional<Algorithm> ParseAlgorithm(std::string_view name);

enum class KeyType { kRsa, kP256, kP384, kP521 };

// "RSA", "EC P-256", …
std::string_view KeyTypeName(KeyType type);

// RFC 7518 section 3.3 sets the lower limit; the upper one, that of Go's TLS, bounds what a verification costs.
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;

// Immutable; may be used from any thread.
class PublicKey {
 public:
  // From big-endian numbers; leading zeros are allowed. kInvalid, saying why, for a modulus that is even or whose
  // length is not within the limits, and for an exponent that is even or not between 3 and 2^31 - 1, Go's limit.
  static Result<PublicKey> FromRsa(std::string_view modulus, std::string_view exponent);

  // From coordinates of exactly the curve's length (RFC 7518 section 6.2.1.2). kInvalid when they have another length
  // or are no point on the curve. `curve` is not kRsa.
  static Result<PublicKey> FromEc(KeyType curve, std::string_view x, std::string_view y);

  KeyType type() const { return type_; }

  // What kube-apiserver calls the key in its tokens and key set: base64url(SHA-256(DER SubjectPublicKeyInfo)).
  const std::string& id() const { return id_; }

  // The algorithm that kube-apiserver signs with when it has such a key.
  Algorithm algorithm() const;

  // Whether the algorithm can be used with such a key: a curve has just one (RFC 7518 section 3.4).
  bool Fits(Algorithm algorithm) const;

  // The numbers as FromRsa and FromEc take them, the first two without leading zeros; empty in a key of the other kind.
  std::string modulus() const;
  std::string exponent() const;
  std::string x() const;
  std::string y() const;

  // Only to be read.
  EVP_PKEY* handle() const { return handle_.get(); }

 private:
  PublicKey(KeyType type, crypto::OpenSslPtr<EVP_PKEY> handle);
  std::string Coordinate(const char* name) const;

  KeyType type_;
  crypto::OpenSslPtr<EVP_PKEY> handle_;
  std::string id_;
};

struct PemKey {
  PublicKey key;
  bool from_private_key = false;  // the text held its private half too
};

inline constexpr size_t kMaxKeyFileBytes = 256 << 10;

// The public keys of a PEM text, at least one, in its order: PUBLIC KEY (PKIX), RSA PUBLIC KEY (PKCS #1), CERTIFICATE,
// and private keys, of which only the public half is kept: what kube-apiserver takes in --service-account-key-file.
// Blocks of other types are skipped. kMalformed, with the block's number, when one cannot be read, is encrypted, or
// there is none; kInvalid for a key that cannot be used (Ed25519, a small RSA key); kTooLarge over the limit.
Result<std::vector<PemKey>> PublicKeysFromPem(std::string_view pem);

}  // namespace irsa::oidc
