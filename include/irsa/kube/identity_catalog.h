// All identities of a cluster at once, from whatever source: what the record of them (identity_record.h) has to say.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/kube/cluster_identities.h"
#include "irsa/kube/config_map_identities.h"
#include "irsa/kube/identity_record.h"
#include "irsa/mutation/settings.h"

namespace irsa::kube {

class IdentityCatalog {
 public:
  virtual ~IdentityCatalog() = default;

  // kUnavailable, with the reason, until all are known.
  virtual base::Status Ready() const = 0;
  // Grows with each change of what List says.
  virtual uint64_t changes() const = 0;
  // The identities of all service accounts that have one, as they are recorded.
  virtual RecordedCluster List() = 0;
  // One account's at this moment, or nothing: the apiserver is asked, as what List knows may be a moment old, or as old
  // as a watch can be cut off unnoticed. kUnavailable when it does not say.
  virtual base::Result<std::optional<RecordedIdentity>> Ask(std::string_view namespace_name,
                                                            std::string_view service_account, base::SteadyTime deadline,
                                                            const std::stop_token& stop) = 0;
};

// From the service accounts' annotations and, for those without a role there, from the ConfigMap. What cannot be
// recorded (too long for its schema) is left out, with one log line for each account. Members may be called from any
// thread.
class ClusterCatalog final : public IdentityCatalog {
 public:
  // All but the settings outlive this object. `config_map` null: there is none.
  ClusterCatalog(ClusterIdentities& accounts, const ConfigMapIdentities* config_map, mutation::Settings settings,
                 base::Log& log);

  base::Status Ready() const override;
  uint64_t changes() const override;
  RecordedCluster List() override;
  base::Result<std::optional<RecordedIdentity>> Ask(std::string_view namespace_name, std::string_view service_account,
                                                    base::SteadyTime deadline, const std::stop_token& stop) override;

 private:
  std::optional<mutation::Identity> FromConfigMap(const AccountName& name) const;
  std::optional<RecordedIdentity> Record(const AccountName& name, const mutation::Identity& identity);

  ClusterIdentities& accounts_;
  const ConfigMapIdentities* config_map_;
  const mutation::Settings settings_;
  base::Log& log_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> unrecordable_;  // guarded by mutex_: accounts that the log has named
};

}  // namespace irsa::kube
