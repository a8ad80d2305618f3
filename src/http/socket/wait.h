// Waiting for a socket until it is ready, the exchange's deadline is over, or somebody stops it.
#pragma once

#include <functional>
#include <stop_token>

#include "irsa/base/clock.h"
#include "irsa/base/descriptor.h"
#include "irsa/base/result.h"

namespace irsa::http {

// For one thread; a stop may be requested from any.
class Wait {
 public:
  Wait(base::SteadyTime deadline, const std::stop_token& stop);
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // kUnavailable when the time is over or it was stopped.
  Status Check() const;

  // Returns when `fd` is ready for one of `events` (poll's), or with the error of Check.
  Status For(int fd, short events) { return For(fd, events, deadline_); }
  // The same with an earlier deadline for this one wait.
  Status For(int fd, short events, base::SteadyTime deadline);

  base::SteadyTime deadline() const { return deadline_; }

 private:
  base::SteadyTime deadline_;
  std::stop_token stop_;
  base::Descriptor wake_;                              // readable once a stop was requested; none when that cannot be
  std::stop_callback<std::function<void()>> on_stop_;  // last: it uses wake_
};

}  // namespace irsa::http
