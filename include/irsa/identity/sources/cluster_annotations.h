// What the annotated objects of a cluster say: its service accounts' identities, and its namespaces' default roles
// (docs/design.md section 6).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/account_lookup.h"
#include "irsa/identity/sources/account_store.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/watch/reflector.h"

namespace irsa::identity {

// Follows all objects of the kind; those that the watch has not shown yet are looked up. Members may be called from any
// thread.
class ClusterAnnotations final : private kube::ReflectorSink {
 public:
  // `server` and what `tools` names outlive this object. Of `reflection`, all but the path counts.
  ClusterAnnotations(kube::ApiServer& server, const kube::ReflectorTools& tools, AnnotatedObjects objects,
                     const LookupOptions& lookup, kube::ReflectorOptions reflection);

  // Begins to list and watch.
  void Start() { reflector_.Start(); }

  // Nothing for an object that does not exist. kUnavailable until all have been listed once, and for one that is not
  // known when the apiserver does not say in time whether it exists. Each object's last state known is answered,
  // however long the watch is cut off.
  Result<std::optional<PackedAnnotations>> Find(const AccountName& name, base::SteadyTime deadline);

  // What is known now; asks nobody.
  std::optional<KnownObject> FindKnown(const AccountName& name) const { return store_.Find(name); }

  // kUnavailable, with the reason, until all objects have been listed once.
  Status Ready() const;
  // Objects that are known.
  size_t size() const { return store_.size(); }
  // For how long they have not been known to be up to date.
  std::chrono::milliseconds SyncAge() const { return reflector_.SyncAge(); }

 private:
  // What the reflector reports is put into the store.
  void StartReplace() override { store_.StartReplace(); }
  void FinishReplace(std::string_view resource_version) override;
  void Put(const kube::ObjectView& object) override;
  void Remove(const kube::ObjectView& object) override;
  std::optional<AccountName> NameOf(const kube::ObjectView& object) const;

  const base::Clock& clock_;
  const AnnotatedObjects objects_;
  AccountStore store_;
  AccountLookup lookup_;
  kube::Reflector reflector_;  // last: it uses the others
};

// Identities from all service accounts, which are followed, looked up and reported on as ClusterAnnotations does it.
class ClusterIdentities final : public IdentitySource {
 public:
  // `server` and what `tools` names outlive this object.
  ClusterIdentities(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                    const LookupOptions& lookup, kube::ReflectorOptions reflection = {});

  void Start() { accounts_.Start(); }
  Status Ready() const { return accounts_.Ready(); }
  size_t size() const { return accounts_.size(); }
  std::chrono::milliseconds SyncAge() const { return accounts_.SyncAge(); }

  Result<ResolvedAccount> Find(const AccountName& name, base::SteadyTime deadline) override;
  // What is known of an account now, and since when; asks nobody.
  std::optional<KnownAccount> FindKnown(const AccountName& name) const;

 private:
  ResolvedAccount Resolve(const AccountName& name, const PackedAnnotations& annotations) const;

  const Settings settings_;
  ClusterAnnotations accounts_;
};

// Callers that may wait for a namespace at a time: few, since pods are created in a namespace once it has accounts.
inline constexpr size_t kMaxWaitingForNamespaces = 2;

// Default roles from all namespaces (--default-role), likewise.
class ClusterNamespaces final : public NamespaceSource {
 public:
  // `server` and what `tools` names outlive this object. Of `lookup`, the time that callers wait counts.
  ClusterNamespaces(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings, LookupOptions lookup,
                    kube::ReflectorOptions reflection = {});

  void Start() { namespaces_.Start(); }
  Status Ready() const { return namespaces_.Ready(); }
  std::chrono::milliseconds SyncAge() const { return namespaces_.SyncAge(); }

  Result<ResolvedNamespace> FindDefaults(std::string_view namespace_name, base::SteadyTime deadline) override;
  // Since when the namespace's annotations are known as they are; nothing for one that is not known.
  std::optional<base::SystemTime> KnownSince(std::string_view namespace_name) const;

 private:
  const Settings settings_;
  ClusterAnnotations namespaces_;
};

}  // namespace irsa::identity
