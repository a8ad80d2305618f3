#include "irsa/identity/sources/cluster_annotations.h"

#include <string>
#include <utility>

namespace irsa::identity {

namespace {

constexpr size_t kMaxNameBytes = 253;  // of a subdomain; longer than any namespace's

uint64_t Number(std::string_view resource_version) { return kube::VersionNumber(resource_version).value_or(0); }

}  // namespace

ClusterAnnotations::ClusterAnnotations(kube::ApiServer& server, const kube::ReflectorTools& tools,
                                       AnnotatedObjects objects, const LookupOptions& lookup,
                                       kube::ReflectorOptions reflection, base::Random random)
    : clock_(tools.clock),
      objects_(std::move(objects)),
      lookup_(server, store_, tools.clock, objects_, lookup),
      reflector_(server, sink_, tools, std::move(reflection), std::move(random)) {}

Result<std::optional<PackedAnnotations>> ClusterAnnotations::Find(const AccountName& name, base::SteadyTime deadline) {
  if (!reflector_.has_synced()) {
    if (const Status ready = Ready(); !ready.ok()) return ready.error();
  }
  if (auto known = store_.Find(name)) return known;
  // A watch that is cut off does not show that an object exists by now.
  const bool may_trust_misses = reflector_.state().failure.empty();
  return lookup_.Find(name, deadline, may_trust_misses);
}

std::optional<KnownObject> ClusterAnnotations::FindKnown(const AccountName& name) const {
  auto annotations = store_.Find(name);
  const auto since = store_.SinceOf(name);
  if (!annotations || !since) return std::nullopt;
  return KnownObject{*std::move(annotations), *since};
}

Status ClusterAnnotations::Ready() const {
  const kube::Reflector::State state = reflector_.state();
  if (state.has_synced) return {};
  std::string message(objects_.kind.noun);
  message.append("s have not been listed yet");
  if (!state.failure.empty()) message.append(": ").append(state.failure);
  return Error{ErrorCode::kUnavailable, std::move(message)};
}

void ClusterAnnotations::Sink::StartReplace() { owner_.store_.StartReplace(); }

void ClusterAnnotations::Sink::FinishReplace(std::string_view resource_version) {
  owner_.store_.FinishReplace(Number(resource_version));
}

void ClusterAnnotations::Sink::Put(const kube::ObjectView& object) {
  const auto name = NameOf(object);
  if (!name) return;
  owner_.store_.Put(*name, Number(object.resource_version), AnnotationsUnder(owner_.objects_.prefix, *object.json),
                    owner_.clock_.Now());
  owner_.lookup_.NoteAppearance(*name);
}

void ClusterAnnotations::Sink::Remove(const kube::ObjectView& object) {
  if (const auto name = NameOf(object)) owner_.store_.Remove(*name, Number(object.resource_version));
}

// Nothing for an account without a namespace, or a name longer than Kubernetes allows: none of a pod's has such.
std::optional<AccountName> ClusterAnnotations::Sink::NameOf(const kube::ObjectView& object) const {
  if (object.namespace_name.size() > kMaxNameBytes || object.name.size() > kMaxNameBytes) return std::nullopt;
  if (!owner_.objects_.kind.is_namespaced) return AccountName{object.name, {}};
  if (object.namespace_name.empty()) return std::nullopt;
  return AccountName{object.namespace_name, object.name};
}

}  // namespace irsa::identity
