// The cluster that a command asks, as kubectl would find it.
#pragma once

#include <string>

#include "irsa/base/file_reader.h"
#include "irsa/base/result.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/kube/config/exec_plugin_runner.h"

namespace CLI {
class App;
}

namespace irsa::cli {

// Declares --kubeconfig, --kube-api and --context, which are parsed into `options`, which outlives `command`.
void AddClusterOptions(CLI::App& command, kube::ClusterOptions& options);

// Without --kubeconfig and --kube-api: the kubeconfig that KUBECONFIG names, else ~/.kube/config if there is one, else
// the cluster that irsa runs in. Exec plug-ins are allowed. Without a proxy-url the environment's proxies are used.
// Errors are those of kube::FindCluster.
base::Result<kube::ClusterConfig> FindCommandsCluster(kube::ClusterOptions options,
                                                      const kube::Environment& environment,
                                                      const base::FileReader& files);

// Whether an exec plug-in may ask the person at the terminal: not where the command reads standard input itself.
enum class StandardInput { kUnused, kRead };
kube::Terminal TerminalForPlugins(StandardInput use);

}  // namespace irsa::cli
