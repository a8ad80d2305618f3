#include "irsa/serve/cluster_connection.h"

#include <utility>

#include "irsa/base/url.h"

namespace irsa::serve {

ClusterConnection::ClusterConnection(kube::ClusterConfig config, const ClusterConnectionParts& parts)
    : namespace_name_(config.namespace_name),
      server_(base::Origin(config.server)),
      network_(nullptr, config.proxies),
      api_({.cluster = std::move(config),
            .on_answer =
                [metrics = parts.metrics](std::string_view verb, int status) {
                  if (metrics != nullptr) metrics->CountKubeRequest(verb, status);
                }},
           {.client = network_,
            .set_tls = [this](std::shared_ptr<const http::ClientTls> tls) { network_.SetTls(std::move(tls)); },
            .files = parts.files,
            .clock = parts.clock,
            .log = parts.log,
            .exec_plugins = parts.exec_plugins}) {}

}  // namespace irsa::serve
