#include "test/testing/test_ca.h"

#include <functional>
#include <memory>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace irsa::testing {
namespace {

constexpr long kDay = 86400;

void Check(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot make a certificate for the test");
}

std::string Pem(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  Check(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Check(extension != nullptr);
  Check(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

X509* NewCertificate(const std::string& common_name, EVP_PKEY* key, X509_NAME* issuer, std::chrono::seconds lifetime) {
  X509* certificate = X509_new();
  Check(certificate != nullptr);
  uint64_t serial = 0;
  Check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
  X509_set_version(certificate, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(lifetime.count()));
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(certificate, issuer == nullptr ? name : issuer);
  X509_set_pubkey(certificate, key);
  return certificate;
}

}  // namespace

TestCa::TestCa() : key_(EVP_EC_gen("P-256")) {
  Check(key_ != nullptr);
  certificate_ = NewCertificate("test CA", key_, nullptr, std::chrono::hours(48));
  AddExtension(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate_, certificate_, NID_key_usage, "critical,keyCertSign");
  AddExtension(certificate_, certificate_, NID_subject_key_identifier, "hash");
  Check(X509_sign(certificate_, key_, EVP_sha256()) > 0);
  pem_ = Pem([this](BIO* bio) { return PEM_write_bio_X509(bio, certificate_); });
}

TestCa::~TestCa() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

PemPair TestCa::Issue(const std::string& common_name, const std::string& alternative_names,
                      std::chrono::seconds lifetime) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  Check(key != nullptr);
  X509* certificate = NewCertificate(common_name, key, X509_get_subject_name(certificate_), lifetime);
  // All the test's authorities have the same name: this tells them apart.
  AddExtension(certificate, certificate_, NID_authority_key_identifier, "keyid:always");
  if (!alternative_names.empty()) AddExtension(certificate, certificate_, NID_subject_alt_name, alternative_names);
  Check(X509_sign(certificate, key_, EVP_sha256()) > 0);
  PemPair pair{Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); }), Pem([&](BIO* bio) {
                 return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
               })};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pair;
}

}  // namespace irsa::testing
