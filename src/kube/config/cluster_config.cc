#include "irsa/kube/config/cluster_config.h"

#include <utility>

#include "irsa/base/text.h"

namespace irsa::kube {
namespace {

constexpr const char* kHost = "KUBERNETES_SERVICE_HOST";
constexpr const char* kPort = "KUBERNETES_SERVICE_PORT";
constexpr size_t kMaxBytes = 1 << 20;

std::string ValueOf(const base::Environment& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? "" : value;
}

Result<base::Url> ServerIn(const base::Environment& environment) {
  const std::string host = ValueOf(environment, kHost);
  const std::string port = ValueOf(environment, kPort);
  if (host.empty() || port.empty()) {
    return Error{ErrorCode::kInvalid, std::string(host.empty() ? kHost : kPort) + " is not set"};
  }
  const bool is_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  auto server = base::ParseUrl("https://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + port);
  if (!server.ok()) {
    return base::WithContext(std::move(server).error(), std::string(kHost) + " and " + kPort);
  }
  if (server->target != "/") return Error{ErrorCode::kInvalid, std::string(kPort) + " \"" + port + "\" is not a port"};
  return server;
}

Result<std::string> NamespaceIn(const base::FileReader& files, const std::string& path) {
  auto text = files.Read(path, kMaxBytes);
  if (text.FailedWith(ErrorCode::kNotFound)) return std::string("default");
  if (!text.ok()) return std::move(text).error();
  const size_t end = text->find_last_not_of(" \t\r\n");
  text->resize(end == std::string::npos ? 0 : end + 1);
  if (!base::IsDnsLabel(*text)) return Error{ErrorCode::kInvalid, path + " does not hold a namespace's name"};
  return text;
}

Result<ClusterConfig> FindConfig(const ClusterOptions& options, const base::Environment& environment,
                                 const base::FileReader& files) {
  if (!options.kubeconfig.empty()) {
    return ReadKubeconfig(files, options.kubeconfig, options.context, options.exec_plugins);
  }
  if (!options.context.empty()) {
    return Error{ErrorCode::kInvalid, "context \"" + options.context + "\" is given without its kubeconfig"};
  }
  if (IsInCluster(environment)) return InClusterConfig(environment, files);
  if (!options.server.empty()) return ClusterConfig{};
  return Error{ErrorCode::kNotFound,
               "no cluster: irsa does not run in one (KUBERNETES_SERVICE_HOST is not set), and neither a kubeconfig "
               "nor an apiserver URL was given"};
}

}  // namespace

bool IsInCluster(const base::Environment& environment) { return !ValueOf(environment, kHost).empty(); }

Result<ClusterConfig> InClusterConfig(const base::Environment& environment, const base::FileReader& files,
                                      const std::string& folder) {
  auto server = ServerIn(environment);
  if (!server.ok()) return std::move(server).error();
  ClusterConfig config;
  config.origin = "the pod's environment";
  config.server = *std::move(server);
  config.token.path = folder + "/token";
  config.ca.path = folder + "/ca.crt";
  if (auto token = files.Read(config.token.path, kMaxBytes); !token.ok()) {
    return Error{token.error().code, token.error().message +
                                         " (is automountServiceAccountToken false, or is this pod not meant to use "
                                         "the API?)"};
  }
  auto namespace_name = NamespaceIn(files, folder + "/namespace");
  if (!namespace_name.ok()) return std::move(namespace_name).error();
  config.namespace_name = *std::move(namespace_name);
  return config;
}

Result<ClusterConfig> FindCluster(const ClusterOptions& options, const base::Environment& environment,
                                  const base::FileReader& files) {
  auto config = FindConfig(options, environment, files);
  if (!config.ok() || options.server.empty()) return config;
  auto server = base::ParseUrl(options.server);
  if (!server.ok()) return base::WithContext(std::move(server).error(), "the apiserver's URL");
  config->server = *std::move(server);
  return config;
}

}  // namespace irsa::kube
