#include "connection_table.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>

#include <sys/socket.h>

#include "http/socket/socket.h"

namespace irsa::http {
namespace {

constexpr std::array kIdleKinds = {WaitKind::kFirst, WaitKind::kIdle};

struct Eviction {
  WaitKind kind;
  size_t share;  // of kShares
};
constexpr size_t kShares = 16;
constexpr std::array kEvictions = {
    Eviction{WaitKind::kLinger, 0}, Eviction{WaitKind::kSilent, 1},  Eviction{WaitKind::kHandshake, 1},
    Eviction{WaitKind::kAnswer, 3}, Eviction{WaitKind::kFirst, 1},   Eviction{WaitKind::kFirstRequest, 1},
    Eviction{WaitKind::kIdle, 6},   Eviction{WaitKind::kRequest, 1},
};
// Each look for something to read is a call of the kernel, with the lock held: 64 of them take a few dozen
// microseconds.
constexpr size_t kMaxLooks = 64;
// How many of a kind are looked at to see that those without anything to read have more than their share.
constexpr size_t kMaxQuietCounted = 8;
static_assert(kEvictions.size() == kWaitKinds);
// Where the two kinds of connections without a whole request begin.
constexpr size_t kRequestless = 4;
static_assert(kEvictions[kRequestless].kind == WaitKind::kFirst &&
              kEvictions[kRequestless + 1].kind == WaitKind::kFirstRequest);

Poller::Interest InterestAfter(Step step) {
  switch (step) {
    case Step::kWaitToRead:
      return Poller::Interest::kRead;
    case Step::kWaitToWrite:
      return Poller::Interest::kWrite;
    default:
      return Poller::Interest::kNone;
  }
}

}  // namespace

ConnectionTable::ConnectionTable(Poller& poller, const base::Clock& clock, std::function<void()> on_earlier)
    : poller_(poller), clock_(clock), on_earlier_(std::move(on_earlier)) {}

bool ConnectionTable::Add(std::unique_ptr<Connection> connection) {
  Queue fresh(1);
  const Position position = fresh.begin();
  position->connection_ = std::move(connection);
  position->lane_ = LaneOf(position->connection());
  const int fd = position->connection().fd();
  bool is_earlier = false;
  {
    const std::lock_guard lock(mutex_);
    position->id_ = next_id_++;
    positions_.emplace(position->id_, position);
    overdue_.splice(overdue_.end(), fresh);
    position->is_overdue_ = true;
    is_earlier = Enqueue(*position);
    if (!poller_.Add(fd, position->id_, position->lane_, Poller::Interest::kRead)) {
      fresh = Extract(position);
      return false;
    }
    size_.fetch_add(1, std::memory_order_relaxed);
  }
  if (is_earlier) on_earlier_();
  return true;
}

ConnectionTable::Entry* ConnectionTable::Claim(uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(id);
  if (found == positions_.end() || std::exchange(found->second->is_claimed_, true)) return nullptr;
  return &*found->second;
}

ConnectionTable::Entry* ConnectionTable::ClaimToMakeRoom(size_t places) {
  const std::lock_guard lock(mutex_);
  const auto sixteenths_over = [&](const Eviction& eviction) {
    return static_cast<ptrdiff_t>(queues_[static_cast<size_t>(eviction.kind)].size() * kShares) -
           static_cast<ptrdiff_t>(eviction.share * places);
  };
  for (const bool keeps_shares : {true, false}) {
    for (const Candidates candidates : {Candidates::kQuiet, Candidates::kAll}) {
      auto evictions = kEvictions;
      // Of those without a request, the kind that is further over its share: clients that send a byte now and then are
      // not to push out one that has just come.
      const bool is_by_excess = keeps_shares && candidates == Candidates::kAll;
      const auto sorted = is_by_excess ? std::span(evictions) : std::span(evictions).subspan(kRequestless, 2);
      std::ranges::stable_sort(sorted, std::ranges::greater(), sixteenths_over);
      for (const Eviction& eviction : evictions) {
        if (keeps_shares && sixteenths_over(eviction) <= 0) continue;
        // One that has just come is not to go because others of its kind wait for a thread.
        const bool counts_quiet = keeps_shares && candidates == Candidates::kQuiet;
        const size_t at_least = counts_quiet ? std::min(eviction.share * places / kShares, kMaxQuietCounted) + 1 : 1;
        if (Entry* oldest = ClaimOldest(eviction.kind, candidates, at_least)) return oldest;
      }
    }
  }
  return nullptr;
}

ConnectionTable::Entry* ConnectionTable::ClaimOldest(WaitKind kind, Candidates candidates, size_t at_least) {
  // Whether a lingering client sends on, or one that takes no answer asks for more, makes no difference.
  const bool is_any = candidates == Candidates::kAll || kind == WaitKind::kLinger || kind == WaitKind::kAnswer;
  Entry* oldest = nullptr;
  size_t looks = 0;
  size_t found = 0;
  for (Entry& entry : queues_[static_cast<size_t>(kind)]) {
    if (entry.is_claimed_) continue;
    if (!is_any && (entry.has_more_to_do_ || IsReadable(entry.connection().fd()))) {
      if (++looks == kMaxLooks) return nullptr;
      continue;
    }
    if (oldest == nullptr) oldest = &entry;
    if (++found < at_least) continue;
    oldest->is_claimed_ = true;
    return oldest;
  }
  return nullptr;
}

ConnectionTable::Entry* ConnectionTable::ClaimOverdue() {
  const base::SteadyTime now = clock_.SteadyNow();
  const std::lock_guard lock(mutex_);
  for (Queue& queue : queues_) {
    while (!queue.empty() && queue.front().deadline_ <= now) {
      Entry& entry = queue.front();
      MarkOverdue(entry);
      if (entry.is_claimed_) continue;
      if (is_draining_ && IsIdle(entry.wait_kind_)) {
        GiveLastTurn(entry);
        continue;
      }
      entry.is_claimed_ = true;
      return &entry;
    }
  }
  return nullptr;
}

void ConnectionTable::EndTurn(Entry& entry, Step step) {
  while (step != Step::kClose) {
    switch (Park(entry, InterestAfter(step))) {
      case Parking::kParked:
        EndExcessHandshake();
        return;
      case Parking::kOverdue:
        step = entry.connection().TimeOut();
        break;
      case Parking::kUnwanted:
        entry.connection().SayGoodbye();
        step = Step::kClose;
        break;
    }
  }
  Remove(entry);
}

ConnectionTable::Parking ConnectionTable::Park(Entry& entry, Poller::Interest interest) {
  const base::SteadyTime now = clock_.SteadyNow();
  bool is_earlier = false;
  {
    const std::lock_guard lock(mutex_);
    const Connection& connection = *entry.connection_;
    const bool is_idle = is_draining_ && IsIdle(connection.wait_kind());
    if (is_idle && entry.has_last_turn_) return Parking::kUnwanted;
    if (!is_idle && connection.deadline() <= now) return Parking::kOverdue;
    if (is_idle && connection.drain_deadline() <= now) {
      MarkOverdue(entry);
      GiveLastTurn(entry);
      return Parking::kParked;
    }
    is_earlier = Enqueue(entry);
    entry.is_claimed_ = false;
    entry.has_more_to_do_ = interest == Poller::Interest::kNone;
    Arm(entry, interest);
  }
  if (is_earlier) on_earlier_();
  return Parking::kParked;
}

void ConnectionTable::EndExcessHandshake() {
  Entry* oldest = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (queues_[static_cast<size_t>(WaitKind::kHandshake)].size() <= kMaxHandshakes) return;
    oldest = ClaimOldest(WaitKind::kHandshake, Candidates::kQuiet);
    if (oldest == nullptr) oldest = ClaimOldest(WaitKind::kHandshake, Candidates::kAll);
  }
  if (oldest == nullptr) return;
  excess_handshakes_.fetch_add(1, std::memory_order_relaxed);
  Remove(*oldest);
}

