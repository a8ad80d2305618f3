// Keys that sign tokens as an issuer does, made with OpenSSL and none of the code under test.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "irsa/oidc/jwks.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

class SigningKey {
 public:
  static SigningKey Rsa(unsigned bits = 2048);
  static SigningKey Ec(const char* group);  // OpenSSL's name: "prime256v1", "secp384r1", …
  static SigningKey Ed25519();

  // As a token carries it.
  std::string Sign(Algorithm algorithm, std::string_view input) const;

  // As OpenSSL makes it: DER when the key is on a curve.
  std::string SignPlain(Algorithm algorithm, std::string_view input) const;

  // The compact token: header and claims are JSON.
  std::string Token(Algorithm algorithm, std::string_view header, std::string_view claims) const;

  std::string PublicPem() const;        // PKIX
  std::string RsaPublicPem() const;     // PKCS #1
  std::string PrivatePem() const;       // PKCS #8
  std::string TraditionalPem() const;   // RSA or EC PRIVATE KEY
  std::string EncryptedPem() const;     // PKCS #8 under a password
  std::string EncryptedOldPem() const;  // RSA or EC PRIVATE KEY with a DEK-Info header
  std::string CertificatePem() const;   // self-signed
  std::string PublicDer() const;        // SubjectPublicKeyInfo

  // As the module reads it.
  PublicKey Public() const;

  EVP_PKEY* handle() const { return key_.get(); }

 private:
  explicit SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}

  std::shared_ptr<EVP_PKEY> key_;
};

// Made once, as making RSA keys takes a while.
const SigningKey& RsaKey();
const SigningKey& OtherRsaKey();
const SigningKey& EcKey();  // P-256
const SigningKey& KeyFor(Algorithm algorithm);

// A set with these keys under the ids that kube-apiserver gives them.
JwkSet SetOf(std::initializer_list<const SigningKey*> keys);

}  // namespace irsa::oidc
