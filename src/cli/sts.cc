#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/waiting.h"
#include "irsa/crypto/key_pair.h"
#include "irsa/crypto/live_certificate.h"
#include "irsa/http/client/client_tls.h"
#include "irsa/http/client/network_client.h"
#include "irsa/http/server/server.h"
#include "irsa/serve/reloader.h"
#include "irsa/serve/termination_signals.h"
#include "irsa/serve/trouble_log.h"
#include "irsa/sts/iam_api/iam_api.h"
#include "irsa/sts/key_source.h"
#include "irsa/sts/query/form.h"
#include "irsa/sts/sts_config.h"
#include "irsa/sts/sts_service.h"
#include "irsa/telemetry/metrics.h"
#include "irsa/telemetry/stderr_log.h"

#include "cli/options/command.h"
#include "cli/options/option_types.h"

namespace irsa::cli {
namespace {

using base::LogLevel;

constexpr std::chrono::milliseconds kPollInterval{1000};
// Requests may wait for an issuer's keys, and each then holds its thread.
constexpr size_t kThreads = 16;

constexpr const char* kConfiguration = "configuration";
constexpr const char* kCertificate = "certificate";

struct StsOptions {
  std::string config_path;
  std::string bind_address = "127.0.0.1";
  int port = 8080;
  std::string certificate_path;
  std::string key_path;
  std::string ca_path;
  size_t max_connections = 4096;
  std::chrono::milliseconds request_timeout{5000};
  std::chrono::milliseconds shutdown_timeout{10000};
  base::LogLevel log_level = base::LogLevel::kInfo;
  telemetry::LogFormat log_format = telemetry::LogFormat::kJson;

  bool is_tls() const { return !certificate_path.empty(); }
};

// Everything that serves, built in the order of its members and taken down in the reverse one.
class Endpoint {
 public:
  explicit Endpoint(const StsOptions& options);

  Status Start();
  void ServeUntilTold(const serve::TerminationSignals& signals);

 private:
  Status TrustIssuers();
  Status LoadConfiguration();
  Status LoadCertificate();
  Status StartServer();
  Result<bool> PollConfiguration();
  Status TakeUp(sts::StsConfig config);
  std::vector<http::Route> Routes();
  std::string Url() const;

