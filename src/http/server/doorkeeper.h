// The thread that lets connections in and ends those whose time is over.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "irsa/base/clock.h"
#include "irsa/base/descriptor.h"

#include "connection_table.h"
#include "listener.h"

namespace irsa::http {

// Works from Start to Stop. Members may be called from any thread but its own, Start and Stop once each.
class Doorkeeper {
 public:
  struct Counts {
    std::array<std::atomic<uint64_t>, kWaitKinds> evicted{};  // by what they waited for
    std::atomic<uint64_t> refused = 0;                        // as ServerCounters
  };
  using MakeConnection = std::function<std::unique_ptr<Connection>(base::Descriptor socket)>;

  // `wake` is an eventfd that does not block.
  Doorkeeper(Listener listener, base::Descriptor wake, size_t max_connections, MakeConnection make_connection);
  ~Doorkeeper() { Stop(); }
  Doorkeeper(const Doorkeeper&) = delete;
  Doorkeeper& operator=(const Doorkeeper&) = delete;

  // `table` outlives the thread.
  void Start(ConnectionTable& table);
  // Has it look at the table's next deadline.
  void Wake();
  // Lets in who has connected by now, and closes the listening socket; returns when it is closed.
  void StopAccepting();
  const Counts& counts() const { return counts_; }
  // Ends the thread.
  void Stop();

 private:
  void Run(ConnectionTable& table);
  void WaitForWork(ConnectionTable& table);
  void AcceptAll(ConnectionTable& table, int max_accepts);
  bool MakeRoom(ConnectionTable& table);
  bool IsAccepting() const;

  std::optional<Listener> listener_;
  base::Descriptor wake_;
  const size_t max_connections_;
  const MakeConnection make_connection_;
  Counts counts_;
  base::SteadyTime accepting_from_;  // later than now after descriptors ran out
  std::atomic<bool> is_closing_ = false;
  std::promise<void> closed_;
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;
};

}  // namespace irsa::http
