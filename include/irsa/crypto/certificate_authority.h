// A private certificate authority and the serving certificates it issues (RFC 5280): one code path for development
// certificates and for those that replicas in a cluster share.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::crypto {

// What a client may call a server by: the names a serving certificate is made for.
struct ServerName {
  enum class Kind { kDns, kIp };
  Kind kind = Kind::kDns;
  std::string text;  // a DNS name in lower case, an IP address in its canonical form

  bool operator==(const ServerName&) const = default;
};

// An IPv4 or IPv6 address (no zone, no port), or a DNS name by RFC 1123: labels of 1 to 63 letters, digits and inner
// hyphens, 253 characters in all, no dot at the end, the last label not of digits only (a mistyped address); the first
// of several labels may be "*". kInvalid, quoting the text and saying what is wrong with it, for anything else.
Result<ServerName> ParseServerName(std::string_view text);

inline constexpr size_t kMaxServerNames = 100;

// Immutable; const members may be called from any thread. Keys made here are ECDSA P-256: the cheapest handshakes.
class CertificateAuthority {
 public:
  // A new self-signed one, valid until now + lifetime, that may sign no other CA. kInvalid for a common name that is
  // empty or over 64 characters (X.520's limit), and for a lifetime that is not positive or beyond what the clock can
  // hold.
  static Result<CertificateAuthority> Create(const std::string& common_name, base::SystemTime now,
                                             std::chrono::seconds lifetime);

  // From its certificate (the first in the text) and key, of any type OpenSSL signs with. Errors as ParseKeyPair's;
  // kInvalid, too, when the certificate is none of a CA. Expired ones are read: Issue refuses.
  static Result<CertificateAuthority> Parse(PemPair pem);

  // A serving certificate with a new key, for names as ParseServerName reads them (the first that fits is the common
  // name; doubles are left out), valid from kClockSkew before `now` until now + lifetime but never outside the CA's own
  // validity. kInvalid for no name, over kMaxServerNames, a bad one, a lifetime as above, and when the CA is not valid
  // `now`.
  Result<PemPair> Issue(std::span<const std::string> names, base::SystemTime now, std::chrono::seconds lifetime) const;

  // As made or parsed; the certificate's text is what clients trust.
  const PemPair& pem() const { return pem_; }
  base::SystemTime not_before() const { return pair_.not_before; }
  base::SystemTime not_after() const { return pair_.not_after; }

 private:
  CertificateAuthority(KeyPair pair, PemPair pem);

  KeyPair pair_;
  PemPair pem_;
};

}  // namespace irsa::crypto
