// What OpenSSL hands out: handles that free themselves, its queue of errors, and its texts and times as ours.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"

// What openssl/types.h does not know.
struct ECDSA_SIG_st;
struct NAME_CONSTRAINTS_st;
struct X509_extension_st;
struct bio_method_st;
struct stack_st_GENERAL_NAME;

namespace irsa::crypto {

struct OpenSslDeleter {
  void operator()(BIGNUM* number) const;
  void operator()(BIO* bio) const;  // and those below it
  void operator()(bio_method_st* method) const;
  void operator()(ECDSA_SIG_st* signature) const;
  void operator()(EVP_CIPHER_CTX* context) const;
  void operator()(EVP_MD_CTX* context) const;
  void operator()(EVP_PKEY* key) const;
  void operator()(EVP_PKEY_CTX* context) const;
  void operator()(NAME_CONSTRAINTS_st* constraints) const;
  void operator()(OSSL_PARAM* parameters) const;
  void operator()(OSSL_PARAM_BLD* builder) const;
  void operator()(SSL* ssl) const;
  void operator()(SSL_CTX* context) const;
  void operator()(X509* certificate) const;
  void operator()(X509_extension_st* extension) const;
  void operator()(stack_st_GENERAL_NAME* names) const;
};
template <typename T>
using OpenSslPtr = std::unique_ptr<T, OpenSslDeleter>;

// Empties the calling thread's error queue at both ends of a scope: a later SSL_read would report an error left there
// as its own.
class ErrorQueueScope {
 public:
  ErrorQueueScope();
  ~ErrorQueueScope();
  ErrorQueueScope(const ErrorQueueScope&) = delete;
  ErrorQueueScope& operator=(const ErrorQueueScope&) = delete;
};

// The reason of the oldest queued error ("bad base64 decode"). OpenSSL's reasons are fixed texts: no input is in them.
std::string OpenSslReason();

// kInternal: "cannot <action>: <reason>".
Error OpenSslError(std::string_view action);

// Of a PEM reader that has returned nothing: whether there is no further block, rather than a broken one.
bool NoFurtherPemBlock();

// Text as the bytes that OpenSSL takes.
inline const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
inline unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// `time` is one that OpenSSL accepted; clamped to what SystemTime can hold (years 1677 to 2262), so that RFC 5280's
// "no expiration", the year 9999, is far away rather than in the past.
base::SystemTime ToSystemTime(const ASN1_TIME& time);

// In RFC 2253's form, escaped to printable ASCII: "CN=localhost,O=irsa".
std::string NameText(const X509_NAME* name);

// Reads `text`, which outlives it.
OpenSslPtr<BIO> ReadingBio(std::string_view text);

// What was written to a memory BIO.
std::string BioText(BIO* bio);

}  // namespace irsa::crypto
