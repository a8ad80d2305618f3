// Writes the record of identities (identity_record.h) through the apiserver.
#pragma once

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "irsa/admission/identity_record.h"
#include "irsa/base/backoff.h"
#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/base/waiter.h"
#include "irsa/kube/api_server.h"
#include "irsa/kube/identity_record.h"
#include "irsa/mutation/settings.h"

namespace irsa::kube {

struct IdentityRecorderOptions {
  // How often a write is begun anew because others changed the map at the same moment.
  int max_conflicts = 10;
  // Between attempts while the apiserver cannot answer, as long as there is time: somebody is waiting for it.
  base::BackoffLimits backoff{.initial = std::chrono::milliseconds(100), .max = std::chrono::milliseconds(1000)};
  // Between looks whether the apiserver's policies have seen a write: 3 ms as a rule, 150 ms on a busy machine.
  base::BackoffLimits look{.initial = std::chrono::milliseconds(2), .max = std::chrono::milliseconds(200)};
  // After so many looks, and as many more, it is looked whether the entry is still what was written.
  int looks_before_doubt = 8;
  // Of one request: the connection may be to an apiserver that is gone.
  std::chrono::milliseconds request_timeout{3000};
  // Callers of Write that may be under way: each holds a thread of a server that has other things to do.
  int max_writers = 20;
  std::stop_token stop = {};  // ends requests and waits under way
};

// May be used from any thread, and in several processes at once.
//
// Errors name the namespace and what the apiserver said: kDenied when it refuses, kUnavailable when it could not be
// asked by the deadline, kConflict when others kept changing the map, kNotFound when the namespace or the custom
// resource definition is missing, kInvalid for what cannot be recorded.
class IdentityRecorder final : public admission::IdentityRecord {
 public:
  // `server`, `clock` and `waiter` outlive this object.
  IdentityRecorder(ApiServer& server, const base::Clock& clock, base::Waiter& waiter, mutation::Settings settings,
                   IdentityRecorderOptions options = {});

  // Ok when the entry is there, and the policies of the apiserver that was asked have seen it, so that from now on the
  // guard knows of the account. (Of several apiservers the others may be some milliseconds behind.) Writing an entry
  // that is there already changes nothing in the cluster. kConflict also when somebody else has written the entry
  // since; kUnavailable, at once, when as many as may write do so.
  base::Status Write(std::string_view namespace_name, std::string_view service_account,
                     const mutation::Identity& identity, base::SteadyTime deadline) override;

  // Ok also when there was no such entry, or no map.
  base::Status Remove(std::string_view namespace_name, std::string_view service_account, base::SteadyTime deadline);

  // Several entries of a namespace at once, whether or not the policies have seen them. With a resource version only if
  // the map has not changed since: else kConflict, at once, as nothing is to be done on what is not known. Nothing is
  // sent for no change.
  base::Status Change(std::string_view namespace_name, const RecordChange& change, std::string_view resource_version,
                      base::SteadyTime deadline);

  // What the leader says of the map; ok when the map is gone.
  base::Status WriteStatus(std::string_view namespace_name, int64_t observed_generation, int64_t observed_accounts,
                           base::SteadyTime deadline);

 private:
  base::Status Attempt(const std::string& collection, const RecordChange& change, std::string_view resource_version,
                       base::SteadyTime deadline);
  base::Status Create(const std::string& collection, const RecordChange& change, base::SteadyTime deadline);
  base::Status Send(ApiRequest request, std::string_view what, base::SteadyTime deadline);
  base::Status AwaitPolicies(const std::string& collection, const RecordChange& change, base::SteadyTime deadline);
  bool IsReplaced(const std::string& collection, const RecordChange& change, base::SteadyTime deadline);
  bool WaitForNextAttempt(base::Backoff& backoff, base::SteadyTime deadline);

  ApiServer& server_;
  const base::Clock& clock_;
  base::Waiter& waiter_;
  const mutation::Settings settings_;
  const IdentityRecorderOptions options_;
  std::atomic<int> writers_ = 0;
};

}  // namespace irsa::kube
