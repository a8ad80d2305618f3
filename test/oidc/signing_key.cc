#include "test/oidc/signing_key.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "irsa/base/base64.h"

namespace irsa::oidc {
namespace {

const EVP_MD* DigestOf(std::string_view algorithm) {
  if (algorithm.ends_with("256")) return EVP_sha256();
  return algorithm.ends_with("384") ? EVP_sha384() : EVP_sha512();
}

void Require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

// r and s side by side, each as long as the curve's order.
std::string FromDer(const std::string& der, size_t half) {
  const auto* place = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> numbers(
      d2i_ECDSA_SIG(nullptr, &place, static_cast<long>(der.size())), ECDSA_SIG_free);
  std::string bytes(2 * half, '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  Require(BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), out, static_cast<int>(half)) > 0, "r");
  Require(BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), out + half, static_cast<int>(half)) > 0, "s");
  return bytes;
}

template <typename Write>
std::string Pem(Write write) {
  const std::unique_ptr<BIO, void (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  Require(write(bio.get()) == 1, "PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

constexpr char kPassword[] = "secret";

int WriteEncrypted(BIO* bio, EVP_PKEY* key,
                   int (*write)(BIO*, const EVP_PKEY*, const EVP_CIPHER*, const unsigned char*, int, pem_password_cb*,
                                void*)) {
  return write(bio, key, EVP_aes_128_cbc(), reinterpret_cast<const unsigned char*>(kPassword), sizeof kPassword - 1,
               nullptr, nullptr);
}

int WritePkcs8(BIO* bio, const EVP_PKEY* key, const EVP_CIPHER* cipher, const unsigned char* password, int size,
               pem_password_cb* callback, void* data) {
  return PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, reinterpret_cast<const char*>(password), size, callback, data);
}

int WriteTraditional(BIO* bio, const EVP_PKEY* key, const EVP_CIPHER* cipher, const unsigned char* password, int size,
                     pem_password_cb* callback, void* data) {
  return PEM_write_bio_PrivateKey_traditional(bio, key, cipher, password, size, callback, data);
}

}  // namespace

SigningKey SigningKey::Rsa(unsigned bits) { return SigningKey(EVP_RSA_gen(bits)); }
SigningKey SigningKey::Ec(const char* group) { return SigningKey(EVP_EC_gen(group)); }
SigningKey SigningKey::Ed25519() { return SigningKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

std::string SigningKey::SignPlain(Algorithm algorithm, std::string_view input) const {
  const std::string_view name = AlgorithmName(algorithm);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  size_t size = 0;
  Require(EVP_DigestSignInit(context.get(), nullptr, DigestOf(name), nullptr, handle()) == 1, "init");
  Require(EVP_DigestSign(context.get(), nullptr, &size, bytes, input.size()) == 1, "size");
  std::string signature(size, '\0');
  Require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                         input.size()) == 1,
          "sign");
  signature.resize(size);
  return signature;
}

std::string SigningKey::Sign(Algorithm algorithm, std::string_view input) const {
  std::string signature = SignPlain(algorithm, input);
  if (EVP_PKEY_is_a(handle(), "EC") != 1) return signature;
  return FromDer(signature, (static_cast<size_t>(EVP_PKEY_get_bits(handle())) + 7) / 8);
}

std::string SigningKey::Token(Algorithm algorithm, std::string_view header, std::string_view claims) const {
  const std::string input = base::EncodeBase64Url(header) + "." + base::EncodeBase64Url(claims);
  return input + "." + base::EncodeBase64Url(Sign(algorithm, input));
}

std::string SigningKey::PublicPem() const {
  return Pem([this](BIO* bio) { return PEM_write_bio_PUBKEY(bio, handle()); });
}

std::string SigningKey::RsaPublicPem() const {
  unsigned char* der = nullptr;
  const int size = i2d_PublicKey(handle(), &der);
  Require(size > 0, "PKCS #1");
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(der, [](unsigned char* p) { OPENSSL_free(p); });
  return Pem([der, size](BIO* bio) { return PEM_write_bio(bio, PEM_STRING_RSA_PUBLIC, "", der, size) > 0 ? 1 : 0; });
}

std::string SigningKey::PrivatePem() const {
  return Pem(
      [this](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, handle(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string SigningKey::TraditionalPem() const {
  return Pem([this](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, handle(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string SigningKey::EncryptedPem() const {
  return Pem([this](BIO* bio) { return WriteEncrypted(bio, handle(), WritePkcs8); });
}

std::string SigningKey::EncryptedOldPem() const {
  return Pem([this](BIO* bio) { return WriteEncrypted(bio, handle(), WriteTraditional); });
}

std::string SigningKey::CertificatePem() const {
  const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  Require(X509_set_pubkey(certificate.get(), handle()) == 1, "key");
  Require(X509_sign(certificate.get(), handle(), EVP_sha256()) > 0, "certificate");
  return Pem([&certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

std::string SigningKey::PublicDer() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(handle(), &der);
  Require(size > 0, "DER");
  std::string bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

PublicKey SigningKey::Public() const { return std::move(PublicKeysFromPem(PublicPem()).value().front().key); }

const SigningKey& RsaKey() {
  static const SigningKey key = SigningKey::Rsa();
  return key;
}

const SigningKey& OtherRsaKey() {
  static const SigningKey key = SigningKey::Rsa();
  return key;
}

const SigningKey& EcKey() {
  static const SigningKey key = SigningKey::Ec("prime256v1");
  return key;
}

const SigningKey& KeyFor(Algorithm algorithm) {
  static const SigningKey p384 = SigningKey::Ec("secp384r1");
  static const SigningKey p521 = SigningKey::Ec("secp521r1");
  if (algorithm == Algorithm::kEs256) return EcKey();
  if (algorithm == Algorithm::kEs384) return p384;
  return algorithm == Algorithm::kEs512 ? p521 : RsaKey();
}

JwkSet SetOf(std::initializer_list<const SigningKey*> keys) {
  JwkSet set;
  for (const SigningKey* key : keys) {
    PublicKey half = key->Public();
    std::string id = half.id();
    set.keys.push_back({std::move(id), std::move(half), std::nullopt});
  }
  return set;
}

}  // namespace irsa::oidc
