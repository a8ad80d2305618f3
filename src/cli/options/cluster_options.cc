#include "cluster_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "irsa/http/message/url.h"

namespace irsa::cli {
namespace {

std::string CheckUrl(std::string& value) {
  const auto url = http::ParseUrl(value);
  return url.ok() ? "" : url.error().message;
}

std::string Variable(const kube::Environment& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? "" : value;
}

// Where kubectl looks; empty when there is nothing.
std::string DefaultKubeconfig(const kube::Environment& environment, const base::FileReader& files) {
  if (std::string paths = Variable(environment, "KUBECONFIG"); !paths.empty()) return paths;
  const std::string home = Variable(environment, "HOME");
  if (home.empty()) return {};
  std::string path = home + "/.kube/config";
  const auto text = files.Read(path, 1);  // anything but its absence is for whoever reads it to complain of
  return text.FailedWith(base::ErrorCode::kNotFound) ? std::string() : path;
}

}  // namespace

void AddClusterOptions(CLI::App& command, kube::ClusterOptions& options) {
  command
      .add_option("--kubeconfig", options.kubeconfig,
                  "Kubeconfig of the cluster (default: KUBECONFIG, ~/.kube/config, or the cluster that irsa runs in)")
      ->type_name("FILE");
  command.add_option("--context", options.context, "Context in the kubeconfig (default: the current one)")
      ->type_name("NAME");
  command
      .add_option(
          "--kube-api", options.server,
          "The apiserver's URL, http or https, in place of the one found; without --kubeconfig nobody is logged "
          "in, as through kubectl proxy")
      ->check(CLI::Validator(CheckUrl, ""))
      ->type_name("URL");
}

base::Result<kube::ClusterConfig> FindCommandsCluster(kube::ClusterOptions options,
                                                      const kube::Environment& environment,
                                                      const base::FileReader& files) {
  const bool is_server_enough = !options.server.empty() && options.context.empty();
  if (options.kubeconfig.empty() && !is_server_enough) options.kubeconfig = DefaultKubeconfig(environment, files);
  options.exec_plugins = kube::ExecPlugins::kAllowed;
  auto config = kube::FindCluster(options, environment, files);
  if (config.ok() && config->proxy_url.empty()) config->proxies = http::ProxyChoice::FromEnvironment(environment);
  return config;
}

kube::Terminal TerminalForPlugins(StandardInput use) {
  const bool is_free = use == StandardInput::kUnused && ::isatty(STDIN_FILENO) == 1;
  return is_free ? kube::Terminal::kAvailable : kube::Terminal::kNone;
}

}  // namespace irsa::cli
