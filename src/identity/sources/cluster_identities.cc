#include "irsa/identity/sources/cluster_identities.h"

#include <utility>

namespace irsa::identity {

ClusterIdentities::ClusterIdentities(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                                     const LookupOptions& lookup, kube::ReflectorOptions reflection,
                                     base::Random random)
    : settings_(std::move(settings)),
      accounts_(server, tools, {kServiceAccountKind, settings_.annotation_prefix}, lookup, std::move(reflection),
                std::move(random)) {}

Result<std::shared_ptr<const AccountIdentity>> ClusterIdentities::Find(std::string_view namespace_name,
                                                                       std::string_view service_account,
                                                                       base::SteadyTime deadline) {
  const AccountName name{namespace_name, service_account};
  const auto found = accounts_.Find(name, deadline);
  if (!found.ok()) return found.error();
  return *found ? Resolve(name, **found) : nullptr;
}

std::optional<KnownAccount> ClusterIdentities::FindKnown(const AccountName& name) const {
  const auto known = accounts_.FindKnown(name);
  if (!known) return std::nullopt;
  return KnownAccount{Resolve(name, known->annotations), "annotations of the service account", known->since};
}

std::shared_ptr<const AccountIdentity> ClusterIdentities::Resolve(const AccountName& name,
                                                                  const PackedAnnotations& annotations) const {
  if (annotations.bytes().empty()) return nullptr;
  AccountIdentity account = ResolveIdentity(name, annotations.Unpack(), settings_);
  if (!SaysAnything(account)) return nullptr;
  return std::make_shared<const AccountIdentity>(std::move(account));
}

}  // namespace irsa::identity
