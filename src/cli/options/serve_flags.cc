#include "serve_flags.h"

#include <map>

#include <CLI/CLI.hpp>

#include "irsa/base/text.h"
#include "irsa/kube/config/cluster_config.h"

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
std::string CheckNamespace(const std::string& value) { return value.empty() ? "" : CheckNamespaceName(value); }
std::string CheckApiUrl(const std::string& value) { return value.empty() ? "" : CheckUrl(value); }

std::string CheckServiceName(const std::string& value) {
  return base::IsDnsLabel(value) ? "" : "'" + value + "' is not a valid Service name";
}

std::string CheckObjectName(const std::string& value) {
  return value.empty() || base::IsDnsSubdomain(value) ? "" : "'" + value + "' is not a valid object name";
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
  AddOption(command, "--bind-address ADDRESS", options.bind_address,
            "IP address to serve the webhook on (default: all addresses)")
      ->check(CheckAddressOrAll);
  const std::string paths = options.mutates_pods ? "/mutate, /warn and /validate" : "/warn and /validate";
  AddOption(command, "--port PORT", options.port,
            "HTTPS port for POST " + paths + ", and GET /healthz; 0 picks a free port")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  AddOption(command, "--metrics-bind-address ADDRESS", options.metrics_bind_address,
            "IP address to serve metrics on (default: all addresses)")
      ->check(CheckAddressOrAll);
  AddOption(command, "--metrics-port PORT", options.metrics_port,
            "Plain HTTP port for /metrics, /livez, /readyz?verbose and /healthz; 0 picks a free port")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  AddGoFlag(command, "--enable-debugging-handlers", options.enables_debugging,
            "Serve what irsa knows about a service account on the metrics port: "
            "/debug/identity?namespace=NAMESPACE&service-account=NAME");
}

void AddTlsOptions(CLI::App& command, serve::ServeOptions& options) {
  AddOption(command, "--tls-cert FILE", options.certificate_path,
            "Serving certificate and its chain (PEM); reloaded when it changes")
      ->capture_default_str();
  AddOption(command, "--tls-key FILE", options.key_path, "Private key of the certificate (PEM, not encrypted)")
      ->capture_default_str();
  command.add_flag(
      "--tls-self-managed", options.tls_self_managed,
      "Create and renew the certificate, share it with the other replicas in a Secret, and keep caBundle of "
      "the webhook configurations up to date; --tls-cert and --tls-key are then ignored");
  AddOption(command, "--tls-secret NAME", options.tls_secret,
            "Secret that stores the self-managed certificate, in --namespace")
      ->each([&options](const std::string&) { options.is_tls_secret_given = true; })
      ->check(CheckObjectName)
      ->capture_default_str();
  AddOption(command, "--webhook-configuration NAME", options.webhook_configuration,
            "MutatingWebhookConfiguration whose caBundle --tls-self-managed keeps up to date")
      ->check(CheckObjectName);
  AddOption(command, "--validating-webhook-configuration NAME", options.validating_configuration,
            "ValidatingWebhookConfiguration whose caBundle --tls-self-managed also keeps up to date, if it "
            "exists (default: none)")
      ->check(CheckObjectName);
  AddChoiceOption(command, "--tls-min-version", options.tls_min_version, kTlsVersions, "Minimum TLS version", "1.2");
  AddOption(command, "--tls-cipher-suites NAMES", options.cipher_suites,
            "Comma-separated cipher suites, by IANA name (default: OpenSSL's)");
  AddOption(
      command, "--client-ca FILE", options.client_ca_path,
      "Require a client certificate, such as the apiserver's, signed by a CA in this file (PEM; read at startup)");
}

void AddLimitOptions(CLI::App& command, serve::ServeOptions& options) {
  AddMaxConnections(command, options.max_connections);
  AddOption(command, "--max-body-bytes SIZE", options.max_body_bytes,
            "Maximum size of a review, in bytes or with a unit, such as 7MiB")
      ->transform(CLI::Validator(ReadSize, ""))
      ->check(CLI::Range(kMinBodyBytes, kMaxBodyBytes))
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
  AddOption(command, "--service-accounts FILE", options.service_accounts_path,
            "Read service accounts from this file (YAML or JSON; multiple documents or a List) instead of a "
            "cluster; reloaded when it changes");
  AddOption(command, "--kubeconfig FILE", options.kubeconfig,
            "Read service accounts from the cluster in this kubeconfig's current context (default: the cluster "
            "that irsa runs in)");
  AddOption(command, "--kube-api URL", options.kube_api,
            "URL of the apiserver (http or https), instead of the kubeconfig's or the pod's")
      ->check(CheckApiUrl);
  command.add_flag(
      "--watch-config-map", options.watch_config_map,
      "Also read identities from the ConfigMap pod-identity-webhook, for service accounts without a role of their own");
  AddOption(command, "--namespace NAME", options.namespace_name,
            "Namespace of irsa and that ConfigMap (default: the pod's)")
      ->check(CheckNamespace);
  AddOption(command, "--service-name NAME", options.service_name, "Service through which the apiserver calls irsa")
      ->check(CheckServiceName)
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
  const std::string run = "  irsa " + command.get_name();
  if (options.mutates_pods) {
    command.footer(
        "Examples:\n"
        "  # In a cluster, with a certificate that irsa renews itself\n" +
        run + " --tls-self-managed --webhook-configuration irsa\n" +
        "  # On a workstation, without a cluster\n"
        "  irsa certs --dir certs\n" +
        run + " --service-accounts accounts.yaml \\\n" + "    --tls-cert certs/tls.crt --tls-key certs/tls.key\n\n" +
        AnnotationsText());
  } else {
    command.footer(
        "Examples:\n"
        "  # In a cluster, beside kube-apiserver's identity policy\n" +
        run + " --tls-self-managed --validating-webhook-configuration irsa\n\n" +
        "irsa help serve lists the annotations.");
  }
}

std::string WrongUsage(const serve::ServeOptions& options, const base::Environment& environment) {
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
