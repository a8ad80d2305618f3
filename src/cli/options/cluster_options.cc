#include "cluster_options.h"

#include <unistd.h>
#include <utility>

#include <CLI/CLI.hpp>

#include "irsa/base/url.h"

#include "option_types.h"

namespace irsa::cli {
namespace {

std::string Variable(const base::Environment& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? "" : value;
}

// Where kubectl looks; empty when there is nothing.
std::string DefaultKubeconfig(const base::Environment& environment, const base::FileReader& files) {
  if (std::string paths = Variable(environment, "KUBECONFIG"); !paths.empty()) return paths;
  const std::string home = Variable(environment, "HOME");
  if (home.empty()) return {};
  std::string path = home + "/.kube/config";
  const auto text = files.Read(path, 1);  // anything but its absence is for whoever reads it to complain of
  return text.FailedWith(ErrorCode::kNotFound) ? std::string() : path;
}

}  // namespace

void AddClusterOptions(CLI::App& command, kube::ClusterOptions& options) {
  AddOption(command, "--kubeconfig FILE", options.kubeconfig,
            "Kubeconfig of the cluster (default: KUBECONFIG, ~/.kube/config, or the cluster that irsa runs in)");
  AddOption(command, "--context NAME", options.context, "Context in the kubeconfig (default: the current one)");
  AddOption(command, "--kube-api URL", options.server,
            "URL of the apiserver (http or https), instead of the kubeconfig's; without --kubeconfig, requests "
            "carry no credentials, for use with kubectl proxy")
      ->check(CheckUrl);
}

Result<kube::ClusterConfig> FindCommandsCluster(kube::ClusterOptions options, const base::Environment& environment,
                                                const base::FileReader& files) {
  const bool is_server_enough = !options.server.empty() && options.context.empty();
  if (options.kubeconfig.empty() && !is_server_enough) options.kubeconfig = DefaultKubeconfig(environment, files);
  options.exec_plugins = kube::ExecPlugins::kAllowed;
  auto config = kube::FindCluster(options, environment, files);
  if (!config.ok()) {
    return Error{config.error().code,
                 config.error().message + "; pass --kubeconfig FILE and --context NAME, or set KUBECONFIG"};
  }
  if (config->proxy_url.empty()) config->proxies = http::ProxyChoice::FromEnvironment(environment);
  return config;
}

Error WithCluster(Error error, const kube::ClusterConfig& cluster) {
  const bool is_unreachable = error.code == ErrorCode::kUnavailable;
  if (!is_unreachable && error.code != ErrorCode::kDenied) return error;
  error.message.append("; the cluster is ").append(base::Origin(cluster.server));
  if (!cluster.origin.empty()) error.message.append(", from ").append(cluster.origin);
  error.message.append(is_unreachable
                           ? "; check that kubectl can reach it, or choose another with --context or --kubeconfig"
                           : "; check your identity with kubectl auth whoami");
  return error;
}

std::unique_ptr<Progress> ShowProgressOf(const kube::ClusterConfig& cluster, std::string what, bool quiet) {
  const bool may_ask = cluster.exec && cluster.exec->interactive_mode != kube::InteractiveMode::kNever;
  return ShowProgress(std::move(what), QuietIf(quiet || may_ask));
}

kube::Terminal TerminalForPlugins(StandardInput use) {
  const bool is_free = use == StandardInput::kUnused && ::isatty(STDIN_FILENO) == 1;
  return is_free ? kube::Terminal::kAvailable : kube::Terminal::kNone;
}

}  // namespace irsa::cli
