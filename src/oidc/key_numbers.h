// The numbers of keys and signatures as bytes.
#pragma once

#include <string>
#include <string_view>

#include <openssl/types.h>

#include "irsa/crypto/openssl.h"

namespace irsa::oidc {

// The unsigned big-endian number.
crypto::OpenSslPtr<BIGNUM> NumberFromBytes(std::string_view bytes);

// The number of that name (OSSL_PKEY_PARAM_…), big-endian, with zeros in front up to `width` bytes. Empty when `key`
// has none.
std::string KeyNumber(const EVP_PKEY* key, const char* name, int width = 0);

}  // namespace irsa::oidc
