// What the certificates that replicas share must be, decided from what they are and what time it is. Nothing here
// reads or writes anything.
//
// An authority that is new is not trusted by anybody yet. So it goes into the trust bundle first, while the pair that
// the old one issued is served on; once every caBundle has it, it issues a pair; and the old one stays in the bundle
// until it expires, for replicas that have not taken up the new pair yet.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/crypto/certificate_authority.h"

namespace irsa::serve {

struct CertificateSet {
  crypto::PemPair authority;    // the one that issues
  std::string old_authorities;  // certificates of those before it, PEM, the last one first
  crypto::PemPair serving;

  bool operator==(const CertificateSet&) const = default;
};

struct CertificateRules {
  std::vector<std::string> names;  // as crypto::CertificateAuthority::Issue takes them
  std::chrono::seconds authority_lifetime;
  std::chrono::seconds certificate_lifetime;
};

struct CertificateSituation {
  const CertificateSet* stored = nullptr;     // anything may be missing in it, or damaged; null: there is none
  const CertificateSet* last_good = nullptr;  // what replicas may still serve and trust; null when that is not known
  bool is_trusted = false;                    // every caBundle has had the stored authority for long enough
  base::SystemTime now;
};

struct CertificatePlan {
  CertificateSet target;
  std::string reason;  // why the target is another than what is stored, for people; empty: it is the same
};

// What is to be stored. Planning again with the target stored changes nothing, unless trust or time have.
//
// Renewed are an authority and a pair that have lived two thirds of their lives; replaced are those that are missing,
// damaged, expired, not for all names, or whose issuer is not trusted any more. kInvalid when something is not valid
// yet (this machine's clock is behind another replica's: replacing it would begin a quarrel), and as
// crypto::CertificateAuthority's functions.
Result<CertificatePlan> PlanCertificates(const CertificateSituation& situation, const CertificateRules& rules);

// What a client must trust: the authority and the old ones, PEM.
std::string TrustBundle(const CertificateSet& set);

// Whether one of the bundle's authorities issued the pair.
bool IsIssuedWithin(const crypto::PemPair& serving, const std::string& bundle);

}  // namespace irsa::serve
