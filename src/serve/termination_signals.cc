#include "irsa/serve/termination_signals.h"

#include <cerrno>
#include <csignal>
#include <ctime>

namespace irsa::serve {
namespace {

sigset_t Both() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

TerminationSignals::TerminationSignals() {
  const sigset_t signals = Both();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int TerminationSignals::Wait() const {
  const sigset_t signals = Both();
  int signal = 0;
  while (::sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

bool TerminationSignals::WaitFor(std::chrono::milliseconds time) const {
  const sigset_t signals = Both();
  const auto end = std::chrono::steady_clock::now() + time;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::nanoseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    if (::sigtimedwait(&signals, nullptr, &wait) > 0) return true;
    if (errno != EINTR && errno != EAGAIN) return false;
  }
}

}  // namespace irsa::serve
