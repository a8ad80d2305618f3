// A certificate chain and its private key, checked to belong together.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/crypto/openssl.h"

namespace irsa::crypto {

using X509Ptr = OpenSslPtr<X509>;
using PrivateKeyPtr = OpenSslPtr<EVP_PKEY>;

// Immutable; shared between threads as a std::shared_ptr<const KeyPair>.
struct KeyPair {
  X509Ptr leaf;
  std::vector<X509Ptr> intermediates;  // in the file's order
  PrivateKeyPtr key;
  base::SystemTime not_before;  // the leaf's
  base::SystemTime not_after;
};

// As texts, which may not belong together.
struct PemPair {
  std::string certificate;
  std::string key;  // not encrypted

  bool operator==(const PemPair&) const = default;
};

// How far clocks may differ: a certificate issued here begins to be valid so long before `now`, and one issued
// elsewhere is taken though its notBefore lies so far ahead.
inline constexpr std::chrono::minutes kClockSkew{5};

// What each text may hold: a Secret's limit is 1 MiB for both together, and OpenSSL's clients take chains up to 100 KB.
inline constexpr size_t kMaxPemBytes = 256 << 10;
inline constexpr size_t kMaxCertificates = 16;

struct PemLimits {
  size_t bytes = kMaxPemBytes;
  size_t certificates = kMaxCertificates;
};

// Of CAs to trust: Mozilla's list is 150 in a quarter of a megabyte.
inline constexpr PemLimits kTrustedCaLimits{.bytes = 1 << 20, .certificates = 1000};

// All certificates of a PEM text, at least one, in its order; a bundle of CAs, say. kMalformed or kTooLarge.
Result<std::vector<X509Ptr>> ParseCertificates(std::string_view pem, const PemLimits& limits = {});

// From PEM texts; blocks of other types in them are skipped. kMalformed when one is no certificate or no key (encrypted
// keys among them), kTooLarge over the limits, kInvalid when the key is not the first certificate's or OpenSSL would
// not serve with the pair (a 1024-bit RSA key); the message says which of the two is meant, and never quotes the texts.
Result<KeyPair> ParseKeyPair(std::string_view certificate_pem, std::string_view key_pem);

// The PEM text of a file of CA certificates that an option names. A file without a certificate, such as an empty one,
// is refused: naming a file of CAs means that at least one CA is to be trusted. TLS decides whether each certificate
// can be used. Errors name the file.
Result<std::string> ReadCaFile(const base::FileReader& files, const std::string& path);

}  // namespace irsa::crypto
