// Making X.509 certificates field by field (RFC 5280).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/crypto/certificate_authority.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::crypto {

inline constexpr size_t kMaxCommonName = 64;  // X.520's upper bound

// kInternal when the random generator or memory fails.
Result<PrivateKeyPtr> GenerateKey();

struct Validity {
  base::SystemTime not_before;
  base::SystemTime not_after;
};

// Self-signed.
Result<X509Ptr> BuildAuthority(const std::string& common_name, const Validity& validity, EVP_PKEY* key);

// For `key`, signed by `authority`. `names` is not empty.
Result<X509Ptr> BuildServingCertificate(std::span<const ServerName> names, const Validity& validity, EVP_PKEY* key,
                                        const KeyPair& authority);

Result<PemPair> ToPem(X509* certificate, EVP_PKEY* key);

}  // namespace irsa::crypto
