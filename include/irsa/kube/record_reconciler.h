// Makes the record of identities say what the service accounts and the ConfigMap say: the leader's work, which
// RecordState finds out.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/kube/identity_catalog.h"
#include "irsa/kube/identity_recorder.h"
#include "irsa/kube/record_state.h"

namespace irsa::kube {

// Of a process's whole life, whoever led when.
struct RecordWrites {
  std::atomic<uint64_t> written = 0;
  std::atomic<uint64_t> failed = 0;
};

// What a reconciler works with; all of it outlives the reconciler.
struct ReconcilerTools {
  IdentityCatalog& catalog;
  IdentityRecorder& recorder;
  RecordWrites& writes;
  const base::Clock& clock;
  base::Log& log;
};

// For one thread at a time.
//
// Bears that another replica does the same at the same moment, as one that was paused while it led may: entries are
// changed one by one, and an entry is only ever replaced or removed in the version of the map that was looked at, after
// the apiserver has been asked what its account says now.
class RecordReconciler {
 public:
  // `state` outlives the reconciler.
  RecordReconciler(RecordState& state, const ReconcilerTools& tools);

  // Does what there is to do now, as long as `may_go_on`; nothing while not all identities are known. Costs next to
  // nothing when nothing has changed. What cannot be written is logged, once for each reason, and tried again later.
  void Reconcile(const std::function<bool()>& may_go_on, const std::stop_token& stop);

 private:
  bool IsDue() const;
  void Do(const std::string& namespace_name, const RecordWork& work, const std::function<bool()>& may_go_on,
          const std::stop_token& stop);
  base::Status Add(const std::string& namespace_name, const RecordChange& change);
  base::Status Correct(const std::string& namespace_name, const RecordWork& work,
                       const std::function<bool()>& may_go_on, const std::stop_token& stop);
  base::Status WriteStatus(const std::string& namespace_name, const RecordWork::Status& status);
  base::Status Counted(base::Status written);
  void NoteOutcome(const std::string& namespace_name, const base::Status& outcome);
  base::SteadyTime Deadline() const;

  RecordState& state_;
  const ReconcilerTools tools_;
  // What was compared last, all of whose work is done or resting.
  std::optional<uint64_t> seen_maps_;
  uint64_t seen_identities_ = 0;
  std::optional<base::SteadyTime> due_;
  std::map<std::string, std::string, std::less<>> failures_;  // by namespace: the last, until it is over
};

}  // namespace irsa::kube
