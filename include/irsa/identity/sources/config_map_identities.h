// Identities from one ConfigMap of the cluster, for service accounts that cannot be annotated.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/base/snapshot.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_index.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/watch/reflector.h"

namespace irsa::identity {

// Follows the ConfigMap's data.config (config_map_entries.h). Bad entries are skipped, with a log line each; a document
// that is no JSON object leaves the last good one in place. There may be no such ConfigMap, which is as if it were
// empty. Members may be called from any thread.
class ConfigMapIdentities final : public IdentitySource, private kube::ReflectorSink {
 public:
  // `server` and what `tools` names outlive this object. Of `reflection`, the times and limits count.
  ConfigMapIdentities(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                      std::string_view namespace_name, std::string name, kube::ReflectorOptions reflection = {});

  // Begins to list and watch.
  void Start() { reflector_.Start(); }

  // The entry for the account in its namespace, or else the one for every namespace; null when there is none.
  // kUnavailable as long as Ready says so.
  Result<ResolvedAccount> Find(const AccountName& name, base::SteadyTime deadline) override;

  // kUnavailable, with the reason, until the ConfigMap has been seen in a state that can be used: as long as it is
  // broken from the start, nobody knows which accounts it is about.
  Status Ready() const;
  // When the document in use was taken up; nothing: there is none.
  std::optional<base::SystemTime> taken_at() const;
  size_t size() const;
  // For how long the ConfigMap has not been known to be the one that the apiserver has.
  std::chrono::milliseconds SyncAge() const { return reflector_.SyncAge(); }

  struct Counts {
    uint64_t documents = 0;         // taken up
    uint64_t broken_documents = 0;  // passed over
    uint64_t skipped_entries = 0;   // of those taken up
  };
  Counts counts() const;

 private:
  void StartReplace() override { is_there_ = false; }
  void FinishReplace(std::string_view resource_version) override;
  void Put(const kube::ObjectView& object) override;
  void Remove(const kube::ObjectView& object) override;

  void TakeUp(const kube::ObjectView& object);
  Result<IdentityIndex> Read(const base::Json& config_map);
  void Clear();

  const Settings settings_;
  const std::string name_;
  const base::Clock& clock_;
  base::Log& log_;
  base::Snapshot<IdentityIndex> index_;  // null until there was a state that can be used
  std::string version_;                  // of the object taken up last; the reflector's thread's, as the next
  bool is_there_ = false;                // the ConfigMap, as far as the list or watch has shown
  std::atomic<uint64_t> documents_ = 0;
  std::atomic<uint64_t> broken_documents_ = 0;
  std::atomic<uint64_t> skipped_entries_ = 0;
  mutable std::mutex mutex_;
  std::string failure_;  // guarded by mutex_, as the next: what is wrong with the object seen last
  std::optional<base::SystemTime> taken_at_;
  kube::Reflector reflector_;  // last: it uses the others
};

}  // namespace irsa::identity
