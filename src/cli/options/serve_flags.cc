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
  return value.empty() || base::IsDnsLabel(value) ? "" : "'" + value + "' is not a valid namespace name";
}

std::string CheckServiceName(std::string& value) {
  return base::IsDnsLabel(value) ? "" : "'" + value + "' is not a valid Service name";
}

std::string CheckObjectName(std::string& value) {
  return value.empty() || base::IsDnsSubdomain(value) ? "" : "'" + value + "' is not a valid object name";
}

std::string CheckApiUrl(std::string& value) {
  if (value.empty()) return "";
  const Result<base::Url> url = base::ParseUrl(value);
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
      .add_option("--bind-address", options.bind_address, "IP address to serve the webhook on (default: all addresses)")
      ->check(CLI::Validator(CheckAddressOrAll, ""))
      ->type_name("ADDRESS");
  const std::string paths = options.mutates_pods ? "/mutate, /warn and /validate" : "/warn and /validate";
  command
      .add_option("--port", options.port, "HTTPS port for POST " + paths + ", and GET /healthz; 0 picks a free port")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT")
      ->capture_default_str();
  command
      .add_option("--metrics-bind-address", options.metrics_bind_address,
                  "IP address to serve metrics on (default: all addresses)")
      ->check(CLI::Validator(CheckAddressOrAll, ""))
      ->type_name("ADDRESS");
  command
      .add_option("--metrics-port", options.metrics_port,
                  "Plain HTTP port for /metrics, /livez, /readyz?verbose and /healthz; 0 picks a free port")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT")
      ->capture_default_str();
  AddGoFlag(command, "--enable-debugging-handlers", options.enables_debugging,
            "Serve what irsa knows about a service account on the metrics port: "
            "/debug/identity?namespace=NAMESPACE&service-account=NAME");
}

void AddTlsOptions(CLI::App& command, serve::ServeOptions& options) {
  command
      .add_option("--tls-cert", options.certificate_path,
                  "Serving certificate and its chain (PEM); reloaded when it changes")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_option("--tls-key", options.key_path, "Private key of the certificate (PEM, not encrypted)")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_flag(
      "--tls-self-managed", options.tls_self_managed,
      "Create and renew the certificate, share it with the other replicas in a Secret, and keep caBundle of "
      "the webhook configurations up to date; --tls-cert and --tls-key are then ignored");
  command
      .add_option("--tls-secret", options.tls_secret, "Secret that stores the self-managed certificate, in --namespace")
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
                  "ValidatingWebhookConfiguration whose caBundle --tls-self-managed also keeps up to date, if it "
                  "exists (default: none)")
      ->check(CLI::Validator(CheckObjectName, ""))
      ->type_name("NAME");
  AddChoiceOption(command, "--tls-min-version", options.tls_min_version, kTlsVersions, "Minimum TLS version", "1.2");
  command
      .add_option("--tls-cipher-suites", options.cipher_suites,
                  "Comma-separated cipher suites, by IANA name (default: OpenSSL's)")
      ->type_name("NAMES");
  command
      .add_option(
          "--client-ca", options.client_ca_path,
          "Require a client certificate, such as the apiserver's, signed by a CA in this file (PEM; read at startup)")
      ->type_name("FILE");
}

void AddLimitOptions(CLI::App& command, serve::ServeOptions& options) {
  command
      .add_option("--max-connections", options.max_connections,
                  "Maximum number of open connections; beyond it, the longest idle ones are closed")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("COUNT")
      ->capture_default_str();
  command
      .add_option("--max-body-bytes", options.max_body_bytes,
                  "Maximum size of a review, in bytes or with a unit, such as 7MiB")
      ->transform(CLI::Validator(ReadSize, ""))
      ->check(CLI::Range(kMinBodyBytes, kMaxBodyBytes))
      ->type_name("SIZE")
      ->default_str("7MiB");
  AddDurationOption(command, "--request-timeout", options.request_timeout,
                    "Time limit for receiving a request, and for sending its response",
                    {.least = kLeastRequestTimeout});
  AddDurationOption(command, "--shutdown-delay", options.shutdown_delay,
                    "After SIGTERM, how long to keep serving while ready, so that clients move to other replicas; then "
                    "as long again while not ready");
  AddDurationOption(command, "--shutdown-timeout", options.shutdown_timeout,
                    "After both delays, how long requests in flight may still take");
}

void AddIdentityOptions(CLI::App& command, serve::ServeOptions& options) {
  command
      .add_option("--service-accounts", options.service_accounts_path,
                  "Read service accounts from this file (YAML or JSON; multiple documents or a List) instead of a "
                  "cluster; reloaded when it changes")
      ->type_name("FILE");
  command
      .add_option("--kubeconfig", options.kubeconfig,
                  "Read service accounts from the cluster in this kubeconfig's current context (default: the cluster "
                  "that irsa runs in)")
      ->type_name("FILE");
  command
      .add_option("--kube-api", options.kube_api,
                  "URL of the apiserver (http or https), instead of the kubeconfig's or the pod's")
      ->check(CLI::Validator(CheckApiUrl, ""))
      ->type_name("URL");
  command.add_flag(
      "--watch-config-map", options.watch_config_map,
      "Also read identities from the ConfigMap pod-identity-webhook, for service accounts without a role of their own");
  command
      .add_option("--namespace", options.namespace_name, "Namespace of irsa and that ConfigMap (default: the pod's)")
      ->check(CLI::Validator(CheckNamespace, ""))
      ->type_name("NAME");
  command.add_option("--service-name", options.service_name, "Service through which the apiserver calls irsa")
      ->check(CLI::Validator(CheckServiceName, ""))
      ->type_name("NAME")
      ->capture_default_str();
  AddContainerCredentialsConfig(command, options.container_credentials_path);
  command.add_flag(
      "--report-pods", options.reports_pods,
      "Every five minutes, look for pods that run without their service account's identity and report them as Events "
      "and metrics; a Lease elects the replica that does (irsa controller always does this)");
  AddDurationOption(command, "--service-account-lookup-grace-period", options.lookup_grace_period,
                    "How long a review waits for a service account that irsa does not know yet");
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
    return "needs a cluster: run it in a pod or pass --kubeconfig FILE, and leave out --service-accounts";
  }
  if (!has_file && !has_cluster) {
    return "no source of identities: irsa does not run in a cluster; pass --kubeconfig FILE, or --service-accounts "
           "FILE to run without a cluster";
  }
  if (has_file && options.watch_config_map) {
    return "--watch-config-map needs a cluster and cannot be combined with --service-accounts";
  }
  if (has_file && options.settings.respects_env_from) {
    return "--respect-env-from reads ConfigMaps from a cluster and cannot be combined with --service-accounts";
  }
  if (has_file && options.reports_pods) {
    return "--report-pods needs a cluster and cannot be combined with --service-accounts";
  }
  if (options.tls_self_managed && !has_cluster) {
    return "--tls-self-managed stores the certificate in a cluster, and irsa does not run in one; pass --kubeconfig "
           "FILE, or --tls-cert and --tls-key instead";
  }
  if (options.tls_self_managed && options.mutates_pods && options.webhook_configuration.empty()) {
    return "--tls-self-managed needs --webhook-configuration NAME, whose caBundle it keeps up to date";
  }
  if (options.tls_self_managed && !options.mutates_pods && options.validating_configuration.empty()) {
    return "--tls-self-managed needs --validating-webhook-configuration NAME, whose caBundle it keeps up to date";
  }
  return "";
}

}  // namespace irsa::cli
