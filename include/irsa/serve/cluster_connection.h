// A command's way to the apiserver: the network client and the credentials under it, in one piece.
#pragma once

#include <memory>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/http/client/network_client.h"
#include "irsa/kube/api/api_client.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/kube/config/exec_plugin.h"
#include "irsa/telemetry/metrics.h"

namespace irsa::serve {

// What it works with; all of it outlives the connection.
struct ClusterConnectionParts {
  const base::FileReader& files;
  const base::Clock& clock;
  base::Log& log;
  telemetry::Metrics* metrics = nullptr;  // where requests are counted; null, as the next: there is none
  const kube::ExecPluginRunner* exec_plugins = nullptr;
};

// Members may be called from any thread.
class ClusterConnection {
 public:
  // Connects nowhere yet.
  ClusterConnection(kube::ClusterConfig config, const ClusterConnectionParts& parts);

  // Reads the credentials; errors name the file.
  Status Load() { return api_.Load(); }

  kube::ApiServer& api() { return api_; }
  // Where the context, or the pod, is.
  const std::string& namespace_name() const { return namespace_name_; }
  // Scheme, host and port.
  const std::string& server() const { return server_; }

 private:
  const std::string namespace_name_;
  const std::string server_;
  http::NetworkClient network_;
  kube::ApiClient api_;
};

}  // namespace irsa::serve
