#include "irsa/serve/certificates/serving_certificate.h"

#include <utility>

#include "irsa/crypto/certificate_inspection.h"

namespace irsa::serve {

FileServingCertificate::FileServingCertificate(const base::FileReader& files, const base::Clock& clock,
                                               std::string certificate_path, std::string key_path)
    : clock_(clock), files_(files, clock, std::move(certificate_path), std::move(key_path)) {}

Status FileServingCertificate::CheckReady() const {
  const auto pair = live_.Current();
  if (pair == nullptr) return Error{ErrorCode::kUnavailable, "no certificate"};
  return crypto::CheckServes(*pair, clock_.Now());
}

Status FileServingCertificate::Load() {
  Result<std::shared_ptr<const crypto::KeyPair>> pair = files_.Load();
  if (!pair.ok()) {
    Error error = pair.error();
    error.message += " (pass other files with --tls-cert and --tls-key; irsa certs creates a pair for development)";
    return error;
  }
  live_.Set(std::move(pair).value());
  return {};
}

}  // namespace irsa::serve
