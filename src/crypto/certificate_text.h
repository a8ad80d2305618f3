// What stands in a certificate, and PEM texts, between OpenSSL's types and ours.
#pragma once

#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/types.h>

#include "irsa/base/clock.h"
#include "irsa/crypto/openssl.h"

namespace irsa::crypto {

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
