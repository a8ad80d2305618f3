// The Secret in which replicas share their certificates: type kubernetes.io/tls, so that everything that knows such
// Secrets can show it, with the authority's pair and the old authorities beside the serving pair.
// https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
#pragma once

#include <optional>
#include <string>

#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"

#include "certificate_renewal.h"

namespace irsa::serve {

struct StoredCertificates {
  CertificateSet set;  // a key that the Secret does not have is empty
  std::string resource_version;
};

// Calls may be made from any thread. Each takes the bounds of its request: deadline, stop and size of the answer. No
// error quotes what the Secret holds.
class CertificateSecret {
 public:
  // Its annotation: a Secret without it that holds anything is somebody else's, and is not touched.
  static constexpr const char* kAnnotation = "irsa.dev/certificate";
  static constexpr const char* kSelfManaged = "self-managed";

  // `api` outlives this object. Both names are DNS names.
  CertificateSecret(kube::ApiServer& api, const std::string& namespace_name, std::string name);

  // "secret irsa/tls": what messages call it.
  const std::string& title() const { return title_; }

  // Nothing when it does not exist. kInvalid, saying what to do, when it is of another type or somebody else's;
  // kMalformed when the answer is no Secret; kUnavailable while it is being deleted; else as RequestObject.
  Result<std::optional<StoredCertificates>> Read(kube::ApiRequest request) const;

  // Creates it, `stored` being null: kConflict when it exists already. Else replaces what it holds: kConflict when it
  // is not the version that `stored` was read from any more. What else is in the Secret stays.
  Status Write(const StoredCertificates* stored, const CertificateSet& set, kube::ApiRequest request) const;

 private:
  kube::ApiServer& api_;
  const std::string name_;
  const std::string collection_;  // its path
  const std::string title_;       // "secret irsa/tls"
};

}  // namespace irsa::serve
