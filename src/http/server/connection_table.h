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

// How many may be in their handshake at once; another one ends the oldest of them. A client's next message is there
// after a round trip: an attacker has to begin 512 handshakes, each of which costs him a hello and us a signature,
// within that time to end one of somebody else's. Each takes up to 66 KiB: 44 of OpenSSL's (measured: 43 MiB for
// 1,000), and 22 for a client's certificate of 16 KiB, or as much as 33 for an unfinished hello before that
// (client_hello_framer.h).
inline constexpr size_t kMaxHandshakes = 512;

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
    // What it waited for when it was claimed.
    WaitKind wait_kind() const { return wait_kind_; }

   private:
    friend class ConnectionTable;
    uint64_t id_ = 0;
    std::unique_ptr<Connection> connection_;
    bool is_claimed_ = false;
    bool is_overdue_ = false;      // its deadline passed while it was claimed
    bool has_more_to_do_ = false;  // waits only for a thread
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
  // The parked one to be ended so that a new one has its place, `places` being all there are; null when there is none.
  // What is with a handler is claimed, so never this one. Of the kinds below, in this order, the first that has more
  // than its share of the places gives up the one that has waited longest; if handlers hold so many that there is none,
  // the first that has one:
  //
  //   lingering: it was answered, and is kept only so that it can read that         no share
  //   silent: its handshake has not begun                                           1/16
  //   in its handshake                                                              1/16
  //   with an answer that its client does not take                                  3/16
  //   without a request yet                                                         1/16
  //   in the middle of its first request                                            1/16
  //   idle after an answer                                                          6/16
  //   in the middle of a further request                                            1/16
  //
  // Of the two kinds that have never sent a whole request, the one that is further over its share comes first.
  //
  // One that has something to read waits for a thread, not for its client, and gives up its place only when all do that
  // have more than their share. Then it is the kind that is furthest over its share: a client that asks for more and
  // more without reading any of it is in the middle of further requests, and is not to push out one that has just come.
  //
  // So new connections, however many, push out neither those that have been answered before nor, by being silent, those
  // that get on with their handshake; and a new one has time to be answered: 1/16 of 4,096 places is a tenth of a
  // second when 2,500 come in each second. The shares come to less than the whole, so that some kind always has more
  // than its own, unless handlers hold the rest. Who the peers are plays no part: an address may be shared.
  Entry* ClaimToMakeRoom(size_t places);
  // A parked one whose deadline is over; null when there is none. While the table drains, gives idle ones their last
  // turn instead.
  Entry* ClaimOverdue();

  // Ends a claim with what the connection said: parks it (unless its deadline is over, or it is idle after its last
  // turn) or closes it.
  void EndTurn(Entry& entry, Step step);

  // Nullopt when nothing waits.
  std::optional<base::SteadyTime> NextDeadline();

  size_t size() const { return size_.load(std::memory_order_relaxed); }

  // How many were ended because there were more than kMaxHandshakes.
  uint64_t excess_handshakes() const { return excess_handshakes_.load(std::memory_order_relaxed); }

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

  enum class Candidates {
    kQuiet,
    kAll
  };  // kQuiet: those with nothing to read, which wait for their client, not for us
  // Of the parked ones, if there are `at_least` so many; the mutex is held.
  Entry* ClaimOldest(WaitKind kind, Candidates candidates, size_t at_least = 1);
  Parking Park(Entry& entry, Poller::Interest interest);
  void EndExcessHandshake();
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
  std::atomic<uint64_t> excess_handshakes_ = 0;

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
