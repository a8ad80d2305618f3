// Waiting for many sockets at once (epoll(7)).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "irsa/base/result.h"

#include "descriptor.h"

namespace irsa::http {

// Sockets are armed once for each report, and reported by the number they were armed with. All members may be called
// from any thread at once; any number of threads may wait, and each report goes to one of them.
//
// Handshakes cost ten times what a request costs, and come in bursts: they have a lane of their own, which takes turns
// with the single sockets of the other. So a request waits for one handshake at most, and no handshake for ever.
class Poller {
 public:
  enum class Lane { kHandshakes, kRequests };
  enum class Interest { kRead, kWrite, kNone };  // kNone: reported as soon as others had a turn

  static base::Result<std::unique_ptr<Poller>> Make();

  // For a socket that is armed for the first time. False when the kernel is out of memory or watches.
  bool Add(int fd, uint64_t id, Lane lane, Interest interest);
  // For one that was reported, or is armed still: replaces what it was armed for. Closing the socket disarms it.
  bool Arm(int fd, uint64_t id, Lane lane, Interest interest);
  bool Move(int fd, uint64_t id, Lane from, Lane to, Interest interest);

  // Blocks until a socket is ready; returns its id, or nullopt when this call was for nothing or WakeAll was called.
  std::optional<uint64_t> Wait();

  // From now on, Wait returns at once when no socket is ready.
  void WakeAll();

 private:
  Poller(Descriptor requests, Descriptor handshakes, Descriptor wake);
  int LaneFd(Lane lane) const;
  void WatchHandshakes(int operation);
  std::optional<uint64_t> TakeHandshake();

  Descriptor requests_;
  Descriptor handshakes_;  // watched by requests_, as one more socket
  Descriptor wake_;
};

}  // namespace irsa::http
