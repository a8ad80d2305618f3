// Waiting for many sockets at once (epoll(7)).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "irsa/base/descriptor.h"
#include "irsa/base/result.h"

namespace irsa::http {

// Sockets are armed once for each report, and reported by the number they were armed with. All members may be called
// from any thread at once; any number of threads may wait, and each report goes to one of them.
//
// Handshakes cost ten times what a request costs, and come in bursts: until the client's hello is answered, which is
// nearly all of that cost, they have a lane of their own, which takes turns with the single sockets of the other. So a
// request waits for one handshake at most, and no handshake for ever. No more than `max_handshakes` of them, which is
// at least 1, are in hand at once: the other threads are for requests.
//
// Of the handshakes that are ready, the one with the greatest number is next: the connection that was made last. In
// the order of their arrival, all would wait as long as a flood of hellos takes to answer, which is seconds. This way
// most clients wait for hardly anybody, and all work is done in the same time. Every kOldestHandshakeTurn-th is the
// oldest instead, so that those below a flood that does not end get on too.
class Poller {
 public:
  static constexpr size_t kOldestHandshakeTurn = 8;

  enum class Lane { kHandshakes, kRequests };
  enum class Interest { kRead, kWrite, kNone };  // kNone: reported as soon as others had a turn

  struct Ready {
    uint64_t id;
    Lane lane;
    bool operator==(const Ready&) const = default;
  };

  static Result<std::unique_ptr<Poller>> Make(size_t max_handshakes);

  // For a socket that is armed for the first time. False when the kernel is out of memory or watches.
  bool Add(int fd, uint64_t id, Lane lane, Interest interest);
  // For one that was reported, or is armed still: replaces what it was armed for.
  bool Arm(int fd, uint64_t id, Lane lane, Interest interest);
  bool Move(int fd, uint64_t id, Lane from, Lane to, Interest interest);
  // For one that is about to be closed, which disarms it.
  void Forget(uint64_t id, Lane lane);

  // Blocks until a socket is ready; nullopt when this call was for nothing or WakeAll was called. A handshake is in
  // hand until EndHandshake, which whoever was told of it calls once.
  std::optional<Ready> Wait();
  void EndHandshake();

  // From now on, Wait returns at once when no socket is ready.
  void WakeAll();

 private:
  Poller(base::Descriptor requests, base::Descriptor handshakes, base::Descriptor backlog, base::Descriptor wake,
         size_t max_handshakes);
  int LaneFd(Lane lane) const;
  void WatchHandshakes();
  std::optional<Ready> TakeHandshake();
  std::optional<uint64_t> TakeNewestHandshake();
  void KeepHandshake(uint64_t id);

  base::Descriptor requests_;
  base::Descriptor handshakes_;  // watched by requests_, as one more socket,
  base::Descriptor backlog_;     // or this one, which is always readable, while any of ready_handshakes_ waits
  base::Descriptor wake_;
  const size_t max_handshakes_;
  std::atomic<size_t> handshakes_in_hand_ = 0;

  std::mutex mutex_;
  // Guarded by mutex_:
  // Reported by the kernel, and not yet by us. One that is closed just then may stay, as the oldest soon.
  std::set<uint64_t> ready_handshakes_;
  size_t handshake_turn_ = 0;
};

}  // namespace irsa::http
