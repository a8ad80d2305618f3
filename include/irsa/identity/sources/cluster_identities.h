// Identities from the service accounts of a cluster (docs/design.md section 6).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/base/waiting.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/cluster_annotations.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/watch/reflector.h"

namespace irsa::identity {

// Of all service accounts, as ClusterAnnotations has them. Members may be called from any thread.
class ClusterIdentities final : public IdentitySource {
 public:
  // `server` and what `tools` names outlive this object.
  ClusterIdentities(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                    const LookupOptions& lookup, kube::ReflectorOptions reflection = {},
                    base::Random random = base::SeededRandom());

  // Begins to list and watch.
  void Start() { accounts_.Start(); }

  Result<std::shared_ptr<const AccountIdentity>> Find(std::string_view namespace_name, std::string_view service_account,
                                                      base::SteadyTime deadline) override;

  // What is known of an account now, and since when; asks nobody.
  std::optional<KnownAccount> FindKnown(const AccountName& name) const;

  // kUnavailable, with the reason, until all service accounts have been listed once.
  Status Ready() const { return accounts_.Ready(); }
  // Service accounts that are known.
  size_t size() const { return accounts_.size(); }
  // For how long they have not been known to be up to date.
  std::chrono::milliseconds SyncAge() const { return accounts_.SyncAge(); }

 private:
  std::shared_ptr<const AccountIdentity> Resolve(const AccountName& name, const PackedAnnotations& annotations) const;

  const Settings settings_;
  ClusterAnnotations accounts_;
};

}  // namespace irsa::identity
