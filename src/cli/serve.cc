#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "irsa/admission/admission_handler.h"
#include "irsa/base/clock.h"
#include "irsa/base/file_reader.h"
#include "irsa/base/periodic.h"
#include "irsa/cli/command.h"
#include "irsa/cli/readiness.h"
#include "irsa/cli/reloader.h"
#include "irsa/cli/run.h"
#include "irsa/cli/serve_options.h"
#include "irsa/cli/termination_signals.h"
#include "irsa/cli/webhook_routes.h"
#include "irsa/http/server.h"
#include "irsa/kube/service_account_file.h"
#include "irsa/telemetry/metrics.h"
#include "irsa/telemetry/stderr_log.h"
#include "irsa/tls/live_certificate.h"

namespace irsa::cli {
namespace {

using base::LogLevel;

// How often changed files are looked for: two or three small reads.
constexpr std::chrono::milliseconds kPollInterval{1000};
constexpr size_t kMaxClientCaBytes = 1 << 20;

constexpr const char* kServiceAccounts = "service-accounts";
constexpr const char* kCertificate = "certificate";

// Everything that serves, built in the order of its members and taken down in the reverse one.
class Webhook {
 public:
  Webhook(const ServeOptions& options, base::SteadyTime started);

  base::Status Start();
  void ServeUntilTold(const TerminationSignals& signals);

 private:
  base::Status LoadFiles();
  base::Status StartOperations();
  base::Status StartServer();
  void RefreshMetrics();

