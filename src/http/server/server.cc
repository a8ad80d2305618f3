#include "irsa/http/server/server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <sched.h>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/eventfd.h>

#include "irsa/base/guarded.h"
#include "irsa/base/text.h"

#include "connection.h"
#include "connection_table.h"
#include "doorkeeper.h"
#include "http/socket/socket.h"
#include "http/wire/http_engine.h"
#include "listener.h"
#include "memory_budget.h"
#include "plain_channel.h"
#include "poller.h"
#include "route_table.h"
#include "tls_channel.h"
#include "tls_context.h"

namespace irsa::http {
namespace {

// A core serves tens of thousands of reviews a second: more threads by default would only take memory.
constexpr size_t kMaxDefaultThreads = 8;
// A TLS record holds 16 KiB at most; without TLS, a large body comes in fewer pieces.
constexpr size_t kInputBytes = 64 << 10;
// A large answer's memory is not kept for the next, usually small one.
constexpr size_t kMaxKeptOutputBytes = 256 << 10;

// What ServerCounters calls an evicted connection, in the order of WaitKind.
constexpr std::array<std::string_view, kWaitKinds> kEvictedStates = {"handshake", "handshake", "new",    "new",
                                                                     "idle",      "request",   "answer", "lingering"};

// Those that the process may run on: a container or taskset may leave it fewer than the machine has, and a worker
// without a core of its own only takes turns with the others.
size_t UsableCores() {
  cpu_set_t usable;
  if (::sched_getaffinity(0, sizeof(usable), &usable) == 0) return static_cast<size_t>(CPU_COUNT(&usable));
  return std::max(1U, std::thread::hardware_concurrency());  // more than a cpu_set_t holds
}

// Workers wait in the poller for connections that are ready, and serve each until it has to wait for its client. The
// doorkeeper accepts connections and times them out.
class EpollServer final : public Server {
 public:
  EpollServer(ServerOptions options, std::vector<Route> routes, std::unique_ptr<TlsContext> tls,
              std::unique_ptr<Poller> poller, Listener listener, base::Descriptor doorkeeper_wake)
      : options_(std::move(options)),
        tls_(std::move(tls)),
        routes_(std::move(routes)),
        budget_(options_.max_buffered_bytes),
        settings_{routes_,
                  clock_,
                  budget_,
                  sends_clients_away_,
                  cut_answers_,
                  options_.max_body_bytes,
                  options_.request_timeout,
                  options_.idle_timeout,
                  options_.write_refusal,
                  options_.on_handshake_failure},
        port_(listener.port()),
        poller_(std::move(poller)),
        table_(*poller_, clock_, [this] { doorkeeper_.Wake(); }),
        doorkeeper_(std::move(listener), std::move(doorkeeper_wake), options_.max_connections,
                    [this](base::Descriptor socket) { return MakeConnection(std::move(socket)); }) {}

  ~EpollServer() override {
    if (!has_drained_ && !workers_.empty()) Drain(std::chrono::milliseconds(0));
    is_stopping_ = true;
    poller_->WakeAll();
    for (std::thread& worker : workers_) worker.join();
    doorkeeper_.Stop();
  }

  // Throws std::system_error when there are no more threads to be had.
  void StartThreads() {
    doorkeeper_.Start(table_);
    workers_.reserve(options_.threads);
    for (size_t i = 0; i < options_.threads; ++i) {
      // Made here because cpp-httplib's constructor has the process ignore SIGPIPE, which should not happen later on.
      auto engine = std::make_unique<HttpEngine>(options_.on_exception, sends_clients_away_, options_.write_refusal);
      workers_.emplace_back([this, own = std::move(engine)] { Work(*own); });
    }
  }

  int port() const override { return port_; }
  size_t connection_count() const override { return table_.size(); }

  size_t max_connections() const override { return options_.max_connections; }

  ServerCounters counters() const override {
    const Doorkeeper::Counts& counts = doorkeeper_.counts();
    ServerCounters counters{
        .evicted = {{"handshake", table_.excess_handshakes()}}, .cut_answers = cut_answers_, .refused = counts.refused};
    for (size_t kind = 0; kind < kWaitKinds; ++kind) counters.evicted[kEvictedStates[kind]] += counts.evicted[kind];
    return counters;
  }

