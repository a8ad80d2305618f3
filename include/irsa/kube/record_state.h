// What the leader knows of the identity maps in the cluster, and what it has to do to make them say what the service
// accounts say.
//
// The record may be ahead of the accounts: an entry is written before its account is admitted. So what is missing is
// added at once, but what the accounts contradict is left alone until no request can be under way any more that it was
// written for.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/kube/identity_record.h"
#include "irsa/kube/reflector.h"

namespace irsa::kube {

// What is to be done in one namespace.
struct RecordWork {
  RecordChange add;      // entries that are missing
  RecordChange correct;  // entries that the accounts contradict: only if the map is still at that version
  std::string resource_version;
  // Its status, if it does not say so.
  struct Status {
    int64_t generation;
    int64_t accounts;

    bool operator==(const Status&) const = default;
  };
  std::optional<Status> status;

  bool operator==(const RecordWork&) const = default;
};

struct RecordPatience {
  // How long an entry is left alone that no account has agreed with since it was written: the apiserver gives up any
  // request after 60 s (its --request-timeout).
  std::chrono::milliseconds unconfirmed{65000};
  // And one that an account had agreed with: it was un-annotated, or deleted and may be made anew in the same breath.
  std::chrono::milliseconds confirmed{2000};
  // How long a namespace is left alone after a write that has not shown in its map, or failed.
  std::chrono::milliseconds after_write{5000};
};

// May be used from any thread.
class RecordState final : public ReflectorSink {
 public:
  // `clock` outlives this object.
  explicit RecordState(const base::Clock& clock, RecordPatience patience = {});

  // The reflector's. A map whose name is not kIdentityMapName, or that cannot be read, is as if it were not there.
  void StartReplace() override;
  void FinishReplace(std::string_view resource_version) override;
  void Put(const ObjectView& object) override;
  void Remove(const ObjectView& object) override;

  // Grows with each change of a map.
  uint64_t changes() const;

  struct Comparison {
    std::map<std::string, RecordWork> work;  // by namespace; none where there is nothing to do now
    std::optional<base::SteadyTime> due;     // when there will be more though nothing changes; none: never
  };
  // Remembers which entries the accounts agree with.
  Comparison Compare(const RecordedCluster& wanted);

  // Something was written in the namespace, or could not be: it has no work until its map changes, or for a while.
  void NoteWrite(std::string_view namespace_name);

 private:
  struct Entry {
    std::optional<RecordedIdentity> identity;  // none: not as irsa writes them
    base::SteadyTime seen_at;                  // first, as it is
    bool is_confirmed = false;                 // an account has agreed with it
    std::optional<base::SteadyTime> contradicted_at;
  };
  struct Map {
    std::map<std::string, Entry, std::less<>> entries;
    IdentityMap about;  // without its accounts
    uint64_t round = 0;
  };

  RecordWork CompareNamespace(const RecordedIdentities& wanted, Map* map, Comparison& out);
  bool IsOverdue(Entry& entry, Comparison& out);
  bool IsResting(std::string_view namespace_name, Comparison& out);

  const base::Clock& clock_;
  const RecordPatience patience_;
  mutable std::mutex mutex_;                                      // guards what follows
  std::map<std::string, Map, std::less<>> maps_;                  // by namespace
  std::map<std::string, base::SteadyTime, std::less<>> resting_;  // namespaces without work until then
  uint64_t round_ = 0;                                            // of lists
  uint64_t changes_ = 0;
};

}  // namespace irsa::kube