  const StsOptions& options_;
  const base::SystemClock clock_;
  const base::DiskFileReader files_;
  telemetry::StderrLog log_;
  telemetry::Metrics metrics_;  // the reloader counts there; this command shows none
  serve::Reloader reloader_;
  http::NetworkClient client_;
  const sts::KeyAccess key_access_{files_, client_, clock_};
  sts::StsConfig config_;
  std::shared_ptr<const sts::IamRegistry> registry_;  // written by iam_ alone
  std::unique_ptr<sts::StsService> service_;
  std::unique_ptr<sts::IamApi> iam_;
  crypto::CertificateFiles certificate_files_;
  std::unique_ptr<crypto::LiveCertificate> certificate_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<base::Periodic> polling_;
};

Endpoint::Endpoint(const StsOptions& options)
    : options_(options),
      log_(options.log_level, options.log_format),
      metrics_({.outcomes = {}, .warning_reasons = {}, .reloads = {kConfiguration, kCertificate}}, IRSA_VERSION),
      reloader_(metrics_, log_),
      certificate_files_(files_, clock_, options.certificate_path, options.key_path) {}

Status Endpoint::TrustIssuers() {
  http::ClientTlsOptions trust;
  trust.trust_system_cas = true;
  if (!options_.ca_path.empty()) {
    Result<std::string> pem = crypto::ReadCaFile(files_, options_.ca_path);
    if (!pem.ok()) return WithContext(pem.error(), "--ca-file");
    trust.ca_pem = std::move(pem).value();
  }
  auto tls = http::ClientTls::Make(trust);
  if (tls.ok()) {
    client_.SetTls(std::move(tls).value());
    return {};
  }
  if (!options_.ca_path.empty()) return WithContext(tls.error(), "--ca-file " + options_.ca_path);
  log_.Write(LogLevel::kWarning, "no trusted CA: keys cannot be fetched over https", {{"error", tls.error().message}});
  return {};
}

Status Endpoint::TakeUp(sts::StsConfig config) {
  for (const std::string& warning : config.warnings) {
    log_.Write(LogLevel::kWarning, "possible mistake in the configuration", {{"warning", warning}});
  }
  // Keys are read when a token comes; a file that is not there yet is no reason not to start, but nobody should have to
  // send a token to hear of it.
  for (const sts::ConfiguredProvider& configured : config.providers) {
    if (!sts::IsKeyFile(configured.jwks)) continue;
    const Result<oidc::JwkSet> keys = sts::FetchKeys(key_access_, configured.provider.issuer, configured.jwks);
    if (keys.ok()) continue;
    log_.Write(LogLevel::kWarning, "issuer's keys not read: its tokens are refused until they are",
               {{"issuer", configured.provider.issuer}, {"error", keys.error().message}});
  }
  if (Status set = iam_->SetConfig(config, files_); !set.ok()) return set;
  config_ = std::move(config);
  return {};
}

// Both APIs are at one address, as SDKs that are given just one have it.
std::vector<http::Route> Endpoint::Routes() {
  std::vector<http::Route> routes = service_->Routes();
  for (http::Route& route : routes) {
    if (route.path != "/") continue;
    route.handler = [this, sts = std::move(route.handler)](http::Request& request) {
      return sts::IsIamRequest(request) ? iam_->Handle(request) : sts(request);
    };
  }
  return routes;
}

Status Endpoint::LoadConfiguration() {
  Result<sts::StsConfig> config = sts::LoadStsConfig(files_, options_.config_path);
  if (!config.ok()) return config.error();
  Result<sts::SessionSealer> sealer = sts::SessionSealer::Make();
  if (!sealer.ok()) return sealer.error();
  service_ = std::make_unique<sts::StsService>(sealer.value(), nullptr, clock_, log_, options_.is_tls());
  iam_ = std::make_unique<sts::IamApi>(clock_, log_, [this](sts::StsConfig effective) {
    registry_ = std::make_shared<const sts::IamRegistry>(std::move(effective), key_access_, log_, registry_.get());
    service_->SetRegistry(registry_);
  });
  if (Status taken = TakeUp(std::move(config).value()); !taken.ok()) return taken;
  reloader_.Add(kConfiguration, [this] { return PollConfiguration(); });
  return {};
}

// Read as a whole and compared, so that a changed trust policy shows as well.
Result<bool> Endpoint::PollConfiguration() {
  Result<sts::StsConfig> config = sts::LoadStsConfig(files_, options_.config_path);
  if (!config.ok()) return config.error();
  if (*config == config_) return false;
  if (Status taken = TakeUp(std::move(config).value()); !taken.ok()) return taken.error();
  return true;
}

Status Endpoint::LoadCertificate() {
  if (!options_.is_tls()) return {};
  Result<std::shared_ptr<const crypto::KeyPair>> pair = certificate_files_.Load();
  if (!pair.ok()) return pair.error();
  certificate_ = std::make_unique<crypto::LiveCertificate>(std::move(pair).value());
  reloader_.Add(kCertificate, [this] { return certificate_files_.Poll(*certificate_); });
  return {};
}

Status Endpoint::StartServer() {
  http::ServerOptions server;
  server.bind_address = options_.bind_address;
  server.port = options_.port;
  if (options_.is_tls()) {
    server.tls.emplace();
    server.tls->certificate = certificate_.get();
  }
  server.threads = kThreads;
  server.max_connections = options_.max_connections;
  server.max_body_bytes = sts::kMaxFormBytes;
  server.request_timeout = options_.request_timeout;
  server.on_exception = serve::LogBugs(log_);
  server.write_refusal = sts::AnswerRefusal;
  auto started = http::Server::Start(std::move(server), Routes());
  if (!started.ok()) return started.error();
  server_ = std::move(started).value();
  return {};
}

std::string Endpoint::Url() const {
  std::string host = options_.bind_address;
  if (host.empty() || host == "0.0.0.0" || host == "::") host = "localhost";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return (options_.is_tls() ? "https://" : "http://") + host + ":" + std::to_string(server_->port());
}

Status Endpoint::Start() {
  if (Status trusted = TrustIssuers(); !trusted.ok()) return trusted;
  if (Status loaded = LoadConfiguration(); !loaded.ok()) return loaded;
  if (Status loaded = LoadCertificate(); !loaded.ok()) return loaded;
  if (Status started = StartServer(); !started.ok()) return started;
  // Read before the poller may change it.
  const std::string providers = std::to_string(config_.providers.size());
  const std::string roles = std::to_string(config_.roles.size());
  polling_ = std::make_unique<base::Periodic>(
      kPollInterval, [this] { reloader_.PollAll(); },
      [this](std::string_view what) { serve::LogInterruption(log_, "reload", what); });
  log_.Write(LogLevel::kInfo, "ready",
             {{"url", Url()},
              {"port", std::to_string(server_->port())},
              {"providers", providers},
              {"roles", roles},
              {"version", IRSA_VERSION}});
  return {};
}

void Endpoint::ServeUntilTold(const serve::TerminationSignals& signals) {
  signals.Wait();
  const bool answered_all = server_->Drain(options_.shutdown_timeout);
  log_.Write(answered_all ? LogLevel::kInfo : LogLevel::kWarning,
             answered_all ? "stopped: every request was answered"
                          : "stopped: requests still in flight at the shutdown timeout were cut off");
}

int RunSts(const StsOptions& options) {
  const serve::TerminationSignals signals;
  Endpoint endpoint(options);
  if (const Status status = endpoint.Start(); !status.ok()) return Fail("irsa sts", status.error());
  endpoint.ServeUntilTold(signals);
  return kDone;
}

void AddListeningOptions(CLI::App& command, StsOptions& options) {
  command.option_defaults()->group("Listening");
  AddOption(command, "--bind-address ADDRESS", options.bind_address, "Address to listen on; 0.0.0.0 or :: for all")
      ->check(CheckAddress)
      ->capture_default_str();
  AddOption(command, "--port PORT", options.port, "Port to listen on; 0 picks a free port and logs it")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  CLI::Option* certificate =
      AddOption(command, "--tls-cert FILE", options.certificate_path,
                "Serving certificate and its chain (PEM), for HTTPS; without it, irsa serves HTTP");
  CLI::Option* key =
      AddOption(command, "--tls-key FILE", options.key_path, "Private key of the certificate (PEM, not encrypted)");
  certificate->needs(key);
  key->needs(certificate);
}

void AddLimitOptions(CLI::App& command, StsOptions& options) {
  command.option_defaults()->group("Limits");
  AddMaxConnections(command, options.max_connections);
  AddDurationOption(command, "--request-timeout", options.request_timeout,
                    "Time limit for receiving a request, and for sending its response");
  AddDurationOption(command, "--shutdown-timeout", options.shutdown_timeout,
                    "After SIGTERM, how long requests in flight may still take");
}

void AddOptions(CLI::App& command, StsOptions& options) {
  // Given twice, the last one counts, as with `irsa serve`.
  command.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  AddOption(command, "--config FILE", options.config_path,
            "OIDC providers and roles (YAML); reloaded when it or a trust policy or key set that it names changes")
      ->required();
  AddOption(command, "--ca-file FILE", options.ca_path,
            "CA certificates (PEM) to trust, in addition to the system's, when fetching keys");
  AddListeningOptions(command, options);
  AddLimitOptions(command, options);
  command.option_defaults()->group("Logging");
  AddLogOptions(command, options.log_level, options.log_format);
}

}  // namespace

void AddSts(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand(
      "sts", "Serve a local STS endpoint that checks tokens and trust policies, for tests and development");
  const auto options = std::make_shared<StsOptions>();
  command->footer(
      "Examples:\n"
      "  irsa sts --config sts.yaml\n"
      "  AWS_ENDPOINT_URL_STS=http://127.0.0.1:8080 aws sts get-caller-identity\n\n"
      "docs/sts.md describes the configuration.");
  AddOptions(*command, *options);
  command->callback([&run, options] { run = [options] { return RunSts(*options); }; });
}

}  // namespace irsa::cli
