#include "doorkeeper.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <new>
#include <poll.h>
#include <utility>

namespace irsa::http {
namespace {

// How long nobody is let in after descriptors or memory ran out and no connection could be closed instead. The
// kernel keeps the new ones meanwhile.
constexpr std::chrono::milliseconds kAcceptPause{100};

// Between two looks at the deadlines.
constexpr int kMaxAcceptsInARow = 64;

base::SteadyTime Now() { return std::chrono::steady_clock::now(); }

// For poll: rounded up, so that the time is over when it returns.
int MillisecondsUntil(base::SteadyTime time) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

Doorkeeper::Doorkeeper(Listener listener, base::Descriptor wake, size_t max_connections, MakeConnection make_connection)
    : listener_(std::move(listener)),
      wake_(std::move(wake)),
      max_connections_(max_connections),
      make_connection_(std::move(make_connection)) {}

void Doorkeeper::Start(ConnectionTable& table) {
  thread_ = std::thread([this, &table] { Run(table); });
}

void Doorkeeper::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

void Doorkeeper::StopAccepting() {
  is_closing_ = true;
  Wake();
  closed_.get_future().wait();
}

void Doorkeeper::Stop() {
  if (!thread_.joinable()) return;
  is_stopping_ = true;
  Wake();
  thread_.join();
}

void Doorkeeper::Run(ConnectionTable& table) {
  while (!is_stopping_) {
    WaitForWork(table);
    const bool is_closing = is_closing_;
    if (!is_closing && IsAccepting()) AcceptAll(table, kMaxAcceptsInARow);
    if (is_closing && listener_) {
      // Everyone who has connected by now, even if clients keep coming: their connections would be reset.
      AcceptAll(table, Listener::kBacklog);
      listener_.reset();
      closed_.set_value();
    }
    while (ConnectionTable::Entry* entry = table.ClaimOverdue()) {
      table.EndTurn(*entry, entry->connection().TimeOut());
    }
  }
}

bool Doorkeeper::IsAccepting() const { return listener_ && accepting_from_ <= Now(); }

void Doorkeeper::WaitForWork(ConnectionTable& table) {
  auto until = table.NextDeadline();
  const bool is_accepting = IsAccepting();
  if (listener_ && !is_accepting) until = std::min(until.value_or(accepting_from_), accepting_from_);
  std::array<pollfd, 2> watched{};
  watched[0] = {wake_.get(), POLLIN, 0};
  watched[1] = {is_accepting ? listener_->fd() : -1, POLLIN, 0};  // poll passes over -1
  ::poll(watched.data(), watched.size(), until ? MillisecondsUntil(*until) : -1);
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof(count));
}

void Doorkeeper::AcceptAll(ConnectionTable& table, int max_accepts) {
  for (int i = 0; i < max_accepts; ++i) {
    Listener::Acceptance acceptance = listener_->Accept();
    if (acceptance.outcome == Listener::Outcome::kNone) return;
    if (acceptance.outcome == Listener::Outcome::kExhausted) {
      if (MakeRoom(table)) continue;
      accepting_from_ = Now() + kAcceptPause;
      return;
    }
    if (table.size() >= max_connections_ && !MakeRoom(table)) {
      ++counts_.refused;
      continue;
    }
    try {
      if (!table.Add(make_connection_(std::move(acceptance.socket)))) ++counts_.refused;
    } catch (const std::bad_alloc&) {
      accepting_from_ = Now() + kAcceptPause;
      return;
    }
  }
}

bool Doorkeeper::MakeRoom(ConnectionTable& table) {
  ConnectionTable::Entry* entry = table.ClaimToMakeRoom(max_connections_);
  if (entry == nullptr) return false;
  ++counts_.evicted[static_cast<size_t>(entry->wait_kind())];
  entry->connection().Evict();
  table.EndTurn(*entry, Step::kClose);
  return true;
}

}  // namespace irsa::http
