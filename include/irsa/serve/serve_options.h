// What `irsa serve` or `irsa controller` was told on its command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "irsa/base/log.h"
#include "irsa/http/server/server.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/telemetry/stderr_log.h"

namespace irsa::serve {

struct ServeOptions {
  bool mutates_pods = true;  // false: `irsa controller`, which leaves that to kube-apiserver's policy
  std::string bind_address;  // empty: all
  int port = 8443;
  std::string metrics_bind_address;
  int metrics_port = 9999;
  std::string certificate_path = "/etc/webhook/certs/tls.crt";
  std::string key_path = "/etc/webhook/certs/tls.key";
  bool tls_self_managed = false;
  std::string tls_secret = "irsa-tls";   // the certificate's Secret, when it is self-managed
  bool is_tls_secret_given = false;      // existing manifests of the established webhook do
  std::string webhook_configuration;     // whose caBundle is then kept up to date
  std::string validating_configuration;  // likewise, where there is one; empty: none
  http::TlsVersion tls_min_version = http::TlsVersion::k12;
  std::string cipher_suites;
  std::string client_ca_path;
  std::string service_accounts_path;
  std::string container_credentials_path;  // of accounts that use EKS Pod Identity; empty: none
  std::string kubeconfig;                  // paths, as kube::ReadKubeconfig takes them
  std::string kube_api;                    // a URL in place of the one found
  bool watch_config_map = false;
  std::string namespace_name;  // empty: the cluster configuration's
  std::string service_name = "pod-identity-webhook";
  std::chrono::milliseconds lookup_grace_period{500};
  bool enables_debugging = false;  // the metrics port says what is known of an account
  bool reports_pods = false;       // that lack their account's identity
  identity::Settings settings;
  std::chrono::milliseconds shutdown_delay{5000};  // twice: ready, then not
  std::chrono::milliseconds shutdown_timeout{10000};
  size_t max_connections = 4096;
  size_t max_body_bytes = 7 << 20;
  std::chrono::milliseconds request_timeout{5000};
  base::LogLevel log_level = base::LogLevel::kInfo;
  telemetry::LogFormat log_format = telemetry::LogFormat::kJson;
  std::vector<std::string> ignored;  // flags of other webhooks' manifests that were given and have no effect
};

}  // namespace irsa::serve
