#include "irsa/crypto/openssl.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace irsa::crypto {

void OpenSslDeleter::operator()(BIGNUM* number) const { BN_free(number); }
void OpenSslDeleter::operator()(BIO* bio) const { BIO_free_all(bio); }
void OpenSslDeleter::operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
void OpenSslDeleter::operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
void OpenSslDeleter::operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
void OpenSslDeleter::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
void OpenSslDeleter::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
void OpenSslDeleter::operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
void OpenSslDeleter::operator()(NAME_CONSTRAINTS* constraints) const { NAME_CONSTRAINTS_free(constraints); }
void OpenSslDeleter::operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
void OpenSslDeleter::operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
void OpenSslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }
void OpenSslDeleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
void OpenSslDeleter::operator()(X509* certificate) const { X509_free(certificate); }
void OpenSslDeleter::operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
void OpenSslDeleter::operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }

ErrorQueueScope::ErrorQueueScope() { ERR_clear_error(); }
ErrorQueueScope::~ErrorQueueScope() { ERR_clear_error(); }

std::string OpenSslReason() {
  const unsigned long error = ERR_peek_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "unknown reason" : reason;
}

bool NoFurtherPemBlock() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

Error OpenSslError(std::string_view action) {
  return {ErrorCode::kInternal, "cannot " + std::string(action) + ": " + OpenSslReason()};
}

base::SystemTime ToSystemTime(const ASN1_TIME& time) {
  using std::chrono::seconds;
  std::tm fields{};
  ASN1_TIME_to_tm(&time, &fields);  // UTC; mktime would read it as local time
  const std::chrono::sys_days day = std::chrono::year(fields.tm_year + 1900) /
                                    std::chrono::month(static_cast<unsigned>(fields.tm_mon + 1)) /
                                    std::chrono::day(static_cast<unsigned>(fields.tm_mday));
  const std::chrono::sys_seconds at =
      day + std::chrono::hours(fields.tm_hour) + std::chrono::minutes(fields.tm_min) + seconds(fields.tm_sec);
  return std::clamp(at, std::chrono::ceil<seconds>(base::SystemTime::min()),
                    std::chrono::floor<seconds>(base::SystemTime::max()));
}

std::string NameText(const X509_NAME* name) {
  const OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return BioText(bio.get());
}

OpenSslPtr<BIO> ReadingBio(std::string_view text) {
  // OpenSSL makes no BIO of a null pointer, which an empty view may hold.
  return OpenSslPtr<BIO>(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
}

std::string BioText(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

}  // namespace irsa::crypto