  void SendClientsAway() override { sends_clients_away_ = true; }

  bool Drain(std::chrono::milliseconds timeout) override {
    const base::SteadyTime deadline = clock_.SteadyNow() + timeout;
    has_drained_ = true;
    SendClientsAway();
    doorkeeper_.StopAccepting();
    table_.StartDraining();
    if (table_.WaitUntilEmpty(deadline)) return true;
    return table_.CutOff();
  }

 private:
  std::unique_ptr<Connection> MakeConnection(base::Descriptor socket) {
    std::unique_ptr<ByteChannel> channel;
    if (tls_) {
      channel = std::make_unique<TlsChannel>(std::move(socket), *tls_);
    } else {
      channel = std::make_unique<PlainChannel>(std::move(socket));
    }
    return std::make_unique<Connection>(std::move(channel), settings_);
  }

  void Work(HttpEngine& engine) {
    const auto input = std::make_unique_for_overwrite<char[]>(kInputBytes);
    Workbench bench{engine, {input.get(), kInputBytes}, {}};
    while (!is_stopping_) {
      const auto ready = poller_->Wait();
      if (!ready) continue;
      if (ConnectionTable::Entry* entry = table_.Claim(ready->id)) {
        table_.EndTurn(*entry, ServeGuarded(entry->connection(), bench));
      }
      if (ready->lane == Poller::Lane::kHandshakes) poller_->EndHandshake();
      // An empty string assigned to it would free nothing.
      if (bench.output.capacity() > kMaxKeptOutputBytes) std::string().swap(bench.output);
    }
  }

  // What a handler throws is answered in the engine; here it is memory that ran out, or a bug of ours.
  Step ServeGuarded(Connection& connection, Workbench& bench) {
    try {
      return connection.Serve(bench);
    } catch (const std::bad_alloc&) {
    } catch (const std::exception& error) {
      base::CallGuarded([&] {
        if (options_.on_exception) options_.on_exception("", error.what());
      });
    }
    return Step::kClose;
  }

  const ServerOptions options_;
  const base::SystemClock clock_;
  const std::unique_ptr<TlsContext> tls_;  // null: plain
  const RouteTable routes_;
  MemoryBudget budget_;
  std::atomic<bool> sends_clients_away_ = false;
  std::atomic<uint64_t> cut_answers_ = 0;
  std::atomic<bool> has_drained_ = false;
  std::atomic<bool> is_stopping_ = false;
  const ConnectionSettings settings_;
  const int port_;
  const std::unique_ptr<Poller> poller_;
  ConnectionTable table_;
  Doorkeeper doorkeeper_;
  std::vector<std::thread> workers_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, std::vector<Route> routes) {
  std::unique_ptr<TlsContext> tls;
  if (options.tls) {
    auto made = TlsContext::Make(*options.tls);
    if (!made.ok()) return std::move(made).error();
    tls = *std::move(made);
  }
  const size_t descriptors = options.raises_descriptor_limit ? RaiseDescriptorLimit() : DescriptorLimit();
  options.max_connections = ConnectionsWithin(descriptors, options.max_connections);
  if (options.threads == 0) {
    options.threads = std::max(std::min(UsableCores(), kMaxDefaultThreads), options.waiting_handlers + 1);
  }
  // A burst of new connections leaves half of the workers to those that are there, but may use each core: a request
  // waits for one handshake at most.
  auto poller = Poller::Make(std::max((options.threads + 1) / 2, std::min(options.threads, UsableCores())));
  if (!poller.ok()) return std::move(poller).error();
  base::Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0) {
    return Error{ErrorCode::kUnavailable, "cannot create an eventfd: " + std::generic_category().message(errno)};
  }
  auto listener = Listener::Open(options.bind_address, options.port);
  if (!listener.ok()) return std::move(listener).error();
  try {
    auto server = std::make_unique<EpollServer>(std::move(options), std::move(routes), std::move(tls),
                                                *std::move(poller), *std::move(listener), std::move(wake));
    server->StartThreads();
    return std::unique_ptr<Server>(std::move(server));
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kUnavailable, std::string("cannot start the server's threads: ") + error.what()};
  }
}

}  // namespace irsa::http
