// Certificates that the module itself would not make, for its tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <openssl/types.h>

#include "irsa/crypto/certificate_authority.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::crypto {

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

// A certificate of a chain, with the key to sign the next one with.
struct ChainLink {
  PrivateKeyPtr key;
  X509Ptr certificate;
  std::string pem;
};
struct ChainFields {
  std::string common_name;
  base::SystemTime not_before;
  base::SystemTime not_after;
  std::vector<std::pair<int, std::string>> extensions = {};  // by NID, as in x509v3_config(5)
  bool is_version_1 = false;
  bool is_sha1 = false;               // what its issuer signs with
  const ChainLink* key_of = nullptr;  // that it takes over; null: a new one
};
// Signed by the issuer; null: by itself.
ChainLink MakeLink(const ChainFields& fields, const ChainLink* issuer);

// The DER of a certificate; two are the same certificate when these are equal.
std::string DerOf(const X509* certificate);

}  // namespace irsa::crypto
