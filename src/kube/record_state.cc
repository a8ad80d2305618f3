#include "irsa/kube/record_state.h"

#include <algorithm>
#include <utility>

namespace irsa::kube {
namespace {

using base::SteadyTime;

void Wake(std::optional<SteadyTime>& due, SteadyTime time) { due = due ? std::min(*due, time) : time; }

bool IsNothing(const RecordWork& work) { return work.add.empty() && work.correct.empty() && !work.status; }

}  // namespace

RecordState::RecordState(const base::Clock& clock, RecordPatience patience) : clock_(clock), patience_(patience) {}

void RecordState::StartReplace() {
  const std::lock_guard lock(mutex_);
  ++round_;
}

void RecordState::FinishReplace(std::string_view /*resource_version*/) {
  const std::lock_guard lock(mutex_);
  std::erase_if(maps_, [this](const auto& map) { return map.second.round != round_; });
  ++changes_;
}

void RecordState::Put(const ObjectView& object) {
  auto read = ReadIdentityMap(*object.json);
  if (object.name != kIdentityMapName || !read.ok()) return;
  const SteadyTime now = clock_.SteadyNow();
  const std::lock_guard lock(mutex_);
  Map& map = maps_[std::string(object.namespace_name)];
  std::map<std::string, Entry, std::less<>> entries;
  for (auto& [account, identity] : read->accounts) {
    const auto known = map.entries.find(account);
    const bool is_same = known != map.entries.end() && known->second.identity == identity;
    entries.emplace(account, is_same ? std::move(known->second)
                                     : Entry{.identity = std::move(identity), .seen_at = now, .contradicted_at = {}});
  }
  map.entries = std::move(entries);
  if (map.about.resource_version != read->resource_version) resting_.erase(std::string(object.namespace_name));
  read->accounts.clear();
  map.about = *std::move(read);
  map.round = round_;
  ++changes_;
}

void RecordState::Remove(const ObjectView& object) {
  if (object.name != kIdentityMapName) return;
  const std::lock_guard lock(mutex_);
  const auto map = maps_.find(object.namespace_name);
  if (map != maps_.end()) maps_.erase(map);
  resting_.erase(std::string(object.namespace_name));
  ++changes_;
}

uint64_t RecordState::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void RecordState::NoteWrite(std::string_view namespace_name) {
  const std::lock_guard lock(mutex_);
  resting_[std::string(namespace_name)] = clock_.SteadyNow() + patience_.after_write;
}

RecordState::Comparison RecordState::Compare(const RecordedCluster& wanted) {
  const std::lock_guard lock(mutex_);
  Comparison out;
  const auto compare = [&](const std::string& name, const RecordedIdentities& identities, Map* map) {
    RecordWork work = CompareNamespace(identities, map, out);
    if (!IsNothing(work) && !IsResting(name, out)) out.work.emplace(name, std::move(work));
  };
  for (const auto& [name, identities] : wanted) {
    const auto map = maps_.find(name);
    compare(name, identities, map == maps_.end() ? nullptr : &map->second);
  }
  for (auto& [name, map] : maps_) {
    if (!wanted.contains(name)) compare(name, {}, &map);
  }
  return out;
}

RecordWork RecordState::CompareNamespace(const RecordedIdentities& wanted, Map* map, Comparison& out) {
  RecordWork work;
  for (const auto& [account, identity] : wanted) {
    if (map == nullptr || !map->entries.contains(account)) work.add.emplace(account, identity);
  }
  if (map == nullptr) return work;
  work.resource_version = map->about.resource_version;
  bool is_settled = work.add.empty();
  for (auto& [account, entry] : map->entries) {
    const auto found = wanted.find(account);
    const bool agrees = found != wanted.end() && entry.identity == found->second;
    if (agrees) {
      entry.is_confirmed = true;
      entry.contradicted_at.reset();
      continue;
    }
    is_settled = false;
    if (!IsOverdue(entry, out)) continue;
    work.correct.emplace(account, found == wanted.end() ? std::nullopt : std::optional(found->second));
  }
  const RecordWork::Status status{map->about.generation, static_cast<int64_t>(map->entries.size())};
  const bool says_so =
      map->about.observed_generation == status.generation && map->about.observed_accounts == status.accounts;
  if (is_settled && !says_so) work.status = status;
  return work;
}

bool RecordState::IsOverdue(Entry& entry, Comparison& out) {
  const SteadyTime now = clock_.SteadyNow();
  if (!entry.contradicted_at) entry.contradicted_at = now;
  // An entry that is not as irsa writes them was not written for any request.
  const bool is_foreign = !entry.identity;
  const SteadyTime due = is_foreign           ? now
                         : entry.is_confirmed ? *entry.contradicted_at + patience_.confirmed
                                              : entry.seen_at + patience_.unconfirmed;
  if (due <= now) return true;
  Wake(out.due, due);
  return false;
}

bool RecordState::IsResting(std::string_view namespace_name, Comparison& out) {
  const auto resting = resting_.find(namespace_name);
  if (resting == resting_.end()) return false;
  if (resting->second > clock_.SteadyNow()) {
    Wake(out.due, resting->second);
    return true;
  }
  resting_.erase(resting);
  return false;
}

}  // namespace irsa::kube
