// ConfigMaps of a cluster, asked for one by one and remembered for a while: of the many that a cluster has, few are the
// environment of a container whose account has an identity.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/slots.h"
#include "irsa/base/token_bucket.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::identity {

struct ConfigMapOptions {
  std::chrono::milliseconds request_timeout{500};  // how long a review waits for one
  std::chrono::seconds memory{10};                 // for how long a ConfigMap is remembered
  std::chrono::seconds failure_memory{1};          // for how long it is that one cannot be read
  size_t max_remembered = 1000;
  size_t max_waiting = 2;  // callers that may wait at a time
  double requests_per_second = 20;
  double burst = 100;
};

// May be used from any thread.
class ClusterConfigMaps final : public ConfigMapSource {
 public:
  // All outlive this object.
  ClusterConfigMaps(kube::ApiServer& server, const base::Clock& clock, base::Log& log, ConfigMapOptions options = {});

  // Asks the apiserver, once for all callers that want that ConfigMap, unless it is remembered. kUnavailable when as
  // many as may wait do so, or too many are asked for. A ConfigMap that cannot be read is logged once.
  Result<ConfigMapKeys> Read(std::string_view namespace_name, std::string_view name,
                             base::SteadyTime deadline) override;

 private:
  struct Remembered {
    std::optional<ConfigMapKeys> keys;  // nothing: it is being asked for
    base::SteadyTime until;
  };

  Result<ConfigMapKeys> Ask(const std::string& path, std::string_view name, base::SteadyTime deadline);
  const ConfigMapKeys* FindFresh(const std::string& path, base::SteadyTime now) const;
  void Forget(base::SteadyTime now);

  kube::ApiServer& server_;
  const base::Clock& clock_;
  base::Log& log_;
  const ConfigMapOptions options_;
  std::mutex mutex_;  // guards what follows, but for the slots
  std::condition_variable news_;
  std::unordered_map<std::string, Remembered> remembered_;  // by path
  base::TokenBucket bucket_;
  std::string last_failure_;  // told already
  base::Slots waiting_;
};

}  // namespace irsa::identity
