// The certificate that the webhook serves with, kept current in one of two ways: from files, or from the Secret that
// the replicas share (docs/certificates.md).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/crypto/live_certificate.h"
#include "irsa/serve/certificates/shared_certificate.h"

namespace irsa::serve {

// Load and Poll are for one thread at a time; the rest for any.
class ServingCertificate {
 public:
  virtual ~ServingCertificate() = default;

  // What can be had before serving begins. An error is fatal: it names what the user must mend.
  virtual Status Load() = 0;

  // As Reloader wants it.
  virtual Result<bool> Poll() = 0;

  // Whether the apiserver can call this process, and if not, why.
  virtual Status CheckReady() const = 0;

  const crypto::LiveCertificate& live() const { return live_; }

 protected:
  crypto::LiveCertificate live_{nullptr};
};

// From two files, which must be there at the start; a pair that no client accepts replaces no better one.
class FileServingCertificate final : public ServingCertificate {
 public:
  // `files` and `clock` outlive this object.
  FileServingCertificate(const base::FileReader& files, const base::Clock& clock, std::string certificate_path,
                         std::string key_path);

  Status Load() override;
  Result<bool> Poll() override { return files_.Poll(live_); }
  // Not while the certificate is one that no client accepts.
  Status CheckReady() const override;

 private:
  const base::Clock& clock_;
  crypto::CertificateFiles files_;
};

// From the Secret, through the apiserver: handshakes fail and the process is not ready until that has answered once.
class SharedServingCertificate final : public ServingCertificate {
 public:
  // The references outlive this object.
  SharedServingCertificate(kube::ApiServer& api, const base::Clock& clock, base::Log& log,
                           SharedCertificateOptions options);

  Status Load() override { return {}; }
  // Asks the apiserver every few seconds only, however often it is called, once the process is ready.
  Result<bool> Poll() override;
  Status CheckReady() const override;

 private:
  const base::Clock& clock_;
  SharedCertificate shared_;
  std::optional<base::SteadyTime> last_poll_;
  Result<bool> last_result_ = false;
};

}  // namespace irsa::serve
