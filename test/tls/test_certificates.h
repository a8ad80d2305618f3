// Certificates that the module itself would not make, for its tests.
#pragma once

#include <string>

#include <openssl/types.h>

#include "irsa/tls/certificate_authority.h"
#include "irsa/tls/key_pair.h"

namespace irsa::tls {

PrivateKeyPtr MakeRsaKey(unsigned bits);
PrivateKeyPtr MakeEd25519Key();
PrivateKeyPtr MakeP256Key();

std::string PemOf(EVP_PKEY* key);                             // PKCS #8
std::string EncryptedPemOf(EVP_PKEY* key);                    // with a password
std::string TraditionalPemOf(EVP_PKEY* key, bool encrypted);  // "EC PRIVATE KEY", "RSA PRIVATE KEY"
std::string PublicPemOf(EVP_PKEY* key);

struct SelfSigned {
  std::string common_name = "test";
  std::string not_before = "20260101000000Z";  // as ASN1_TIME_set_string takes them
  std::string not_after = "20270101000000Z";
  bool authority = false;  // no other extension, no key identifier among them
};
std::string MakeSelfSigned(EVP_PKEY* key, const SelfSigned& fields = {});  // PEM

// The DER of a certificate; two are the same certificate when these are equal.
std::string DerOf(const X509* certificate);

}  // namespace irsa::tls
