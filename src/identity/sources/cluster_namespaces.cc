#include "irsa/identity/sources/cluster_namespaces.h"

#include <utility>

namespace irsa::identity {
namespace {

LookupOptions ForNamespaces(LookupOptions options) {
  options.threads = 1;
  options.max_waiting = kMaxWaitingForNamespaces;
  options.max_waiting_for_missing = 1;
  return options;
}

}  // namespace

ClusterNamespaces::ClusterNamespaces(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                                     LookupOptions lookup, kube::ReflectorOptions reflection, base::Random random)
    : settings_(std::move(settings)),
      namespaces_(server, tools, {kNamespaceKind, settings_.annotation_prefix}, ForNamespaces(lookup),
                  std::move(reflection), std::move(random)) {}

Result<std::shared_ptr<const NamespaceDefaults>> ClusterNamespaces::FindDefaults(std::string_view namespace_name,
                                                                                 base::SteadyTime deadline) {
  const auto found = namespaces_.Find({namespace_name, {}}, deadline);
  if (!found.ok()) return found.error();
  if (!*found || (*found)->bytes().empty()) return std::shared_ptr<const NamespaceDefaults>();
  return std::make_shared<const NamespaceDefaults>(ResolveNamespace((*found)->Unpack(), settings_));
}

std::optional<base::SystemTime> ClusterNamespaces::KnownSince(std::string_view namespace_name) const {
  const auto known = namespaces_.FindKnown({namespace_name, {}});
  return known ? std::optional(known->since) : std::nullopt;
}

}  // namespace irsa::identity
