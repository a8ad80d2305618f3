#include "certificate_builder.h"

#include <algorithm>
#include <chrono>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "irsa/crypto/openssl.h"

namespace irsa::crypto {
namespace {

// RFC 5280 section 4.1.2.2 wants a positive number of at most 20 octets. 127 bits, the highest of them one: random
// enough to be unique, and always 16 octets.
bool SetSerialNumber(X509* certificate) {
  const OpenSslPtr<BIGNUM> number(BN_new());
  return number != nullptr && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetSubject(X509* certificate, const std::string& common_name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

bool SetTime(ASN1_TIME* field, base::SystemTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(seconds)) != nullptr;
}

// `value` as in x509v3_config(5). `issuer` may be the certificate itself.
bool AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const OpenSslPtr<X509_EXTENSION> extension(X509V3_EXT_nconf_nid(nullptr, &context, id, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// An issuer may be without a key identifier; then there is nothing to refer to.
bool AddAuthorityKeyIdentifier(X509* certificate, X509* issuer) {
  return X509_get0_subject_key_id(issuer) == nullptr ||
         AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

// A parsed ServerName holds no comma, so none can smuggle in another entry.
std::string AlternativeNames(std::span<const ServerName> names) {
  std::string value;
  for (const ServerName& name : names) {
    if (!value.empty()) value += ',';
    value += (name.kind == ServerName::Kind::kIp ? "IP:" : "DNS:") + name.text;
  }
  return value;
}

std::string CommonName(std::span<const ServerName> names) {
  const auto fits = [](const ServerName& name) { return name.text.size() <= kMaxCommonName; };
  const auto name = std::ranges::find_if(names, fits);
  return name == names.end() ? "irsa" : name->text;
}

bool Sign(X509* certificate, EVP_PKEY* key) {
  const bool has_its_own_digest = EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
  return X509_sign(certificate, key, has_its_own_digest ? nullptr : EVP_sha256()) > 0;
}

// All that every certificate has, but for the issuer's name.
bool SetFields(X509* certificate, const std::string& common_name, const Validity& validity, EVP_PKEY* key) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 && SetSerialNumber(certificate) &&
         SetSubject(certificate, common_name) && SetTime(X509_getm_notBefore(certificate), validity.not_before) &&
         SetTime(X509_getm_notAfter(certificate), validity.not_after) && X509_set_pubkey(certificate, key) == 1;
}

}  // namespace

Result<PrivateKeyPtr> GenerateKey() {
  PrivateKeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslError("create a key");
  return key;
}

Result<X509Ptr> BuildAuthority(const std::string& common_name, const Validity& validity, EVP_PKEY* key) {
  X509Ptr owner(X509_new());
  X509* certificate = owner.get();
  if (certificate != nullptr && SetFields(certificate, common_name, validity, key) &&
      X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
      AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      AddExtension(certificate, certificate, NID_subject_key_identifier, "hash") && Sign(certificate, key)) {
    return owner;
  }
  return OpenSslError("create a CA certificate");
}

Result<X509Ptr> BuildServingCertificate(std::span<const ServerName> names, const Validity& validity, EVP_PKEY* key,
                                        const KeyPair& authority) {
  X509Ptr owner(X509_new());
  X509* certificate = owner.get();
  X509* issuer = authority.leaf.get();
  if (certificate != nullptr && SetFields(certificate, CommonName(names), validity, key) &&
      X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
      AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
      AddExtension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
      AddExtension(certificate, issuer, NID_subject_key_identifier, "hash") &&
      AddAuthorityKeyIdentifier(certificate, issuer) &&
      AddExtension(certificate, issuer, NID_subject_alt_name, AlternativeNames(names)) &&
      Sign(certificate, authority.key.get())) {
    return owner;
  }
  return OpenSslError("create a serving certificate");
}

Result<PemPair> ToPem(X509* certificate, EVP_PKEY* key) {
  const OpenSslPtr<BIO> certificate_bio(BIO_new(BIO_s_mem()));
  const OpenSslPtr<BIO> key_bio(BIO_new(BIO_s_mem()));
  if (!certificate_bio || !key_bio || PEM_write_bio_X509(certificate_bio.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return OpenSslError("write a certificate and its key as PEM");
  }
  return PemPair{BioText(certificate_bio.get()), BioText(key_bio.get())};
}

}  // namespace irsa::crypto
