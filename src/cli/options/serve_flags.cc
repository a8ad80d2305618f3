#include "serve_flags.h"

#include <map>

#include <CLI/CLI.hpp>

#include "irsa/base/text.h"
#include "irsa/base/url.h"

#include "mutation_options.h"
#include "option_types.h"

namespace irsa::cli {
namespace {

constexpr size_t kMinBodyBytes = 4096;
// What all requests together may hold grows with it (ServerOptions::max_buffered_bytes); etcd takes 1.5 MiB.
constexpr size_t kMaxBodyBytes = size_t{128} << 20;
constexpr std::chrono::milliseconds kLeastRequestTimeout{10};

// Empty is all addresses.
std::string CheckAddressOrAll(const std::string& text) { return text.empty() ? "" : CheckAddress(text); }

const std::map<std::string, http::TlsVersion> kTlsVersions = {{"1.2", http::TlsVersion::k12},
                                                              {"1.3", http::TlsVersion::k13},
                                                              {"VersionTLS12", http::TlsVersion::k12},
                                                              {"VersionTLS13", http::TlsVersion::k13}};

// Empty is as if not given: templates of manifests write that.
std::string CheckNamespace(std::string& value) {
  return value.empty() || base::IsDnsLabel(value) ? "" : "'" + value + "' is not a namespace's name";
}

std::string CheckServiceName(std::string& value) {
  return base::IsDnsLabel(value) ? "" : "'" + value + "' is not a Service's name";
}

std::string CheckObjectName(std::string& value) {
  return value.empty() || base::IsDnsSubdomain(value) ? "" : "'" + value + "' is not an object's name";
}

std::string CheckApiUrl(std::string& value) {
  if (value.empty()) return "";
  const base::Result<base::Url> url = base::ParseUrl(value);
  return url.ok() ? "" : url.error().message;
}

// Leaves the number of bytes in the place of what stood for it.
std::string ReadSize(std::string& value) {
  const std::string given = value;
  try {
    if (CLI::AsSizeValue(false)(value).empty()) return "";
  } catch (const CLI::Error&) {  // what it has to say is a list of all units that there are
  }
  return "'" + given + "' is not a size such as 65536, 512KiB or 7MiB";
}

void AddListeningOptions(CLI::App& command, serve::ServeOptions& options) {
  command
      .add_option("--bind-address", options.bind_address,
                  "Address of the webhook's HTTPS port (default: all addresses)")
      ->check(CLI::Validator(CheckAddressOrAll, ""))
      ->type_name("ADDRESS");
  const std::string paths = options.mutates_pods ? "/mutate, /warn and /validate" : "/warn and /validate";
  command.add_option("--port", options.port, "HTTPS port: POST " + paths + ", GET /healthz; 0 takes any free one")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT")
      ->capture_default_str();
  command
      .add_option("--metrics-bind-address", options.metrics_bind_address,
                  "Address of the metrics port (default: all addresses)")
      ->check(CLI::Validator(CheckAddressOrAll, ""))
      ->type_name("ADDRESS");
  command
      .add_option("--metrics-port", options.metrics_port,
                  "Plain HTTP port: /metrics, /livez, /readyz?verbose, /healthz; 0 takes any free one")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT")
      ->capture_default_str();
  AddGoFlag(command, "--enable-debugging-handlers", options.enables_debugging,
            "Say on the metrics port what is known of a service account: "
            "/debug/identity?namespace=NAMESPACE&service-account=NAME");
}

void AddTlsOptions(CLI::App& command, serve::ServeOptions& options) {
  command
      .add_option("--tls-cert", options.certificate_path,
                  "Serving certificate and its chain (PEM), read again when its contents change")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_option("--tls-key", options.key_path, "Private key of the certificate (PEM, not encrypted)")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_flag(
      "--tls-self-managed", options.tls_self_managed,
      "Create and renew the certificate, share it with the other replicas in a Secret, and keep caBundle of "
      "the webhook configurations up to date; --tls-cert and --tls-key then have no effect");
  command.add_option("--tls-secret", options.tls_secret, "Secret of the self-managed certificate, in --namespace")
      ->each([&options](const std::string&) { options.is_tls_secret_given = true; })
      ->check(CLI::Validator(CheckObjectName, ""))
      ->type_name("NAME")
      ->capture_default_str();
  command
      .add_option("--webhook-configuration", options.webhook_configuration,
                  "MutatingWebhookConfiguration whose caBundle --tls-self-managed keeps up to date")
      ->check(CLI::Validator(CheckObjectName, ""))
      ->type_name("NAME");
  command
      .add_option("--validating-webhook-configuration", options.validating_configuration,
                  "ValidatingWebhookConfiguration whose caBundle it keeps up to date too, if there is one by that name "
                  "(default: none)")
      ->check(CLI::Validator(CheckObjectName, ""))
      ->type_name("NAME");
  AddChoiceOption(command, "--tls-min-version", options.tls_min_version, kTlsVersions, "Oldest TLS version to speak",
                  "1.2");
  command
      .add_option("--tls-cipher-suites", options.cipher_suites,
                  "Cipher suites by their IANA names, separated by commas (default: OpenSSL's)")
      ->type_name("NAMES");
  command
      .add_option("--client-ca", options.client_ca_path,
                  "Require a client certificate signed by a CA in this file (PEM, read at the start): the apiserver's")
      ->type_name("FILE");
}

void AddLimitOptions(CLI::App& command, serve::ServeOptions& options) {
  command
      .add_option("--max-connections", options.max_connections,
                  "Open connections at most; above it the longest idle ones are closed")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("COUNT")
      ->capture_default_str();
  command.add_option("--max-body-bytes", options.max_body_bytes, "Largest review to read, in bytes or as 7MiB")
      ->transform(CLI::Validator(ReadSize, ""))
      ->check(CLI::Range(kMinBodyBytes, kMaxBodyBytes))
      ->type_name("SIZE")
      ->default_str("7MiB");
  AddDurationOption(command, "--request-timeout", options.request_timeout,
                    "Time a request may take to arrive whole, and its answer to be taken",
                    {.least = kLeastRequestTimeout});
  AddDurationOption(
      command, "--shutdown-delay", options.shutdown_delay,
      "After SIGTERM: how long to stay ready and serve, so that clients turn to other replicas; then as long "
      "again, not ready");
  AddDurationOption(command, "--shutdown-timeout", options.shutdown_timeout,
                    "After both: how long requests in flight may take");
}

void AddIdentityOptions(CLI::App& command, serve::ServeOptions& options) {
  command
      .add_option("--service-accounts", options.service_accounts_path,
                  "Service accounts from this file (YAML or JSON, several documents or a List), read again when it "
                  "changes; no cluster is needed then")
      ->type_name("FILE");
  command
      .add_option("--kubeconfig", options.kubeconfig,
                  "Service accounts from the cluster of this kubeconfig's current context (default: the cluster that "
                  "irsa runs in)")
      ->type_name("FILE");
  command.add_option("--kube-api", options.kube_api, "The apiserver's URL, http or https, in place of the one found")
      ->check(CLI::Validator(CheckApiUrl, ""))
      ->type_name("URL");
  command.add_flag("--watch-config-map", options.watch_config_map,
                   "Identities from the ConfigMap pod-identity-webhook too, for service accounts without a role of "
                   "their own");
  command
      .add_option("--namespace", options.namespace_name, "Namespace of irsa and that ConfigMap (default: the pod's)")
      ->check(CLI::Validator(CheckNamespace, ""))
      ->type_name("NAME");
  command.add_option("--service-name", options.service_name, "Service that the apiserver reaches irsa by")
      ->check(CLI::Validator(CheckServiceName, ""))
      ->type_name("NAME")
      ->capture_default_str();
  AddContainerCredentialsConfig(command, options.container_credentials_path);
  command.add_flag("--report-pods", options.reports_pods,
                   "Look every five minutes for pods that run without their account's identity, and report them by "
                   "Events and metrics; one replica does, by a Lease (irsa controller always does)");
  AddDurationOption(command, "--service-account-lookup-grace-period", options.lookup_grace_period,
                    "How long a review waits for a service account that is not known yet");
}

// Flags that existing manifests of the established webhook carry (klog's among them) and that mean nothing here.
// Hidden: nobody should add them.
void AddIgnoredOptions(CLI::App& command, serve::ServeOptions& options) {
  for (const char* name : {"--in-cluster", "--logtostderr", "--alsologtostderr", "--skip_headers", "--skip_log_headers",
                           "--one_output", "--add_dir_header", "--legacy_stderr_threshold_behavior"}) {
    command.add_flag_function(name, [&options, name](int64_t) { options.ignored.emplace_back(name); })->group("");
  }
  for (const char* name : {"--resync-period", "-v,--v", "--vmodule", "--log_dir", "--log_file", "--log_file_max_size",
                           "--stderrthreshold", "--alsologtostderrthreshold", "--log_backtrace_at"}) {
    const std::string long_name = std::string(name).substr(std::string_view(name).find("--"));
    command
        .add_option_function<std::string>(
            name, [&options, long_name](const std::string&) { options.ignored.push_back(long_name); })
        ->group("");
  }
}

}  // namespace

void AddServeOptions(CLI::App& command, serve::ServeOptions& options) {
  // Given twice, the last one counts, as with the established webhook: manifests are patched by appending arguments.
  command.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  command.option_defaults()->group("Listening");
  AddListeningOptions(command, options);
  command.option_defaults()->group("TLS");
  AddTlsOptions(command, options);
  command.option_defaults()->group("Identities");
  AddIdentityOptions(command, options);
  AddMutationOptions(command, options.settings);
  command.option_defaults()->group("Limits");
  AddLimitOptions(command, options);
  command.option_defaults()->group("Logging");
  AddLogOptions(command, options.log_level, options.log_format);
  AddIgnoredOptions(command, options);
  const std::string name = "irsa " + command.get_name();
  command.footer(options.mutates_pods ? "Examples:\n"
                                        "  # In a cluster, with a certificate that irsa renews itself\n"
                                        "  " +
                                            name +
                                            " --tls-self-managed --webhook-configuration irsa\n"
                                            "  # On a workstation, without a cluster\n"
                                            "  irsa certs --dir certs\n"
                                            "  " +
                                            name +
                                            " --service-accounts accounts.yaml \\\n"
                                            "    --tls-cert certs/tls.crt --tls-key certs/tls.key\n\n" +
                                            AnnotationsText()
                                      : "Examples:\n"
                                        "  # In a cluster, beside kube-apiserver's identity policy\n"
                                        "  " +
                                            name +
                                            " --tls-self-managed --validating-webhook-configuration irsa\n\n"
                                            "irsa help serve lists the annotations.");
}

std::string WrongUsage(const serve::ServeOptions& options, const kube::Environment& environment) {
  const bool has_file = !options.service_accounts_path.empty();
  const bool has_cluster = !options.kubeconfig.empty() || !options.kube_api.empty() || kube::IsInCluster(environment);
  if (!options.mutates_pods && (has_file || !has_cluster)) {
    return "it works beside a cluster's identity policy: give --kubeconfig FILE for the cluster, unless this process "
           "runs in it, and no --service-accounts";
  }
  if (!has_file && !has_cluster) {
    return "no source of identities: this process is in no cluster, so give --kubeconfig FILE for one, or "
           "--service-accounts FILE to do without";
  }
  if (has_file && options.watch_config_map) {
    return "--watch-config-map needs the cluster, which --service-accounts does without: give only one of them";
  }
  if (has_file && options.settings.respects_env_from) {
    return "--respect-env-from reads ConfigMaps of the cluster, which --service-accounts does without: give only one "
           "of "
           "them";
  }
  if (has_file && options.reports_pods) {
    return "--report-pods needs the cluster, which --service-accounts does without: give only one of them";
  }
  if (options.tls_self_managed && !has_cluster) {
    return "--tls-self-managed keeps the certificate in a cluster, and this process is in none: give --kubeconfig FILE "
           "for one, or --tls-cert and --tls-key";
  }
  if (options.tls_self_managed && options.mutates_pods && options.webhook_configuration.empty()) {
    return "--tls-self-managed needs --webhook-configuration NAME, whose caBundle it is to keep up to date";
  }
  if (options.tls_self_managed && !options.mutates_pods && options.validating_configuration.empty()) {
    return "--tls-self-managed needs --validating-webhook-configuration NAME, whose caBundle it is to keep up to date";
  }
  return "";
}

}  // namespace irsa::cli
