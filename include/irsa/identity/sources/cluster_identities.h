// Identities from the service accounts of a cluster (docs/design.md section 6).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/base/waiting.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/account_lookup.h"
#include "irsa/identity/sources/account_store.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/watch/reflector.h"

namespace irsa::identity {

// What a reflector is told to follow for it.
kube::ReflectorOptions ServiceAccountReflection();

// Follows all service accounts; those that the watch has not shown yet are looked up. Members may be called from any
// thread.
class ClusterIdentities final : public IdentitySource {
 public:
  // `server` and what `tools` names outlive this object.
  ClusterIdentities(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                    const LookupOptions& lookup, kube::ReflectorOptions reflection = ServiceAccountReflection(),
                    base::Random random = base::SeededRandom());

  // Begins to list and watch.
  void Start() { reflector_.Start(); }

  // kUnavailable until all service accounts have been listed once, and for one that is not known when the apiserver
  // does not say in time whether it exists. Each account's last state known is answered, however long the watch is cut
  // off.
  base::Result<std::shared_ptr<const AccountIdentity>> Find(std::string_view namespace_name,
                                                            std::string_view service_account,
                                                            base::SteadyTime deadline) override;

  // kUnavailable, with the reason, until all service accounts have been listed once.
  base::Status Ready() const;
  // Service accounts that are known.
  size_t size() const { return store_.size(); }
  // For how long they have not been known to be up to date.
  std::chrono::milliseconds SyncAge() const { return reflector_.SyncAge(); }

 private:
  // Puts what the reflector reports into the store.
  class Sink final : public kube::ReflectorSink {
   public:
    explicit Sink(ClusterIdentities& owner) : owner_(owner) {}

    void StartReplace() override;
    void FinishReplace(std::string_view resource_version) override;
    void Put(const kube::ObjectView& object) override;
    void Remove(const kube::ObjectView& object) override;

   private:
    ClusterIdentities& owner_;
  };

  std::shared_ptr<const AccountIdentity> Resolve(const AccountName& name, const PackedAnnotations& annotations) const;

  const base::Clock& clock_;
  const Settings settings_;
  AccountStore store_;
  AccountLookup lookup_;
  Sink sink_{*this};
  kube::Reflector reflector_;  // last: it uses the others
};

}  // namespace irsa::identity
