#include "irsa/serve/serving_certificate.h"

#include <utility>

#include "irsa/crypto/certificate_inspection.h"

namespace irsa::serve {
namespace {

// Each look costs the apiserver a read of the Secret and of each configuration; a caBundle that somebody has
// overwritten is wrong for that long.
constexpr std::chrono::seconds kApiPollInterval{5};

}  // namespace

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

SharedServingCertificate::SharedServingCertificate(kube::ApiServer& api, const base::Clock& clock, base::Log& log,
                                                   SharedCertificateOptions options)
    : clock_(clock), shared_(api, clock, log, std::move(options)) {}

Result<bool> SharedServingCertificate::Poll() {
  const base::SteadyTime now = clock_.SteadyNow();
  const bool is_due = !shared_.is_ready() || !last_poll_ || now - *last_poll_ >= kApiPollInterval;
  if (!is_due) {
    if (last_result_.ok()) return false;
    return last_result_;
  }
  last_result_ = shared_.Poll(live_);
  last_poll_ = clock_.SteadyNow();
  return last_result_;
}

Status SharedServingCertificate::CheckReady() const {
  if (shared_.is_ready()) return {};
  return Error{ErrorCode::kUnavailable, "caBundle of the webhook configuration does not trust the certificate yet"};
}

}  // namespace irsa::serve
