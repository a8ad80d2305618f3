// The Secret in which replicas share their certificates: type kubernetes.io/tls, so that everything that knows such
// Secrets can show it, with the authority's pair and the old authorities beside the serving pair.
// https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"

#include "certificate_renewal.h"

namespace irsa::serve {

// Of an answer with an object, which etcd keeps up to 1.5 MiB. A Secret's data are 1 MiB at most, a third more in
// base64, and metadata another 256 KiB.
inline constexpr size_t kMaxObjectBytes = 4 << 20;

// How long one request may take, and what ends it.
struct RequestBounds {
  base::SteadyTime deadline;
  std::stop_token stop;

  // Answered with an object.
  kube::ApiRequest Request(kube::Verb verb, std::string path) const;
};

struct StoredCertificates {
  CertificateSet set;  // a key that the Secret does not have is empty
  std::string resource_version;
};

// Calls may be made from any thread. No error quotes what the Secret holds.
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
  // kMalformed when the answer is no Secret; kUnavailable while it is being deleted; else as BodyOf.
  Result<std::optional<StoredCertificates>> Read(const RequestBounds& bounds) const;

  // kConflict when it exists already.
  Status Create(const CertificateSet& set, const RequestBounds& bounds) const;

  // kConflict when it is not the version that `stored` was read from any more. What else is in the Secret stays.
  Status Replace(const StoredCertificates& stored, const CertificateSet& set, const RequestBounds& bounds) const;

 private:
  kube::ApiServer& api_;
  const std::string name_;
  const std::string collection_;  // its path
  const std::string title_;       // "secret irsa/tls"
};

}  // namespace irsa::serve
