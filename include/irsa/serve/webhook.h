// What `irsa serve` and `irsa controller` run: the object graph of the process, from its options to its two ports.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "irsa/admission/account_handler.h"
#include "irsa/admission/pod_handler.h"
#include "irsa/admission/workload_handler.h"
#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/base/waiting.h"
#include "irsa/http/server/server.h"
#include "irsa/identity/sources/cluster_config_maps.h"
#include "irsa/identity/sources/container_credentials_file.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/serve/certificates/serving_certificate.h"
#include "irsa/serve/cluster_connection.h"
#include "irsa/serve/identity_service.h"
#include "irsa/serve/pod_reporting.h"
#include "irsa/serve/policy_support.h"
#include "irsa/serve/readiness.h"
#include "irsa/serve/reloader.h"
#include "irsa/serve/serve_options.h"
#include "irsa/serve/termination_signals.h"
#include "irsa/telemetry/metrics.h"
#include "irsa/telemetry/stderr_log.h"

namespace irsa::serve {

// Everything that serves, built in the order of its members and taken down in the reverse one. For one thread: Load,
// Start, ServeUntilTold.
class Webhook {
 public:
  // `options` outlive it. Without a cluster, they name files of service accounts and of the certificate.
  Webhook(const ServeOptions& options, const std::optional<kube::ClusterConfig>& cluster, base::SteadyTime started);

  // Errors name the file that the user must mend.
  Status Load();
  // kInvalid for options that cannot be.
  Status Start();
  void ServeUntilTold(const TerminationSignals& signals);

 private:
  std::string NamespaceName() const;  // irsa's own; there is a cluster
  std::unique_ptr<IdentityService> MakeIdentities();
  std::unique_ptr<ServingCertificate> MakeCertificate();
  identity::IdentitySource& identity_source();
  Status StartOperations();
  Result<std::optional<identity::KnownAccount>> FindKnown(const identity::AccountName& name);
  Status StartServer();
  std::vector<http::Route> Routes();
  std::unique_ptr<PodReporting> MakePodReporting();
  telemetry::Measurements Measure() const;
  // Says so in the log when it can answer reviews; false when told to stop before.
  bool WaitUntilReady(const TerminationSignals& signals);

  const ServeOptions& options_;
  const base::SteadyTime started_;
  const base::SystemClock clock_;
  const base::DiskFileReader files_;
  base::ThreadWaiter waiter_;
  telemetry::StderrLog log_;
  telemetry::Metrics metrics_;
  std::stop_source stopping_;  // ends what policy_support_ and certificate_ ask the apiserver, and reloading
  Reloader reloader_;
  Readiness readiness_;
  std::unique_ptr<ClusterConnection> cluster_;     // null: there is none
  std::unique_ptr<PolicySupport> policy_support_;  // null: irsa mutates pods itself
  std::unique_ptr<IdentityService> identities_;
  std::unique_ptr<identity::ContainerCredentialsFile> listed_accounts_;  // null, as the next: no such file
  std::unique_ptr<identity::ListedPodIdentities> pod_identities_;
  std::atomic<base::SystemTime> listed_at_;                   // when that file was taken up
  std::unique_ptr<identity::ClusterConfigMaps> config_maps_;  // null: containers' ConfigMaps are not read
  std::unique_ptr<ServingCertificate> certificate_;
  Reloader certificate_reloader_;  // apart from the other: an apiserver that does not answer holds it up
  admission::PodHandler handler_;
  admission::WorkloadHandler workloads_;
  admission::AccountHandler accounts_;
  std::unique_ptr<PodReporting> pod_reporting_;  // null: not wanted
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> operations_;
  std::unique_ptr<base::Periodic> polling_;
  std::unique_ptr<base::Periodic> certificate_polling_;
};

}  // namespace irsa::serve
