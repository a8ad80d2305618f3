#include "irsa/serve/webhook.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

#include "irsa/base/memory.h"
#include "irsa/crypto/key_pair.h"

#include "serve/certificates/shared_certificate.h"
#include "webhook_routes.h"

namespace irsa::serve {
namespace {

using base::LogLevel;

// How often changed files are looked for: two or three small reads. A shared certificate decides itself how often to
// ask.
constexpr std::chrono::milliseconds kPollInterval{1000};
// Prometheus, the kubelet's probes and a person need a handful. The others give a probe the time to send its request
// while hundreds of connections come in anew: 10,000 a second take 25 ms to fill half of them. Out of the descriptors
// that the webhook's port leaves to the rest.
constexpr size_t kMaxOperationsConnections = 512;
// As much as the unfinished heads of all its connections, 16 KiB each (request_framer.h), instead of a second 48 MiB. A
// page of metrics that is not taken at once has 20 KiB.
constexpr size_t kMaxOperationsBufferedBytes = 8 << 20;
// They send a request at once.
constexpr std::chrono::milliseconds kOperationsTimeout{1000};
// How often readiness is looked at, for the log, before it is there: soon at first, then seldom.
constexpr std::chrono::milliseconds kFirstLook{5};
constexpr std::chrono::milliseconds kLastLook{1000};

constexpr const char* kServiceAccounts = "service-accounts";
constexpr const char* kContainerCredentials = "container-credentials";
constexpr const char* kCertificate = "certificate";

telemetry::KnownLabels AllLabels(const ServeOptions& options, bool is_in_cluster) {
  telemetry::KnownLabels labels;
  labels.outcomes.assign(admission::kOutcomeNames.begin(), admission::kOutcomeNames.end());
  labels.warning_reasons.assign(identity::kWarningReasonNames.begin(), identity::kWarningReasonNames.end());
  labels.reloads = {kCertificate};
  labels.handshake_failures.assign(http::kHandshakeFailureNames.begin(), http::kHandshakeFailureNames.end());
  if (!options.service_accounts_path.empty()) labels.reloads.emplace_back(kServiceAccounts);
  if (!options.container_credentials_path.empty()) labels.reloads.emplace_back(kContainerCredentials);
  if (is_in_cluster && options.watch_config_map) labels.reloads.emplace_back(kConfigMapReload);
  return labels;
}

}  // namespace

Webhook::Webhook(const ServeOptions& options, const std::optional<kube::ClusterConfig>& cluster,
                 base::SteadyTime started)
    : options_(options),
      started_(started),
      log_(options.log_level, options.log_format),
      metrics_(AllLabels(options, cluster.has_value()), IRSA_VERSION),
      reloader_(metrics_, log_, stopping_.get_token()),
      cluster_(cluster ? std::make_unique<ClusterConnection>(*cluster,
                                                             ClusterConnectionParts{files_, clock_, log_, &metrics_})
                       : nullptr),
      policy_support_(options.mutates_pods || cluster_ == nullptr
                          ? nullptr
                          : std::make_unique<PolicySupport>(cluster_->api(), clock_, log_, stopping_.get_token())),
      identities_(MakeIdentities()),
      listed_accounts_(
          options.container_credentials_path.empty()
              ? nullptr
              : std::make_unique<identity::ContainerCredentialsFile>(files_, log_, options.container_credentials_path)),
      pod_identities_(listed_accounts_ == nullptr
                          ? nullptr
                          : std::make_unique<identity::ListedPodIdentities>(*listed_accounts_, identities_->accounts(),
                                                                            identities_->source(), options.settings)),
      config_maps_(options.settings.respects_env_from && cluster_ != nullptr
                       ? std::make_unique<identity::ClusterConfigMaps>(cluster_->api(), clock_, log_)
                       : nullptr),
      certificate_(MakeCertificate()),
      certificate_reloader_(metrics_, log_, stopping_.get_token()),
      reviews_(options.settings, identity_source(), config_maps_.get()) {
  if (policy_support_ != nullptr) readiness_.AddCheck("policy", [this] { return policy_support_->CheckReady(); });
  readiness_.AddCheck("identities", [this] { return identities_->CheckReady(); });
  readiness_.AddCheck("certificate", [this] { return certificate_->CheckReady(); });
}

std::unique_ptr<IdentityService> Webhook::MakeIdentities() {
  if (!options_.service_accounts_path.empty()) {
    return std::make_unique<FileIdentityService>(files_, clock_, options_.service_accounts_path, options_.settings);
  }
  ClusterIdentityOptions identities{.settings = options_.settings, .lookup = {}, .config_map_namespace = {}};
  identities.lookup.grace_period = options_.lookup_grace_period;
  if (options_.watch_config_map) {
    identities.config_map_namespace = NamespaceName();
  }
  return std::make_unique<ClusterIdentityService>(cluster_->api(), kube::ReflectorTools{clock_, waiter_, log_},
                                                  identities);
}

identity::IdentitySource& Webhook::identity_source() {
  if (pod_identities_ != nullptr) return *pod_identities_;
  return identities_->source();
}

std::string Webhook::NamespaceName() const {
  return options_.namespace_name.empty() ? cluster_->namespace_name() : options_.namespace_name;
}

std::unique_ptr<ServingCertificate> Webhook::MakeCertificate() {
  if (!options_.tls_self_managed) {
    return std::make_unique<FileServingCertificate>(files_, clock_, options_.certificate_path, options_.key_path);
  }
  SharedCertificateOptions shared;
  shared.namespace_name = NamespaceName();
  shared.secret_name = options_.tls_secret;
  shared.server_names = {options_.service_name + "." + shared.namespace_name + ".svc"};
  if (options_.mutates_pods) shared.mutating_configuration = options_.webhook_configuration;
  shared.validating_configuration = options_.validating_configuration;
  shared.stop = stopping_.get_token();
  return std::make_unique<SharedCertificate>(cluster_->api(), clock_, log_, std::move(shared));
}

Status Webhook::Load() {
  if (Status certificate = certificate_->Load(); !certificate.ok()) return certificate;
  certificate_reloader_.Add(kCertificate, [this] { return certificate_->Poll(); });
  reloader_.Add(kServiceAccounts, [this] { return identities_->Poll(); });
  if (listed_accounts_ != nullptr) {
    if (Status listed = listed_accounts_->Load(); !listed.ok()) return listed;
    listed_at_ = clock_.Now();
    reloader_.Add(kContainerCredentials, [this] {
      Result<bool> changed = listed_accounts_->Poll();
      if (changed.ok() && *changed) listed_at_ = clock_.Now();
      return changed;
    });
  }
  if (cluster_ != nullptr) {
    if (Status credentials = cluster_->Load(); !credentials.ok()) return credentials;
  }
  return identities_->Load();
}

Status Webhook::StartServer() {
  http::TlsOptions tls{.certificate = &certificate_->live(),
                       .min_version = options_.tls_min_version,
                       .cipher_suites = options_.cipher_suites,
                       .client_ca_pem = {}};
  if (!options_.client_ca_path.empty()) {
    Result<std::string> pem = crypto::ReadCaFile(files_, options_.client_ca_path);
    if (!pem.ok()) return WithContext(pem.error(), "--client-ca");
    tls.client_ca_pem = std::move(pem).value();
  }
  http::ServerOptions server;
  server.bind_address = options_.bind_address;
  server.port = options_.port;
  server.tls = std::move(tls);
  server.max_connections = options_.max_connections;
  server.max_body_bytes = options_.max_body_bytes;
  server.max_buffered_bytes = std::max(server.max_buffered_bytes, 2 * options_.max_body_bytes);
  server.request_timeout = options_.request_timeout;
  server.on_exception = LogAndCountBugs(metrics_, log_);
  server.on_handshake_failure = LogAndCountHandshakes(metrics_, log_, clock_);
  server.waiting_handlers = identities_->max_waiting() + admission::kMaxWaitingReviews;
  if (config_maps_ != nullptr) server.waiting_handlers += identity::ConfigMapOptions().max_waiting;
  auto started = http::Server::Start(std::move(server), Routes());
  if (!started.ok()) return started.error();
  server_ = std::move(started).value();
  if (server_->max_connections() < options_.max_connections) {
    log_.Write(LogLevel::kWarning, "--max-connections lowered: the limit on open file descriptors is too low",
               {{"max_connections", std::to_string(server_->max_connections())}});
  }
  return {};
}

std::vector<http::Route> Webhook::Routes() {
  using admission::ReviewHandler;
  const auto review = [this](std::string path, ReviewSubject subject, auto answer) {
    return ReviewRoute(std::move(path), subject, std::bind_front(answer, &reviews_), metrics_, log_, clock_);
  };
  std::vector<http::Route> routes;  // the busiest one first
  if (options_.mutates_pods) routes.push_back(review("/mutate", ReviewSubject::kPod, &ReviewHandler::Mutate));
  routes.push_back(review("/warn", ReviewSubject::kOther, &ReviewHandler::Warn));
  routes.push_back(review("/validate", ReviewSubject::kOther, &ReviewHandler::Validate));
  routes.push_back(HealthRoute());
  return routes;
}

Status Webhook::StartOperations() {
  http::ServerOptions server;
  server.bind_address = options_.metrics_bind_address;
  server.port = options_.metrics_port;
  server.max_connections = kMaxOperationsConnections;
  server.max_body_bytes = 0;  // no path takes one
  server.max_buffered_bytes = kMaxOperationsBufferedBytes;
  server.request_timeout = kOperationsTimeout;
  server.threads = 1;
  server.on_exception = LogBugs(log_);
  std::vector<http::Route> routes = OperationsRoutes(
      readiness_, metrics_, [this] { return Measure(); }, clock_);
  if (options_.enables_debugging) {
    routes.push_back(AccountRoute([this](const identity::AccountName& name) { return FindKnown(name); }));
  }
  auto started = http::Server::Start(std::move(server), std::move(routes));
  if (!started.ok()) return WithContext(started.error(), "the metrics port");
  operations_ = std::move(started).value();
  return {};
}

Result<std::optional<identity::KnownAccount>> Webhook::FindKnown(const identity::AccountName& name) {
  if (Status ready = identities_->CheckReady(); !ready.ok()) return ready.error();
  std::optional<identity::KnownAccount> known = identities_->FindKnown(name);
  if (listed_accounts_ == nullptr || !listed_accounts_->Lists(name)) return known;
  const auto account = known ? known->account : nullptr;
  return std::optional(identity::KnownAccount{identity::WithPodIdentity(name, account, options_.settings),
                                              "file " + options_.container_credentials_path, listed_at_.load()});
}

Status Webhook::Start() {
  std::vector<std::string> ignored = options_.ignored;
  if (options_.is_tls_secret_given && !options_.tls_self_managed) ignored.emplace_back("--tls-secret");
  if (!options_.mutates_pods && !options_.webhook_configuration.empty())
    ignored.emplace_back("--webhook-configuration");
  if (cluster_ == nullptr) {  // the accounts come from a file, and nothing else needs the cluster
    if (!options_.kubeconfig.empty()) ignored.emplace_back("--kubeconfig");
    if (!options_.kube_api.empty()) ignored.emplace_back("--kube-api");
  }
  for (const std::string& flag : ignored) {
    log_.Write(LogLevel::kInfo, "flag ignored: it has no effect here", {{"flag", flag}});
  }
  if (policy_support_ != nullptr) {
    // Of an apiserver that does not answer nothing is known, and readiness waits for it.
    Status supported = policy_support_->Look();
    if (supported.FailedWith(ErrorCode::kInvalid)) return supported;
  }
  identities_->Start();  // a list may be on its way while the ports open
  if (options_.reports_pods) pod_reporting_ = MakePodReporting();
  if (Status server = StartServer(); !server.ok()) return server;
  // Last, so that whoever finds the port open finds everything behind it.
  if (Status operations = StartOperations(); !operations.ok()) return operations;
  const auto on_exception = [this](std::string_view what) { LogInterruption(log_, "reload", what); };
  polling_ = std::make_unique<base::Periodic>(
      kPollInterval, [this] { reloader_.PollAll(); }, on_exception);
  certificate_polling_ = std::make_unique<base::Periodic>(
      kPollInterval,
      [this] {
        certificate_reloader_.PollAll();
        if (policy_support_ != nullptr) policy_support_->Poll();
      },
      on_exception);
  log_.Write(LogLevel::kInfo, "listening",
             {{"port", std::to_string(server_->port())},
              {"metrics_port", std::to_string(operations_->port())},
              {"identities_from",
               options_.service_accounts_path.empty() ? cluster_->server() : options_.service_accounts_path},
              {"version", IRSA_VERSION}});
  return {};
}

std::unique_ptr<PodReporting> Webhook::MakePodReporting() {
  const auto knows_identities = [this] { return identities_->CheckReady().ok(); };
  const PodReportingTools tools{cluster_->api(), identity_source(), clock_, waiter_, log_, metrics_, knows_identities};
  audit::PodScanOptions scan;
  scan.settings = options_.settings;
  scan.is_by_policy_alone = !options_.mutates_pods;
  // deploy/ gives Service and configuration one name.
  if (options_.mutates_pods) {
    scan.webhook_name = options_.webhook_configuration.empty() ? options_.service_name : options_.webhook_configuration;
  }
  return std::make_unique<PodReporting>(tools, std::move(scan), LeaseName{NamespaceName(), options_.service_name});
}

bool Webhook::WaitUntilReady(const TerminationSignals& signals) {
  for (auto look = kFirstLook; !readiness_.Read().ready; look = std::min(look * 2, kLastLook)) {
    if (signals.WaitFor(look)) return false;
  }
  const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(clock_.SteadyNow() - started_);
  log_.Write(LogLevel::kInfo, "ready",
             {{"port", std::to_string(server_->port())},
              {"metrics_port", std::to_string(operations_->port())},
              {"identities", std::to_string(identities_->size())},
              {"started_in_us", std::to_string(elapsed.count())},
              {"version", IRSA_VERSION}});
  base::ReturnFreedMemory();  // of the start
  return true;
}

telemetry::Measurements Webhook::Measure() const {
  telemetry::Measurements measured;
  identities_->Report(measured);
  if (const auto pair = certificate_->live().Get()) measured.certificate_expiry = pair->not_after;
  measured.is_leader = pod_reporting_ != nullptr && pod_reporting_->leads();
  measured.lost_log_lines = log_.lost_lines();
  measured.connections = server_->connection_count();
  http::ServerCounters counters = server_->counters();
  measured.evicted_connections = std::move(counters.evicted);
  measured.refused_connections = counters.refused;
  measured.cut_answers = counters.cut_answers;
  return measured;
}

void Webhook::ServeUntilTold(const TerminationSignals& signals) {
  if (WaitUntilReady(signals)) signals.Wait();
  if (pod_reporting_ != nullptr) pod_reporting_->StepDown();
  server_->SendClientsAway();
  log_.Write(LogLevel::kInfo, "stop signal received: serving until the shutdown delay ends",
             {{"delay_ms", std::to_string(options_.shutdown_delay.count())}});
  // Ready all the while: EndpointSlices mark a pod that is being deleted as not ready by themselves, and where no other
  // pod is ready, kube-proxy falls back to it only as long as it serves, which is what /readyz says.
  bool told_again = signals.WaitFor(options_.shutdown_delay);
  readiness_.StartShutdown();
  if (!told_again) {
    // The port stays open until the probes have found that it does not serve, and kube-proxy has taken it out: while
    // all pods are being deleted, those of the deletion before would otherwise be sent to after they have gone.
    log_.Write(LogLevel::kInfo, "no longer ready: serving for the shutdown delay once more");
    told_again = signals.WaitFor(options_.shutdown_delay);
  }
  if (told_again) log_.Write(LogLevel::kInfo, "second stop signal: skipping the shutdown delay");
  stopping_.request_stop();
  const bool answered_all = server_->Drain(options_.shutdown_timeout);
  log_.Write(answered_all ? LogLevel::kInfo : LogLevel::kWarning,
             answered_all ? "stopped: every request was answered"
                          : "stopped: requests still in flight at the shutdown timeout were cut off");
}

}  // namespace irsa::serve
