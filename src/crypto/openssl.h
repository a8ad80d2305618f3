// What the sources of this module share about OpenSSL: its error queue, its times, its names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/types.h>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::crypto {

using BioPtr = std::unique_ptr<BIO, OpenSslDeleter>;
using SslContextPtr = std::unique_ptr<SSL_CTX, OpenSslDeleter>;

// Empties the calling thread's error queue at both ends of a scope: an error left there is taken by a later SSL_read
// for its own.
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
base::Error OpenSslError(std::string_view action);

// `time` is one that OpenSSL accepted; clamped to what SystemTime can hold (years 1677 to 2262), so that RFC 5280's
// "no expiration", the year 9999, is far away rather than in the past.
base::SystemTime ToSystemTime(const ASN1_TIME& time);

// In RFC 2253's form, escaped to printable ASCII: "CN=localhost,O=irsa".
std::string NameText(const X509_NAME* name);

// Reads `text`, which outlives it.
BioPtr ReadingBio(std::string_view text);

// What was written to a memory BIO.
std::string BioText(BIO* bio);

}  // namespace irsa::crypto
