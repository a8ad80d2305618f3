// The certificate that the webhook serves with, kept current in one of two ways: from files, or from the Secret that
// the replicas share (shared_certificate.h; docs/certificates.md).
#pragma once

#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/crypto/live_certificate.h"

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

}  // namespace irsa::serve
