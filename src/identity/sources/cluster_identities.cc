#include "irsa/identity/sources/cluster_identities.h"

#include <utility>
#include <vector>

namespace irsa::identity {

using base::Error;
using base::ErrorCode;
using base::Result;

namespace {

constexpr size_t kMaxNameBytes = 253;  // of a subdomain; longer than any namespace's

uint64_t Number(std::string_view resource_version) { return kube::VersionNumber(resource_version).value_or(0); }

// An object without a namespace, or with a name longer than Kubernetes allows, is no service account of a pod.
bool IsOfPods(const kube::ObjectView& object) {
  return !object.namespace_name.empty() && object.namespace_name.size() <= kMaxNameBytes &&
         object.name.size() <= kMaxNameBytes;
}

}  // namespace

kube::ReflectorOptions ServiceAccountReflection() {
  kube::ReflectorOptions options;
  options.path = "/api/v1/serviceaccounts";
  return options;
}

ClusterIdentities::ClusterIdentities(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                                     const LookupOptions& lookup, kube::ReflectorOptions reflection,
                                     base::Random random)
    : clock_(tools.clock),
      settings_(std::move(settings)),
      lookup_(server, store_, clock_, settings_.annotation_prefix, lookup),
      reflector_(server, sink_, tools, std::move(reflection), std::move(random)) {}

Result<std::shared_ptr<const AccountIdentity>> ClusterIdentities::Find(std::string_view namespace_name,
                                                                       std::string_view service_account,
                                                                       base::SteadyTime deadline) {
  if (!reflector_.has_synced()) {
    if (const base::Status ready = Ready(); !ready.ok()) return ready.error();
  }
  const AccountName name{namespace_name, service_account};
  if (const auto known = store_.Find(name)) return Resolve(name, *known);
  // A watch that is cut off does not show that an account exists by now.
  const bool may_trust_misses = reflector_.state().failure.empty();
  const Result<std::optional<PackedAnnotations>> found = lookup_.Find(name, deadline, may_trust_misses);
  if (!found.ok()) return found.error();
  return *found ? Resolve(name, **found) : nullptr;
}

std::shared_ptr<const AccountIdentity> ClusterIdentities::Resolve(const AccountName& name,
                                                                  const PackedAnnotations& annotations) const {
  if (annotations.bytes().empty()) return nullptr;
  AccountIdentity account = ResolveIdentity(name, annotations.Unpack(), settings_);
  if (!SaysAnything(account)) return nullptr;
  return std::make_shared<const AccountIdentity>(std::move(account));
}

base::Status ClusterIdentities::Ready() const {
  const kube::Reflector::State state = reflector_.state();
  if (state.has_synced) return {};
  std::string message = "service accounts have not been listed yet";
  if (!state.failure.empty()) message.append(": ").append(state.failure);
  return Error{ErrorCode::kUnavailable, std::move(message)};
}

void ClusterIdentities::Sink::StartReplace() { owner_.store_.StartReplace(); }

void ClusterIdentities::Sink::FinishReplace(std::string_view resource_version) {
  owner_.store_.FinishReplace(Number(resource_version));
}

void ClusterIdentities::Sink::Put(const kube::ObjectView& object) {
  if (!IsOfPods(object)) return;
  const AccountName name{object.namespace_name, object.name};
  owner_.store_.Put(name, Number(object.resource_version),
                    AnnotationsUnder(owner_.settings_.annotation_prefix, *object.json));
  owner_.lookup_.NoteAppearance(name);
}

void ClusterIdentities::Sink::Remove(const kube::ObjectView& object) {
  if (!IsOfPods(object)) return;
  owner_.store_.Remove({object.namespace_name, object.name}, Number(object.resource_version));
}

}  // namespace irsa::identity
