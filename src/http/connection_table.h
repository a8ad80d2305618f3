// All connections of a server: who owns them, whose turn it is, and until when each may wait.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "irsa/base/clock.h"

#include "connection.h"
#include "poller.h"

namespace irsa::http {

// A connection is either parked (armed in the poller, with a deadline) or claimed by the one thread that serves it and
// then parks or removes it. An event for a claimed connection is dropped: who claimed it arms it again. Numbers, not
// pointers, travel through the poller, so that a late event for a connection that is gone finds nothing.
//
// Each kind of wait lasts equally long for all, so a queue for each kind is in the order of the deadlines.
//
// While the table drains, no idle connection is closed for what has been read of it: at its deadline it is served once
// more, since its next request may have come meanwhile, and closed if it is idle after that.
//
// All members may be called from any thread.
class ConnectionTable {
 public:
  class Entry {
   public:
    Connection& connection() { return *connection_; }

   private:
    friend class ConnectionTable;
    uint64_t id_ = 0;
    std::unique_ptr<Connection> connection_;
    bool is_claimed_ = false;
    bool is_overdue_ = false;  // its deadline passed while it was claimed
    WaitKind wait_kind_{};
    base::SteadyTime deadline_;
    base::SteadyTime drain_deadline_;  // what deadline_ will be when the table drains
    bool has_last_turn_ = false;       // idle and draining: not waited for any more
    Poller::Lane lane_{};
  };

  // `on_earlier` is called, outside the lock, when NextDeadline has become earlier than its last answer. `poller` and
  // `clock` outlive the table.
  ConnectionTable(Poller& poller, const base::Clock& clock, std::function<void()> on_earlier);

  // Parks a new connection, as it says itself; false when it cannot be watched: it is gone then.
  bool Add(std::unique_ptr<Connection> connection);

  // Null when it is gone or claimed already.
  Entry* Claim(uint64_t id);
  // The parked one that has been idle longest, whether or not it ever had a request; null when none is.
  Entry* ClaimIdlest();
  // The parked one that has been longest in its handshake; null when none is.
  Entry* ClaimOldestHandshake();
  // The parked one that has waited longest for the rest of its request; null when none does. What is with a handler is
  // claimed, so never this one.
  Entry* ClaimOldestRequest();
  // A parked one whose deadline is over; null when there is none. While the table drains, gives idle ones their last
  // turn instead.
  Entry* ClaimOverdue();

  // Ends a claim with what the connection said: parks it (unless its deadline is over, or it is idle after its last
  // turn) or closes it.
  void EndTurn(Entry& entry, Step step);

  // Nullopt when nothing waits.
  std::optional<base::SteadyTime> NextDeadline();

  size_t size() const { return size_.load(std::memory_order_relaxed); }

  // From now on, idle connections are kept until their drain_deadline only.
  void StartDraining();
  // Whether all are gone by then.
  bool WaitUntilEmpty(base::SteadyTime deadline);
  // Removes what is parked; what is claimed can no longer read or write. Whether nothing was under way: all were idle
  // and had sent nothing.
  bool CutOff();

 private:
  using Queue = std::list<Entry>;
  using Position = Queue::iterator;
  enum class Parking { kParked, kOverdue, kUnwanted };

  Entry* ClaimOldest(WaitKind kind);
  Parking Park(Entry& entry, Poller::Interest interest);
  void Remove(Entry& entry);
  Queue& QueueOf(const Entry& entry);
  bool Enqueue(Entry& entry);
  void Arm(Entry& entry, Poller::Interest interest);
  void MarkOverdue(Entry& entry);
  void GiveLastTurn(Entry& entry);
  static Poller::Lane LaneOf(const Connection& connection);
  Queue Extract(Position position);

  Poller& poller_;
  const base::Clock& clock_;
  const std::function<void()> on_earlier_;
  std::atomic<size_t> size_ = 0;

  std::mutex mutex_;
  std::condition_variable emptied_;
  // Guarded by mutex_:
  std::array<Queue, kWaitKinds> queues_;
  Queue overdue_;  // claimed ones, and those that have their last turn; without a deadline until they are parked again
  std::unordered_map<uint64_t, Position> positions_;
  uint64_t next_id_ = 0;
  base::SteadyTime announced_ = base::SteadyTime::max();  // the last answer of NextDeadline
  bool is_draining_ = false;
};

}  // namespace irsa::http