void ConnectionTable::Remove(Entry& entry) {
  Queue removed;  // destroyed outside the lock
  {
    const std::lock_guard lock(mutex_);
    removed = Extract(positions_.at(entry.id_));
    size_.fetch_sub(1, std::memory_order_relaxed);
    if (positions_.empty()) emptied_.notify_all();
  }
}

std::optional<base::SteadyTime> ConnectionTable::NextDeadline() {
  const std::lock_guard lock(mutex_);
  announced_ = base::SteadyTime::max();
  for (const Queue& queue : queues_) {
    if (!queue.empty()) announced_ = std::min(announced_, queue.front().deadline_);
  }
  if (announced_ == base::SteadyTime::max()) return std::nullopt;
  return announced_;
}

void ConnectionTable::StartDraining() {
  {
    const std::lock_guard lock(mutex_);
    is_draining_ = true;
    for (const WaitKind kind : kIdleKinds) {
      for (Entry& entry : queues_[static_cast<size_t>(kind)]) entry.deadline_ = entry.drain_deadline_;
    }
  }
  on_earlier_();
}

bool ConnectionTable::WaitUntilEmpty(base::SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_until(lock, deadline, [this] { return positions_.empty(); });
}

bool ConnectionTable::CutOff() {
  Queue removed;
  bool was_quiet = true;
  {
    const std::lock_guard lock(mutex_);
    for (auto next = positions_.begin(); next != positions_.end();) {
      const Position position = (next++)->second;
      if (position->is_claimed_) {
        ::shutdown(position->connection().fd(), SHUT_RDWR);
        was_quiet = false;
      } else {
        removed.splice(removed.end(), Extract(position));
        size_.fetch_sub(1, std::memory_order_relaxed);
      }
    }
  }
  for (Entry& entry : removed) {
    was_quiet = was_quiet && IsIdle(entry.wait_kind_) && !IsReadable(entry.connection().fd());
    if (IsIdle(entry.wait_kind_)) entry.connection().SayGoodbye();
  }
  return was_quiet;
}