  const ServeOptions& options_;
  const base::SteadyTime started_;
  const base::SystemClock clock_;
  const base::DiskFileReader files_;
  telemetry::StderrLog log_;
  telemetry::Metrics metrics_;
  Reloader reloader_;
  Readiness readiness_;
  kube::ServiceAccountFile identities_;
  tls::CertificateFiles certificate_files_;
  std::unique_ptr<tls::LiveCertificate> certificate_;
  admission::AdmissionHandler handler_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> operations_;
  std::unique_ptr<base::Periodic> polling_;
};

telemetry::KnownLabels AllLabels() {
  telemetry::KnownLabels labels;
  for (const admission::Outcome outcome : admission::kAllOutcomes) labels.outcomes.emplace_back(OutcomeName(outcome));
  for (const mutation::WarningReason reason : mutation::kAllWarningReasons) {
    labels.warning_reasons.emplace_back(WarningReasonName(reason));
  }
  labels.reloads = {kServiceAccounts, kCertificate};
  return labels;
}

Webhook::Webhook(const ServeOptions& options, base::SteadyTime started)
    : options_(options),
      started_(started),
      log_(options.log_level, options.log_format),
      metrics_(AllLabels(), IRSA_VERSION),
      reloader_(metrics_, log_),
      identities_(files_, options.service_accounts_path, options.settings),
      certificate_files_(files_, options.certificate_path, options.key_path),
      handler_(options.settings, identities_) {}

base::Status Webhook::LoadFiles() {
  base::Result<std::shared_ptr<const tls::KeyPair>> pair = certificate_files_.Load();
  if (!pair.ok()) return pair.error();
  certificate_ = std::make_unique<tls::LiveCertificate>(std::move(pair).value());
  reloader_.Add(kCertificate, [this] { return certificate_files_.Poll(*certificate_); });
  reloader_.Add(kServiceAccounts, [this] { return identities_.Poll(); });
  return identities_.Load();
}

base::Status Webhook::StartServer() {
  http::TlsOptions tls{.certificate = certificate_.get(),
                       .min_version = options_.tls_min_version,
                       .cipher_suites = options_.cipher_suites,
                       .client_ca_pem = {}};
  if (!options_.client_ca_path.empty()) {
    base::Result<std::string> pem = files_.Read(options_.client_ca_path, kMaxClientCaBytes);
    if (!pem.ok()) return WithContext(pem.error(), "--client-ca");
    tls.client_ca_pem = std::move(pem).value();
  }
  http::ServerOptions server;
  server.bind_address = options_.bind_address;
  server.port = options_.port;
  server.tls = std::move(tls);
  server.max_connections = options_.max_connections;
  server.max_body_bytes = options_.max_body_bytes;
  server.request_timeout = options_.request_timeout;
  server.on_exception = [this](std::string_view path, std::string_view what) {
    metrics_.CountAdmission(OutcomeName(admission::Outcome::kError), std::chrono::nanoseconds(0));
    log_.Write(LogLevel::kError, "a request met a bug", {{"path", std::string(path)}, {"what", std::string(what)}});
  };
  auto started = http::Server::Start(std::move(server), WebhookRoutes(handler_, metrics_, log_, clock_));
  if (!started.ok()) return started.error();
  server_ = std::move(started).value();
  return {};
}

base::Status Webhook::StartOperations() {
  http::ServerOptions server;
  server.bind_address = options_.metrics_bind_address;
  server.port = options_.metrics_port;
  server.threads = 1;
  auto started =
      http::Server::Start(std::move(server), OperationsRoutes(readiness_, metrics_, [this] { RefreshMetrics(); }));
  if (!started.ok()) return WithContext(started.error(), "the metrics port");
  operations_ = std::move(started).value();
  return {};
}

base::Status Webhook::Start() {
  for (const std::string& flag : options_.ignored) {
    log_.Write(LogLevel::kInfo, "flag accepted from an existing manifest, without effect", {{"flag", flag}});
  }
  if (base::Status loaded = LoadFiles(); !loaded.ok()) return loaded;
  if (base::Status server = StartServer(); !server.ok()) return server;
  // Last, so that whoever finds the port open finds everything behind it.
  if (base::Status operations = StartOperations(); !operations.ok()) return operations;
  polling_ = std::make_unique<base::Periodic>(kPollInterval, [this] { reloader_.PollAll(); });
  const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(clock_.SteadyNow() - started_);
  log_.Write(LogLevel::kInfo, "ready",
             {{"port", std::to_string(server_->port())},
              {"metrics_port", std::to_string(operations_->port())},
              {"identities", std::to_string(identities_.size())},
              {"started_in_us", std::to_string(elapsed.count())},
              {"version", IRSA_VERSION}});
  return {};
}

void Webhook::RefreshMetrics() {
  metrics_.SetIdentities(identities_.size());
  metrics_.SetCertificateExpiry(certificate_->Current()->not_after);
  metrics_.SetConnections(server_->connection_count());
}

void Webhook::ServeUntilTold(const TerminationSignals& signals) {
  signals.Wait();
  readiness_.StartShutdown();
  server_->SendClientsAway();
  log_.Write(LogLevel::kInfo, "told to stop: not ready any more, serving on for the shutdown delay",
             {{"delay_ms", std::to_string(options_.shutdown_delay.count())}});
  if (signals.WaitFor(options_.shutdown_delay)) log_.Write(LogLevel::kInfo, "told again: the delay is cut short");
  const bool answered_all = server_->Drain(options_.shutdown_timeout);
  log_.Write(answered_all ? LogLevel::kInfo : LogLevel::kWarning,
             answered_all ? "stopped, every request was answered" : "stopped, requests were cut off at the time-out");
}

int RunServe(const ServeOptions& options) {
  const base::SteadyTime started = base::SystemClock().SteadyNow();
  if (options.service_accounts_path.empty()) {
    std::fprintf(stderr,
                 "irsa serve: no source of identities: give --service-accounts FILE "
                 "(this version does not read them from a cluster)\n");
    return kUsage;
  }
  const TerminationSignals signals;
  Webhook webhook(options, started);
  if (const base::Status status = webhook.Start(); !status.ok()) {
    std::fprintf(stderr, "irsa serve: %s\n", status.error().message.c_str());
    return kFailed;
  }
  webhook.ServeUntilTold(signals);
  return kDone;
}

}  // namespace

void AddServe(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("serve", "Serve the mutating admission webhook");
  const auto options = std::make_shared<ServeOptions>();
  AddServeOptions(*command, *options);
  command->callback([&run, options] { run = [options] { return RunServe(*options); }; });
}

}  // namespace irsa::cli
