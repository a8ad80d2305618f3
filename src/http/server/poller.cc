#include "poller.h"

#include <array>
#include <cerrno>
#include <iterator>
#include <limits>
#include <new>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>

namespace irsa::http {
namespace {

// No connection's number: they count from 0.
constexpr uint64_t kHandshakesId = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kWakeId = kHandshakesId - 1;

uint32_t Events(Poller::Interest interest) {
  switch (interest) {
    case Poller::Interest::kRead:
      return EPOLLIN | EPOLLONESHOT;
    case Poller::Interest::kWrite:
      return EPOLLOUT | EPOLLONESHOT;
    default:
      // A socket that nobody writes to is as good as always writable. Where it is not, reading will do.
      return EPOLLIN | EPOLLOUT | EPOLLONESHOT;
  }
}

bool Control(int epoll, int operation, int fd, uint64_t id, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

// One at a time: a thread that took several would keep them from those that are free.
std::optional<uint64_t> TakeOne(int epoll, int timeout) {
  epoll_event event{};
  if (::epoll_wait(epoll, &event, 1, timeout) != 1) return std::nullopt;
  return uint64_t{event.data.u64};  // a copy: the struct is packed
}

}  // namespace

Result<std::unique_ptr<Poller>> Poller::Make(size_t max_handshakes) {
  base::Descriptor requests(::epoll_create1(EPOLL_CLOEXEC));
  base::Descriptor handshakes(::epoll_create1(EPOLL_CLOEXEC));
  base::Descriptor backlog(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  base::Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (requests.get() < 0 || handshakes.get() < 0 || backlog.get() < 0 || wake.get() < 0) {
    return Error{ErrorCode::kUnavailable, "cannot create a poller: " + std::generic_category().message(errno)};
  }
  return std::unique_ptr<Poller>(
      new Poller(std::move(requests), std::move(handshakes), std::move(backlog), std::move(wake), max_handshakes));
}

Poller::Poller(base::Descriptor requests, base::Descriptor handshakes, base::Descriptor backlog, base::Descriptor wake,
               size_t max_handshakes)
    : requests_(std::move(requests)),
      handshakes_(std::move(handshakes)),
      backlog_(std::move(backlog)),
      wake_(std::move(wake)),
      max_handshakes_(max_handshakes) {
  Control(requests_.get(), EPOLL_CTL_ADD, handshakes_.get(), kHandshakesId, EPOLLIN | EPOLLONESHOT);
  Control(requests_.get(), EPOLL_CTL_ADD, backlog_.get(), kHandshakesId, 0);
  Control(requests_.get(), EPOLL_CTL_ADD, wake_.get(), kWakeId, EPOLLIN);
}

int Poller::LaneFd(Lane lane) const { return lane == Lane::kHandshakes ? handshakes_.get() : requests_.get(); }

bool Poller::Add(int fd, uint64_t id, Lane lane, Interest interest) {
  return Control(LaneFd(lane), EPOLL_CTL_ADD, fd, id, Events(interest));
}

bool Poller::Arm(int fd, uint64_t id, Lane lane, Interest interest) {
  return Control(LaneFd(lane), EPOLL_CTL_MOD, fd, id, Events(interest));
}

bool Poller::Move(int fd, uint64_t id, Lane from, Lane to, Interest interest) {
  return Control(LaneFd(from), EPOLL_CTL_DEL, fd, id, 0) && Add(fd, id, to, interest);
}

std::optional<Poller::Ready> Poller::Wait() {
  const auto id = TakeOne(requests_.get(), -1);
  if (id == kHandshakesId) return TakeHandshake();
  if (!id || id == kWakeId) return std::nullopt;
  return Ready{*id, Lane::kRequests};
}

void Poller::Forget(uint64_t id, Lane lane) {
  if (lane != Lane::kHandshakes) return;
  const std::lock_guard lock(mutex_);
  ready_handshakes_.erase(id);
}

// Only one thread is here at a time: the lane is reported once for each time that it is watched.
std::optional<Poller::Ready> Poller::TakeHandshake() {
  const auto id = TakeNewestHandshake();
  const size_t in_hand = id ? ++handshakes_in_hand_ : 0;
  if (in_hand < max_handshakes_) WatchHandshakes();  // so that another thread can take the next one
  if (!id) return std::nullopt;
  return Ready{*id, Lane::kHandshakes};
}

std::optional<uint64_t> Poller::TakeNewestHandshake() {
  std::array<epoll_event, 64> events;
  const std::lock_guard lock(mutex_);
  while (true) {
    const int count = ::epoll_wait(handshakes_.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) KeepHandshake(events[static_cast<size_t>(i)].data.u64);
    if (count < static_cast<int>(events.size())) break;
  }
  if (ready_handshakes_.empty()) return std::nullopt;
  const bool is_oldest_turn = ++handshake_turn_ % kOldestHandshakeTurn == 0;
  const auto next = is_oldest_turn ? ready_handshakes_.begin() : std::prev(ready_handshakes_.end());
  return ready_handshakes_.extract(next).value();
}

void Poller::KeepHandshake(uint64_t id) {
  try {
    ready_handshakes_.insert(id);
  } catch (const std::bad_alloc&) {  // it ends at its deadline
  }
}

void Poller::EndHandshake() {
  if (handshakes_in_hand_-- == max_handshakes_) WatchHandshakes();
}

// Either of the two, so that the lane is reported once.
void Poller::WatchHandshakes() {
  const std::lock_guard lock(mutex_);
  const int fd = ready_handshakes_.empty() ? handshakes_.get() : backlog_.get();
  Control(requests_.get(), EPOLL_CTL_MOD, fd, kHandshakesId, EPOLLIN | EPOLLONESHOT);
}

void Poller::WakeAll() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

}  // namespace irsa::http