ConnectionTable::Queue& ConnectionTable::QueueOf(const Entry& entry) {
  return entry.is_overdue_ ? overdue_ : queues_[static_cast<size_t>(entry.wait_kind_)];
}

// Puts the entry where its connection's wait belongs; whether its deadline is earlier than what was announced.
bool ConnectionTable::Enqueue(Entry& entry) {
  const Connection& connection = *entry.connection_;
  const base::SteadyTime deadline = is_draining_ ? connection.drain_deadline() : connection.deadline();
  const bool is_same_wait = entry.deadline_ == deadline && entry.wait_kind_ == connection.wait_kind();
  if (is_same_wait && !entry.is_overdue_) return false;
  Queue& from = QueueOf(entry);
  entry.is_overdue_ = false;
  entry.wait_kind_ = connection.wait_kind();
  entry.deadline_ = deadline;
  entry.drain_deadline_ = connection.drain_deadline();
  Queue& to = QueueOf(entry);
  to.splice(to.end(), from, positions_.at(entry.id_));
  if (entry.deadline_ >= announced_) return false;
  announced_ = entry.deadline_;
  return true;
}

void ConnectionTable::Arm(Entry& entry, Poller::Interest interest) {
  const Connection& connection = *entry.connection_;
  const Poller::Lane from = std::exchange(entry.lane_, LaneOf(connection));
  if (from == entry.lane_) {
    poller_.Arm(connection.fd(), entry.id_, entry.lane_, interest);
  } else {
    poller_.Move(connection.fd(), entry.id_, from, entry.lane_, interest);
  }
}

void ConnectionTable::MarkOverdue(Entry& entry) {
  Queue& from = QueueOf(entry);
  entry.is_overdue_ = true;
  overdue_.splice(overdue_.end(), from, positions_.at(entry.id_));
}

void ConnectionTable::GiveLastTurn(Entry& entry) {
  entry.has_last_turn_ = true;
  entry.is_claimed_ = false;
  Arm(entry, Poller::Interest::kNone);
}

Poller::Lane ConnectionTable::LaneOf(const Connection& connection) {
  return connection.AwaitsHello() ? Poller::Lane::kHandshakes : Poller::Lane::kRequests;
}

ConnectionTable::Queue ConnectionTable::Extract(Position position) {
  Queue extracted;
  extracted.splice(extracted.end(), QueueOf(*position), position);
  positions_.erase(extracted.front().id_);
  poller_.Forget(extracted.front().id_, extracted.front().lane_);
  return extracted;
}

}  // namespace irsa::http
