// JSON Web Key Sets (RFC 7517): the keys an issuer's tokens are verified with.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

struct Jwk {
  std::optional<std::string> id;  // `kid`; several keys may have the same
  PublicKey key;
  std::optional<Algorithm> algorithm;  // `alg`, the only one the key may be used with
};

// A key of the set that is not used.
struct SkippedJwk {
  size_t index = 0;  // in `keys`, from 0
  std::optional<std::string> id;
  std::string reason;  // "a key of type OKP, which is neither RSA nor EC"

  bool operator==(const SkippedJwk&) const = default;
};

// Immutable once made; shared between threads as a std::shared_ptr<const JwkSet>.
struct JwkSet {
  std::vector<Jwk> keys;
  std::vector<SkippedJwk> skipped;
};

inline constexpr size_t kMaxJwksBytes = 1 << 20;
// Each costs a check of its numbers when it is read, and may cost a verification per token.
inline constexpr size_t kMaxJwksKeys = 200;

// kTooLarge over the limits, kMalformed for what is not JSON, kInvalid when it is no object with a list `keys`. A key
// that cannot be used is no error but in `skipped`: of another type or curve, with a `use` or `key_ops` other than for
// signatures, with an `alg` that is not verified here or not for such a key, with numbers that PublicKey refuses, or
// with private members: whoever has read those can sign tokens.
Result<JwkSet> ParseJwks(std::string_view text);

// "key 2 (kid "abc"): a key of type OKP, …", counted from 1.
std::string Describe(const SkippedJwk& skipped);

// The set as kube-apiserver publishes it: each key once, in the order given, with `use` sig, its id as `kid` and its
// algorithm as `alg`; indented, with a line end.
std::string WriteJwks(std::span<const PublicKey* const> keys);

}  // namespace irsa::oidc
