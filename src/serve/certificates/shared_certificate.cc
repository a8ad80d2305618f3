#include "shared_certificate.h"

#include <memory>
#include <utility>

#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_inspection.h"

#include "certificate_renewal.h"

namespace irsa::serve {
namespace {

using base::LogLevel;

// Each look costs the apiserver a read of the Secret and of each configuration; a caBundle that somebody has
// overwritten is wrong for that long.
constexpr std::chrono::seconds kPollInterval{5};
// Another replica can be ahead once or twice, not again and again.
constexpr int kMaxAttempts = 4;
constexpr std::chrono::seconds kRequestTimeout{5};
// Of an answer with an object, which etcd keeps up to 1.5 MiB. A Secret's data are 1 MiB at most, a third more in
// base64, and metadata another 256 KiB.
constexpr size_t kMaxObjectBytes = 4 << 20;
// How long a new authority must have been in every caBundle before it issues what is served: until every apiserver has
// seen it, which takes milliseconds each.
constexpr std::chrono::seconds kPropagation{30};

bool IsOvertaken(const Status& status) {
  return status.FailedWith(ErrorCode::kConflict) || status.FailedWith(ErrorCode::kNotFound);
}

std::vector<WebhookConfiguration> ConfigurationsOf(const SharedCertificateOptions& options) {
  std::vector<WebhookConfiguration> configurations;
  if (!options.mutating_configuration.empty()) {
    configurations.push_back({WebhookKind::kMutating, options.mutating_configuration});
  }
  if (!options.validating_configuration.empty()) {
    configurations.push_back({WebhookKind::kValidating, options.validating_configuration});
  }
  return configurations;
}

}  // namespace

SharedCertificate::SharedCertificate(kube::ApiServer& api, const base::Clock& clock, base::Log& log,
                                     SharedCertificateOptions options)
    : clock_(clock),
      log_(log),
      api_(api),
      options_(std::move(options)),
      secret_(api, options_.namespace_name, options_.secret_name) {}

Result<bool> SharedCertificate::Poll() {
  const bool is_due = !is_ready_ || !last_poll_ || clock_.SteadyNow() - *last_poll_ >= kPollInterval;
  if (!is_due) return last_result_.ok() ? Result<bool>(false) : last_result_;
  last_result_ = Renew();
  last_poll_ = clock_.SteadyNow();
  return last_result_;
}

Status SharedCertificate::CheckReady() const {
  if (is_ready_) return {};
  return Error{ErrorCode::kUnavailable, "caBundle of the webhook configuration does not trust the certificate yet"};
}

Result<bool> SharedCertificate::Renew() {
  const auto set = Settle();
  if (!set.ok()) return set.error();
  const Status bundles = KeepBundles(TrustBundle(*set));
  auto changed = Adopt(*set, bundles.ok());
  if (!changed.ok()) return changed;
  if (!bundles.ok()) return bundles.error();
  is_ready_ = true;
  return changed;
}

// What the Secret holds once it is right.
Result<CertificateSet> SharedCertificate::Settle() {
  const CertificateRules rules{options_.server_names, options_.authority_lifetime, options_.certificate_lifetime};
  Status written;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    auto stored = secret_.Read(Bounds());
    if (!stored.ok()) return std::move(stored).error();
    const CertificateSet* set = *stored ? &(*stored)->set : nullptr;
    auto plan = PlanCertificates({.stored = set,
                                  .last_good = last_good_ ? &*last_good_ : nullptr,
                                  .is_trusted = set != nullptr && IsTrusted(TrustBundle(*set)),
                                  .now = clock_.Now()},
                                 rules);
    if (!plan.ok()) return base::WithContext(std::move(plan).error(), secret_.title());
    if (plan->reason.empty()) return std::move(plan->target);
    written = secret_.Write(*stored ? &**stored : nullptr, plan->target, Bounds());
    if (written.ok()) {
      log_.Write(LogLevel::kInfo, "certificates written to the shared secret",
                 {{"secret", options_.namespace_name + "/" + options_.secret_name}, {"reason", plan->reason}});
      return std::move(plan->target);
    }
    if (!IsOvertaken(written)) break;
  }
  return written.error();
}

Status SharedCertificate::KeepBundles(const std::string& bundle) {
  // Not in every configuration until all of them have been seen to have it.
  const std::string before = std::exchange(trusted_bundle_, {});
  Status first_error;
  bool any_changed = false;
  for (const WebhookConfiguration& configuration : ConfigurationsOf(options_)) {
    auto changed = KeepCaBundle(api_, configuration, bundle, Bounds());
    for (int attempt = 1; attempt < kMaxAttempts && changed.FailedWith(ErrorCode::kConflict); ++attempt) {
      changed = KeepCaBundle(api_, configuration, bundle, Bounds());
    }
    if (configuration.kind == WebhookKind::kValidating) {
      const bool is_missing = changed.FailedWith(ErrorCode::kNotFound);
      NoteMissing(configuration, is_missing);
      if (is_missing) continue;
    }
    if (!changed.ok() && first_error.ok()) first_error = changed.error();
    if (!changed.ok() || !*changed) continue;
    any_changed = true;
    log_.Write(LogLevel::kInfo, "caBundle set", {{"configuration", NameOf(configuration)}});
  }
  if (!first_error.ok()) return first_error;
  if (any_changed || before != bundle) trusted_since_ = clock_.SteadyNow();
  trusted_bundle_ = bundle;
  return {};
}

void SharedCertificate::NoteMissing(const WebhookConfiguration& validating, bool is_missing) {
  if (std::exchange(is_validating_missing_, is_missing) || !is_missing) return;
  log_.Write(LogLevel::kInfo, "webhook configuration does not exist: its caBundle is set once it does",
             {{"configuration", NameOf(validating)}});
}

Result<bool> SharedCertificate::Adopt(const CertificateSet& set, bool bundles_are_right) {
  const auto current = live_.Get();
  const bool is_same = current && last_good_ && last_good_->serving == set.serving;
  if (!is_same) {
    // A pair that no caBundle is known to fit is taken only where there is nothing better.
    const bool is_usable = current && last_good_ && clock_.Now() < current->not_after;
    if (is_usable && !bundles_are_right && !IsIssuedWithin(set.serving, TrustBundle(*last_good_))) return false;
    auto pair = crypto::ParseKeyPair(set.serving.certificate, set.serving.key);
    if (!pair.ok()) return std::move(pair).error();
    log_.Write(LogLevel::kInfo, "serving the shared certificate",
               {{"not_after", base::FormatRfc3339(pair->not_after)}});
    live_.Set(std::make_shared<const crypto::KeyPair>(*std::move(pair)));
  }
  CertificateSet whole = set;  // so that memory that ends leaves no mixture of two
  last_good_ = std::move(whole);
  return !is_same;
}

bool SharedCertificate::IsTrusted(const std::string& bundle) const {
  return trusted_bundle_ == bundle && clock_.SteadyNow() - trusted_since_ >= kPropagation;
}

kube::ApiRequest SharedCertificate::Bounds() const {
  kube::ApiRequest request;
  request.deadline = clock_.SteadyNow() + kRequestTimeout;
  request.max_answer_bytes = kMaxObjectBytes;
  request.stop = options_.stop;
  return request;
}

}  // namespace irsa::serve
