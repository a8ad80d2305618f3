#include "test/crypto/test_certificates.h"

#include <chrono>
#include <memory>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace irsa::crypto {
namespace {

using BioPtr = OpenSslPtr<BIO>;

void Require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL failed in a test's preparation");
}

template <typename Write>
std::string Written(const Write& write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Require(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string password = "secret";  // OpenSSL takes it as a pointer to something mutable
auto* Password() { return reinterpret_cast<unsigned char*>(password.data()); }

}  // namespace

PrivateKeyPtr MakeRsaKey(unsigned bits) { return PrivateKeyPtr(EVP_RSA_gen(bits)); }
PrivateKeyPtr MakeEd25519Key() { return PrivateKeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
PrivateKeyPtr MakeP256Key() { return PrivateKeyPtr(EVP_EC_gen("P-256")); }

std::string PemOf(EVP_PKEY* key) {
  return Written(
      [&](BIO* bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string EncryptedPemOf(EVP_PKEY* key) {
  return Written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), password.data(),
                                         static_cast<int>(password.size()), nullptr, nullptr);
  });
}

std::string TraditionalPemOf(EVP_PKEY* key, bool encrypted) {
  return Written([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, key, encrypted ? EVP_aes_128_cbc() : nullptr,
                                                encrypted ? Password() : nullptr,
                                                encrypted ? static_cast<int>(password.size()) : 0, nullptr, nullptr);
  });
}

std::string PublicPemOf(EVP_PKEY* key) {
  return Written([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key); });
}

std::string MakeSelfSigned(EVP_PKEY* key, const SelfSigned& fields) {
  const X509Ptr owner(X509_new());
  X509* certificate = owner.get();
  X509_NAME* name = X509_get_subject_name(certificate);
  Require(X509_set_version(certificate, X509_VERSION_3) == 1);
  Require(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
  Require(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(fields.common_name.c_str()), -1, -1,
                                     0) == 1);
  Require(X509_set_issuer_name(certificate, name) == 1);
  Require(ASN1_TIME_set_string(X509_getm_notBefore(certificate), fields.not_before.c_str()) == 1);
  Require(ASN1_TIME_set_string(X509_getm_notAfter(certificate), fields.not_after.c_str()) == 1);
  Require(X509_set_pubkey(certificate, key) == 1);
  if (fields.authority) {
    X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    const bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    Require(added);
  }
  Require(X509_sign(certificate, key, EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256()) > 0);
  return Written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

ChainLink MakeLink(const ChainFields& fields, const ChainLink* issuer) {
  ChainLink link{MakeP256Key(), X509Ptr(X509_new()), {}};
  if (fields.key_of != nullptr) {
    EVP_PKEY_up_ref(fields.key_of->key.get());
    link.key.reset(fields.key_of->key.get());
  }
  X509* certificate = link.certificate.get();
  X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
  X509_NAME* name = X509_get_subject_name(certificate);
  static long serial = 0;
  Require(X509_set_version(certificate, fields.is_version_1 ? X509_VERSION_1 : X509_VERSION_3) == 1);
  Require(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial) == 1);
  Require(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(fields.common_name.c_str()), -1, -1,
                                     0) == 1);
  Require(X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1);
  const auto set_time = [](ASN1_TIME* time, base::SystemTime value) {
    Require(ASN1_TIME_set(time, std::chrono::system_clock::to_time_t(
                                    std::chrono::floor<std::chrono::seconds>(value))) != nullptr);
  };
  set_time(X509_getm_notBefore(certificate), fields.not_before);
  set_time(X509_getm_notAfter(certificate), fields.not_after);
  Require(X509_set_pubkey(certificate, link.key.get()) == 1);
  for (const auto& [id, value] : fields.extensions) {
    X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, nullptr, id, value.c_str());
    const bool added = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    Require(added);
  }
  EVP_PKEY* key = issuer == nullptr ? link.key.get() : issuer->key.get();
  Require(X509_sign(certificate, key, fields.is_sha1 ? EVP_sha1() : EVP_sha256()) > 0);
  link.pem = Written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
  return link;
}

std::string DerOf(const X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  Require(size > 0);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace irsa::crypto
