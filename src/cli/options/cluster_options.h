// The cluster that a command asks, as kubectl would find it.
#pragma once

#include <memory>
#include <string>

#include "irsa/base/files.h"
#include "irsa/base/program.h"
#include "irsa/base/result.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/kube/config/exec_plugin.h"

#include "cli/output/progress.h"

namespace CLI {
class App;
}

namespace irsa::cli {

// Declares --kubeconfig, --kube-api and --context, which are parsed into `options`, which outlives `command`.
void AddClusterOptions(CLI::App& command, kube::ClusterOptions& options);

// Without --kubeconfig and --kube-api: the kubeconfig that KUBECONFIG names, else ~/.kube/config if there is one, else
// the cluster that irsa runs in. Exec plug-ins are allowed. Without a proxy-url the environment's proxies are used.
// Errors are those of kube::FindCluster, with what to try.
Result<kube::ClusterConfig> FindCommandsCluster(kube::ClusterOptions options, const base::Environment& environment,
                                                const base::FileReader& files);

// The error, and for one of a request which cluster it is, by its server and kubeconfig, and what to try.
Error WithCluster(Error error, const kube::ClusterConfig& cluster);

// ShowProgress, but none where an exec plug-in may ask something at the terminal.
std::unique_ptr<Progress> ShowProgressOf(const kube::ClusterConfig& cluster, std::string what, bool quiet);

// Whether an exec plug-in may ask the person at the terminal: not where the command reads standard input itself.
enum class StandardInput { kUnused, kRead };
kube::Terminal TerminalForPlugins(StandardInput use);

}  // namespace irsa::cli
