#include "irsa/kube/config/cluster_config.h"

#include <utility>

namespace irsa::kube {
namespace {

Result<ClusterConfig> FindConfig(const ClusterOptions& options, const Environment& environment,
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

Result<ClusterConfig> FindCluster(const ClusterOptions& options, const Environment& environment,
                                  const base::FileReader& files) {
  auto config = FindConfig(options, environment, files);
  if (!config.ok() || options.server.empty()) return config;
  auto server = base::ParseUrl(options.server);
  if (!server.ok()) return base::WithContext(std::move(server).error(), "the apiserver's URL");
  config->server = *std::move(server);
  return config;
}

}  // namespace irsa::kube
