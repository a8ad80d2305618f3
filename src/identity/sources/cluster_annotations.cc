#include "irsa/identity/sources/cluster_annotations.h"

#include <string>
#include <utility>

#include "irsa/kube/api/objects.h"

namespace irsa::identity {
namespace {

constexpr size_t kMaxNameBytes = 253;  // of a subdomain; longer than any namespace's

uint64_t Number(std::string_view resource_version) { return kube::VersionNumber(resource_version).value_or(0); }

kube::ReflectorOptions Following(const AnnotatedKind& kind, kube::ReflectorOptions options) {
  options.path = kube::CollectionPath("api/v1", {}, kind.resource);
  return options;
}

LookupOptions ForNamespaces(LookupOptions options) {
  options.threads = 1;
  options.max_waiting = kMaxWaitingForNamespaces;
  options.max_waiting_for_missing = 1;
  return options;
}

}  // namespace

ClusterAnnotations::ClusterAnnotations(kube::ApiServer& server, const kube::ReflectorTools& tools,
                                       AnnotatedObjects objects, const LookupOptions& lookup,
                                       kube::ReflectorOptions reflection)
    : clock_(tools.clock),
      objects_(std::move(objects)),
      lookup_(server, store_, tools.clock, objects_, lookup),
      reflector_(server, *this, tools, Following(objects_.kind, std::move(reflection))) {}

Result<std::optional<PackedAnnotations>> ClusterAnnotations::Find(const AccountName& name, base::SteadyTime deadline) {
  if (const Status ready = Ready(); !ready.ok()) return ready.error();
  if (auto known = store_.Find(name)) return std::optional(std::move(known->annotations));
  // A watch that is cut off does not show that an object exists by now.
  const bool may_trust_misses = reflector_.state().failure.empty();
  return lookup_.Find(name, deadline, may_trust_misses);
}

Status ClusterAnnotations::Ready() const {
  if (reflector_.has_synced()) return {};
  std::string message(objects_.kind.noun);
  message.append("s have not been listed yet");
  if (const std::string why = reflector_.state().failure; !why.empty()) message.append(": ").append(why);
  return Error{ErrorCode::kUnavailable, std::move(message)};
}

void ClusterAnnotations::FinishReplace(std::string_view resource_version) {
  store_.FinishReplace(Number(resource_version));
}

void ClusterAnnotations::Put(const kube::ObjectView& object) {
  const auto name = NameOf(object);
  if (!name) return;
  store_.Put(*name, Number(object.resource_version),
             PackedAnnotations::Pack(AnnotationsIn(*object.json, objects_.prefix)), clock_.Now());
  lookup_.NoteAppearance(*name);
}

void ClusterAnnotations::Remove(const kube::ObjectView& object) {
  if (const auto name = NameOf(object)) store_.Remove(*name, Number(object.resource_version));
}

// Nothing for an account without a namespace, or a name longer than Kubernetes allows: none of a pod's has such.
std::optional<AccountName> ClusterAnnotations::NameOf(const kube::ObjectView& object) const {
  if (object.namespace_name.size() > kMaxNameBytes || object.name.size() > kMaxNameBytes) return std::nullopt;
  if (!objects_.kind.is_namespaced) return AccountName{object.name, {}};
  if (object.namespace_name.empty()) return std::nullopt;
  return AccountName{object.namespace_name, object.name};
}

ClusterIdentities::ClusterIdentities(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                                     const LookupOptions& lookup, kube::ReflectorOptions reflection)
    : settings_(std::move(settings)),
      accounts_(server, tools, {kServiceAccountKind, settings_.annotation_prefix}, lookup, std::move(reflection)) {}

Result<ResolvedAccount> ClusterIdentities::Find(const AccountName& name, base::SteadyTime deadline) {
  const auto found = accounts_.Find(name, deadline);
  if (!found.ok()) return found.error();
  return *found ? Resolve(name, **found) : nullptr;
}

std::optional<KnownAccount> ClusterIdentities::FindKnown(const AccountName& name) const {
  const auto known = accounts_.FindKnown(name);
  if (!known) return std::nullopt;
  return KnownAccount{Resolve(name, known->annotations), "annotations of the service account", known->since};
}

ResolvedAccount ClusterIdentities::Resolve(const AccountName& name, const PackedAnnotations& annotations) const {
  if (annotations.bytes().empty()) return nullptr;
  AccountIdentity account = ResolveIdentity(name, annotations.Unpack(), settings_);
  if (!SaysAnything(account)) return nullptr;
  return std::make_shared<const AccountIdentity>(std::move(account));
}

ClusterNamespaces::ClusterNamespaces(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                                     LookupOptions lookup, kube::ReflectorOptions reflection)
    : settings_(std::move(settings)),
      namespaces_(server, tools, {kNamespaceKind, settings_.annotation_prefix}, ForNamespaces(lookup),
                  std::move(reflection)) {}

Result<ResolvedNamespace> ClusterNamespaces::FindDefaults(std::string_view namespace_name, base::SteadyTime deadline) {
  const auto found = namespaces_.Find({namespace_name, {}}, deadline);
  if (!found.ok()) return found.error();
  if (!*found || (*found)->bytes().empty()) return ResolvedNamespace();
  return std::make_shared<const NamespaceDefaults>(ResolveNamespace((*found)->Unpack(), settings_));
}

std::optional<base::SystemTime> ClusterNamespaces::KnownSince(std::string_view namespace_name) const {
  const auto known = namespaces_.FindKnown({namespace_name, {}});
  return known ? std::optional(known->since) : std::nullopt;
}

}  // namespace irsa::identity
