#include "irsa/oidc/public_key.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "irsa/base/base64.h"
#include "irsa/crypto/primitives.h"

#include "key_parameters.h"

namespace irsa::oidc {
namespace {

using crypto::ErrorQueueScope;
using crypto::OpenSslPtr;

std::string_view WithoutLeadingZeros(std::string_view bytes) {
  const size_t first = bytes.find_first_not_of('\0');
  return first == std::string_view::npos ? std::string_view() : bytes.substr(first);
}

bool IsEven(const BIGNUM* number) { return BN_is_odd(number) == 0; }

Status CheckRsaNumbers(const BIGNUM* modulus, const BIGNUM* exponent) {
  const int bits = BN_num_bits(modulus);
  if (bits < kMinRsaBits) {
    return Error{ErrorCode::kInvalid, "an RSA key of " + std::to_string(bits) + " bits, fewer than the " +
                                          std::to_string(kMinRsaBits) + " that are required"};
  }
  if (IsEven(modulus)) return Error{ErrorCode::kInvalid, "an RSA key whose modulus is even"};
  constexpr int kExponentBits = 31;
  if (BN_num_bits(exponent) < 2 || BN_num_bits(exponent) > kExponentBits || IsEven(exponent)) {
    return Error{ErrorCode::kInvalid, "an RSA key whose exponent is not an odd number between 3 and 2^31 - 1"};
  }
  return {};
}

// Null when OpenSSL refuses the parameters.
OpenSslPtr<EVP_PKEY> KeyFromParams(const char* type, OSSL_PARAM_BLD* builder) {
  const OpenSslPtr<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
  const OpenSslPtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return OpenSslPtr<EVP_PKEY>(key);
}

std::string KeyId(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  return size <= 0 ? std::string() : base::EncodeBase64Url(crypto::Sha256(TakeDer(der, size)));
}

}  // namespace

std::string_view AlgorithmName(Algorithm algorithm) { return FactsOf(algorithm).name; }

std::optional<Algorithm> ParseAlgorithm(std::string_view name) {
  const auto* const found = std::ranges::find(kAlgorithms, name, &AlgorithmFacts::name);
  if (found == std::end(kAlgorithms)) return std::nullopt;
  return static_cast<Algorithm>(found - kAlgorithms);
}

std::string_view KeyTypeName(KeyType type) {
  const Curve* curve = FindCurve(type);
  return curve == nullptr ? "RSA" : curve->type_name;
}

PublicKey::PublicKey(KeyType type, OpenSslPtr<EVP_PKEY> handle)
    : type_(type), handle_(std::move(handle)), id_(KeyId(handle_.get())) {}

Result<PublicKey> PublicKey::FromRsa(std::string_view modulus, std::string_view exponent) {
  const ErrorQueueScope scope;
  modulus = WithoutLeadingZeros(modulus);
  exponent = WithoutLeadingZeros(exponent);
  if (modulus.size() > kMaxRsaBits / 8) {
    return Error{ErrorCode::kInvalid, "an RSA key of more than " + std::to_string(kMaxRsaBits) + " bits"};
  }
  const OpenSslPtr<BIGNUM> n = NumberFromBytes(modulus);
  const OpenSslPtr<BIGNUM> e = NumberFromBytes(exponent);
  if (auto status = CheckRsaNumbers(n.get(), e.get()); !status.ok()) return std::move(status).error();

  const OpenSslPtr<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  OpenSslPtr<EVP_PKEY> key = KeyFromParams("RSA", builder.get());
  if (!key) return Error{ErrorCode::kInvalid, "an RSA key that OpenSSL refuses"};
  return PublicKey(KeyType::kRsa, std::move(key));
}

Result<PublicKey> PublicKey::FromEc(KeyType curve, std::string_view x, std::string_view y) {
  const ErrorQueueScope scope;
  const Curve* facts = FindCurve(curve);
  if (facts == nullptr) return Error{ErrorCode::kInternal, "an RSA key has no coordinates"};
  const auto length = static_cast<size_t>(facts->coordinate_bytes);
  if (x.size() != length || y.size() != length) {
    return Error{ErrorCode::kInvalid, "an " + std::string(KeyTypeName(curve)) + " key whose coordinates have " +
                                          std::to_string(x.size()) + " and " + std::to_string(y.size()) +
                                          " bytes and not " + std::to_string(length)};
  }
  const std::string point = std::string("\x04").append(x).append(y);  // SEC 1, uncompressed
  const OpenSslPtr<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, facts->group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  OpenSslPtr<EVP_PKEY> key = KeyFromParams("EC", builder.get());
  if (!key)
    return Error{ErrorCode::kInvalid, "an " + std::string(KeyTypeName(curve)) + " key that is not on its curve"};
  return PublicKey(curve, std::move(key));
}

Algorithm PublicKey::algorithm() const {
  return static_cast<Algorithm>(std::ranges::find(kAlgorithms, type_, &AlgorithmFacts::key_type) - kAlgorithms);
}

bool PublicKey::Fits(Algorithm algorithm) const { return FactsOf(algorithm).key_type == type_; }

std::string PublicKey::modulus() const { return KeyNumber(handle(), OSSL_PKEY_PARAM_RSA_N); }
std::string PublicKey::exponent() const { return KeyNumber(handle(), OSSL_PKEY_PARAM_RSA_E); }
std::string PublicKey::x() const { return Coordinate(OSSL_PKEY_PARAM_EC_PUB_X); }
std::string PublicKey::y() const { return Coordinate(OSSL_PKEY_PARAM_EC_PUB_Y); }

std::string PublicKey::Coordinate(const char* name) const {
  const Curve* curve = FindCurve(type_);
  return curve == nullptr ? std::string() : KeyNumber(handle(), name, curve->coordinate_bytes);
}

}  // namespace irsa::oidc
