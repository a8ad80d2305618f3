#include <string>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "irsa/oidc/token_verifier.h"

#include "key_parameters.h"

namespace irsa::oidc {
namespace {

using crypto::OpenSslPtr;

// r and s as JWS concatenates them, in the DER form that OpenSSL takes. Empty when the length is not the curve's.
std::string EcdsaDer(std::string_view signature, const Curve& curve) {
  const auto half = static_cast<size_t>(curve.coordinate_bytes);
  if (signature.size() != 2 * half) return {};
  const OpenSslPtr<ECDSA_SIG> numbers(ECDSA_SIG_new());
  ECDSA_SIG_set0(numbers.get(), NumberFromBytes(signature.substr(0, half)).release(),
                 NumberFromBytes(signature.substr(half)).release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &der);
  return TakeDer(der, size);
}

}  // namespace

bool IsSignedBy(const Jwt& token, const PublicKey& key) {
  if (!key.Fits(token.header.algorithm)) return false;
  const crypto::ErrorQueueScope scope;
  std::string signature = token.signature;
  if (const Curve* curve = FindCurve(key.type())) {
    signature = EcdsaDer(signature, *curve);
    if (signature.empty()) return false;
  }
  // PKCS #1 v1.5 is OpenSSL's padding for RSA unless told otherwise.
  const OpenSslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, FactsOf(token.header.algorithm).digest(), nullptr,
                              key.handle()) == 1 &&
         EVP_DigestVerify(context.get(), crypto::Bytes(signature), signature.size(), crypto::Bytes(token.signing_input),
                          token.signing_input.size()) == 1;
}

}  // namespace irsa::oidc
