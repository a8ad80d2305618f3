// The serving certificate that all replicas share, without cert-manager or another tool: stored in one Secret, renewed
// by the replica that acts first, and trusted by the apiserver through the caBundle of the webhook configurations.
// docs/certificates.md describes it for users.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/serve/certificates/serving_certificate.h"

#include "certificate_secret.h"
#include "webhook_ca_bundle.h"

namespace irsa::serve {

struct SharedCertificateOptions {
  std::string namespace_name;  // of the Secret
  std::string secret_name;
  std::vector<std::string> server_names;  // "irsa.irsa-system.svc": what the apiserver calls the webhook by
  // Configurations whose caBundle is kept; empty: there is none of that kind. Without the mutating one the webhook is
  // never called, so it must exist; the other one may come and go.
  std::string mutating_configuration;
  std::string validating_configuration;
  std::chrono::seconds authority_lifetime = std::chrono::hours(3 * 365 * 24);
  std::chrono::seconds certificate_lifetime = std::chrono::hours(90 * 24);
  std::stop_token stop = {};  // ends requests under way
};

// From the Secret, through the apiserver: handshakes fail and the process is not ready until that has answered once.
//
// Replicas agree by optimistic concurrency alone: a Secret that another one has made or renewed meanwhile is read and
// used. Whatever fails leaves the pair that is served in place. What it does is logged, and no key ever is.
class SharedCertificate final : public ServingCertificate {
 public:
  // All three outlive this object.
  SharedCertificate(kube::ApiServer& api, const base::Clock& clock, base::Log& log, SharedCertificateOptions options);

  Status Load() override { return {}; }
  // Renews, once the process is ready every few seconds only, however often it is called.
  Result<bool> Poll() override;
  // Ready from the first time on that the caBundles were right while there was a pair. That does not end again, since
  // an apiserver that is away calls nobody.
  Status CheckReady() const override;

  // Creates, renews or repairs the Secret when due, updates the caBundles, and serves the Secret's pair. Whether that
  // was changed. Costs one read of the Secret and of each configuration while nothing changes. Errors name the object
  // and what to do about it; they are returned at each call until all is well, even where the pair was changed. As
  // Poll, for one thread at a time.
  Result<bool> Renew();

 private:
  Result<CertificateSet> Settle();
  Status KeepBundles(const std::string& bundle);
  void NoteMissing(const WebhookConfiguration& validating, bool is_missing);
  Result<bool> Adopt(const CertificateSet& set, bool bundles_are_right);
  bool IsTrusted(const std::string& bundle) const;
  kube::ApiRequest Bounds() const;

  const base::Clock& clock_;
  base::Log& log_;
  kube::ApiServer& api_;
  const SharedCertificateOptions options_;
  const CertificateSecret secret_;
  std::optional<CertificateSet> last_good_;  // that the served pair is of; nothing before the first
  std::string trusted_bundle_;               // what all caBundles were when last looked at; empty: not all the same
  base::SteadyTime trusted_since_;
  bool is_validating_missing_ = false;  // when last looked at
  std::atomic<bool> is_ready_ = false;
  std::optional<base::SteadyTime> last_poll_;
  Result<bool> last_result_ = false;  // of it
};

}  // namespace irsa::serve
