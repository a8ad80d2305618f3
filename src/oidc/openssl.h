// OpenSSL handles that free themselves, and its numbers as bytes, for the sources of this module.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

namespace irsa::oidc {

struct OpenSslDeleter {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
template <typename T>
using OpenSslPtr = std::unique_ptr<T, OpenSslDeleter>;

// Empties the calling thread's error queue at the end of a scope: an error left there is taken by a later SSL_read for
// its own.
class ErrorQueueScope {
 public:
  ErrorQueueScope() = default;
  ~ErrorQueueScope();
  ErrorQueueScope(const ErrorQueueScope&) = delete;
  ErrorQueueScope& operator=(const ErrorQueueScope&) = delete;
};

inline const unsigned char* Bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// The unsigned big-endian number.
OpenSslPtr<BIGNUM> NumberFromBytes(std::string_view bytes);

// The number of that name (OSSL_PKEY_PARAM_…), big-endian, with zeros in front up to `width` bytes. Empty when `key`
// has none.
std::string KeyNumber(const EVP_PKEY* key, const char* name, int width = 0);

std::string Sha256(std::string_view bytes);

}  // namespace irsa::oidc
