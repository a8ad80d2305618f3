// Default roles from the namespaces of a cluster (--default-role).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "irsa/base/waiting.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/cluster_annotations.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/watch/reflector.h"

namespace irsa::identity {

// Callers that may wait for a namespace at a time: few, since pods are created in a namespace once it has accounts.
inline constexpr size_t kMaxWaitingForNamespaces = 2;

// Of all namespaces, as ClusterAnnotations has them. Members may be called from any thread.
class ClusterNamespaces final : public NamespaceSource {
 public:
  // `server` and what `tools` names outlive this object. Of `lookup`, the time that callers wait counts.
  ClusterNamespaces(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings, LookupOptions lookup,
                    kube::ReflectorOptions reflection = {}, base::Random random = base::SeededRandom());

  // Begins to list and watch.
  void Start() { namespaces_.Start(); }

  Result<std::shared_ptr<const NamespaceDefaults>> FindDefaults(std::string_view namespace_name,
                                                                base::SteadyTime deadline) override;

  // Since when the namespace's annotations are known as they are; nothing for one that is not known.
  std::optional<base::SystemTime> KnownSince(std::string_view namespace_name) const;

  // kUnavailable, with the reason, until all namespaces have been listed once.
  Status Ready() const { return namespaces_.Ready(); }
  // For how long they have not been known to be up to date.
  std::chrono::milliseconds SyncAge() const { return namespaces_.SyncAge(); }

 private:
  const Settings settings_;
  ClusterAnnotations namespaces_;
};

}  // namespace irsa::identity
