#include "wait.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>

#include <sys/eventfd.h>

namespace irsa::http {
namespace {

Error TimeIsOver() { return {ErrorCode::kUnavailable, "timed out"}; }

// Rounded up, so that poll does not return just before the deadline; a day at most, which fits poll's int.
int MillisecondsUntil(base::SteadyTime deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 86'400'000));
}

}  // namespace

Wait::Wait(base::SteadyTime deadline, const std::stop_token& stop)
    : deadline_(deadline),
      stop_(stop),
      wake_(stop.stop_possible() ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1),
      on_stop_(stop, [fd = wake_.get()] { ::eventfd_write(fd, 1); }) {}

Status Wait::Check() const {
  if (stop_.stop_requested()) return Error{ErrorCode::kUnavailable, "stopped"};
  if (std::chrono::steady_clock::now() >= deadline_) return TimeIsOver();
  return {};
}

Status Wait::For(int fd, short events, base::SteadyTime deadline) {
  while (true) {
    if (stop_.stop_requested()) return Error{ErrorCode::kUnavailable, "stopped"};
    std::array<pollfd, 2> fds{pollfd{fd, events, 0}, pollfd{wake_.get(), POLLIN, 0}};
    const int timeout = MillisecondsUntil(deadline);
    const int ready = ::poll(fds.data(), fds.size(), timeout);
    if (ready < 0 && errno != EINTR) return Error{ErrorCode::kInternal, "cannot wait for a socket"};
    if (fds[0].revents != 0 && fds[1].revents == 0) return {};
    if (ready == 0 && timeout == 0) return TimeIsOver();
  }
}

}  // namespace irsa::http
