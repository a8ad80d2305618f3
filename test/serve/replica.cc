#include "test/serve/replica.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "irsa/base/base64.h"
#include "irsa/crypto/certificate_inspection.h"

#include "src/serve/certificates/certificate_renewal.h"

namespace irsa::serve {

SharedCertificateOptions ReplicaOptions() {
  SharedCertificateOptions options;
  options.namespace_name = "irsa";
  options.secret_name = "irsa-tls";
  options.server_names = {"irsa.irsa.svc"};
  options.mutating_configuration = "irsa";
  return options;
}

base::Json FreshConfiguration() {
  return kube::Json::parse(R"({"metadata": {"name": "irsa"}, "webhooks": [
    {"name": "pods.irsa.dev", "clientConfig": {"service": {"name": "irsa", "namespace": "irsa"}}}]})");
}

std::string Replica::Poll() {
  const auto changed = certificate.Renew();
  if (!changed.ok()) return changed.error().message;
  return *changed ? "changed" : "unchanged";
}

std::string Replica::Served() const {
  const auto pair = certificate.live().Current();
  if (!pair) return "";
  const crypto::OpenSslPtr<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), pair->leaf.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string CaBundleIn(const kube::FakeObjectStore& api) {
  const kube::Json configuration = api.Get(kConfigurationPath);
  return base::DecodeBase64(configuration.at("webhooks").at(0).at("clientConfig").value("caBundle", "")).value();
}

std::string SecretText(const kube::FakeObjectStore& api, const std::string& key) {
  const kube::Json secret = api.Get(kSecretPath);
  return secret.is_null() ? "" : base::DecodeBase64(secret.at("data").value(key, "")).value();
}

bool IsTrusted(const Replica& replica, const kube::FakeObjectStore& api) {
  return IsIssuedWithin({replica.Served(), ""}, CaBundleIn(api));
}

}  // namespace irsa::serve
