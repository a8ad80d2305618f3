#include "openssl.h"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/sha.h>

namespace irsa::oidc {

ErrorQueueScope::~ErrorQueueScope() { ERR_clear_error(); }

OpenSslPtr<BIGNUM> NumberFromBytes(std::string_view bytes) {
  return OpenSslPtr<BIGNUM>(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::string KeyNumber(const EVP_PKEY* key, const char* name, int width) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const OpenSslPtr<BIGNUM> number(raw);
  const int size = std::max(BN_num_bytes(number.get()), width);
  std::string bytes(static_cast<size_t>(size), '\0');
  BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), size);
  return bytes;
}

std::string Sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(Bytes(bytes), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace irsa::oidc
