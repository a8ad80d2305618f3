// The four files of `irsa certs`: a CA that stays, and a serving pair that is made anew each time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"

namespace irsa::cli {

struct CertificateFilePaths {
  std::string ca_certificate;  // <directory>/ca.crt, and so on
  std::string ca_key;
  std::string certificate;
  std::string key;
};
CertificateFilePaths PathsIn(const std::string& directory);

struct DevelopmentCertificatesRequest {
  std::string directory;  // made when it does not exist
  std::vector<std::string> names;
  std::chrono::seconds lifetime{};
  std::chrono::seconds ca_lifetime{};
  bool force = false;
};

struct DevelopmentCertificates {
  enum class CaState { kMade, kKept, kReplaced };
  CaState ca_state = CaState::kMade;
  std::optional<std::string> replaced_because;  // set when the CA was replaced
  std::string ca_pem;
  base::SystemTime ca_not_after;
  base::SystemTime not_before;  // of the serving certificate, as not_after
  base::SystemTime not_after;
};

// A CA that is in the directory is kept, so that clients that trust it keep working; one that is broken (half of it
// missing, too) or expired is replaced only with `force`. A serving pair of that CA is replaced; one of another origin
// only with `force` (kConflict). Nothing is written before all is known to be well. Each file is replaced whole, but
// the serving pair's two are not replaced at once: a server that polls them (crypto::CertificateFiles) keeps its old
// pair for the moment in which they don't fit each other. Keys are for their owner only (0600).
Result<DevelopmentCertificates> MakeDevelopmentCertificates(const DevelopmentCertificatesRequest& request,
                                                            base::SystemTime now);

}  // namespace irsa::cli
