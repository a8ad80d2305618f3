// One of several processes that share a certificate, with what the tests of that ask of it.
#pragma once

#include <string>

#include "irsa/base/json.h"

#include "src/serve/certificates/shared_certificate.h"
#include "test/kube/fake_object_store.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"

namespace irsa::serve {

inline constexpr const char* kSecretPath = "/api/v1/namespaces/irsa/secrets/irsa-tls";
inline constexpr const char* kConfigurationPath =
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/irsa";

SharedCertificateOptions ReplicaOptions();

// As somebody applies it, again and again: one webhook, no caBundle.
base::Json FreshConfiguration();

struct Replica {
  Replica(kube::ApiServer& api, const base::Clock& clock, SharedCertificateOptions options = ReplicaOptions())
      : certificate(api, clock, log, std::move(options)) {}

  // "changed", "unchanged", or the error's message.
  std::string Poll();
  // PEM of the certificate served now, "" when there is none.
  std::string Served() const;

  testing::FakeLog log;
  SharedCertificate certificate;
};

// The caBundle of the configuration's first webhook, PEM.
std::string CaBundleIn(const kube::FakeObjectStore& api);

// What the Secret holds under that key, decoded; "" when it does not.
std::string SecretText(const kube::FakeObjectStore& api, const std::string& key);

// Whether the apiserver would trust what the replica serves.
bool IsTrusted(const Replica& replica, const kube::FakeObjectStore& api);

}  // namespace irsa::serve
