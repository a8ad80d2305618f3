#include "key_parameters.h"

#include <algorithm>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace irsa::oidc {

using crypto::OpenSslPtr;

OpenSslPtr<BIGNUM> NumberFromBytes(std::string_view bytes) {
  return OpenSslPtr<BIGNUM>(BN_bin2bn(crypto::Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
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

std::string TakeDer(unsigned char* der, int size) {
  if (size <= 0) return {};
  std::string bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

}  // namespace irsa::oidc
