// Clients of a table of connections, their turns and their time-outs, against a model of what each may receive.
//
// Each two bytes of the input are a step: what is done, and with which client or how much of it.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

#include <sys/socket.h>

#include "src/http/server/connection_table.h"
#include "src/http/server/plain_channel.h"
#include "test/testing/fake_clock.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;

void Require(bool condition) {
  if (!condition) std::abort();
}

struct Exchange {
  std::string_view request;
  std::string_view answer;
};
constexpr std::array kExchanges = {
    Exchange{"GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\na"},
    Exchange{"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello"},
    Exchange{"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nabcde"},
};
constexpr size_t kMaxClients = 12;
constexpr size_t kPlaces = 8;

// Sends good requests, a few bytes at a time, and knows what must come back.
class Client {
 public:
  explicit Client(int fd) : fd_(fd) {}
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(size_t amount) {
    if (unsent_.empty()) {
      const Exchange& exchange = kExchanges[amount % kExchanges.size()];
      unsent_ = exchange.request;
      next_answer_ = exchange.answer;
    }
    const ssize_t sent = ::send(fd_, unsent_.data(), std::min(unsent_.size(), amount), MSG_NOSIGNAL);
    if (sent <= 0) return;
    unsent_.remove_prefix(static_cast<size_t>(sent));
    if (unsent_.empty()) expected_ += next_answer_;
  }

  void Receive() {
    std::array<char, 512> bytes;
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got > 0) received_.append(bytes.data(), static_cast<size_t>(got));
    if (got == 0 || (got < 0 && errno == ECONNRESET)) has_ended_ = true;
    Check();
  }

  // All that the server will ever send has come: each whole request has its answer, unless the server ended the
  // connection.
  void ReceiveAll() {
    size_t before = 0;
    do {
      before = received_.size();
      Receive();
    } while (received_.size() > before);
    Require(has_ended_ || received_ == expected_);
  }

 private:
  // Answers in the order of the requests, and behind them at most a refusal of what did not arrive in time.
  void Check() const {
    const size_t both = std::min(received_.size(), expected_.size());
    if (std::string_view(received_).substr(0, both) == std::string_view(expected_).substr(0, both)) {
      const std::string_view rest = std::string_view(received_).substr(both);
      constexpr std::string_view kTooLate = "HTTP/1.1 408 ";
      Require(rest.substr(0, kTooLate.size()) == kTooLate.substr(0, rest.size()));
    } else {
      Require(received_.find("HTTP/1.1 408 ") != std::string::npos);
    }
  }

  const int fd_;
  std::string_view unsent_, next_answer_;
  std::string expected_, received_;
  bool has_ended_ = false;
};

class World {
 public:
  void Step(uint8_t what, uint8_t how) {
    switch (what % 8) {
      case 0:
        return Connect();
      case 1:
      case 2:
        return WithClient(how, [&](Client& client) { client.Send(1 + how / kMaxClients * 4); });
      case 3:
        return Serve(1 + how % 4);
      case 4:
        clock_.Advance(milliseconds(how * 20));
        return TimeOut();
      case 5:
        return WithClient(how, [](Client& client) { client.Receive(); });
      case 6:
        if (!clients_.empty()) clients_.erase(std::next(clients_.begin(), how % static_cast<int>(clients_.size())));
        return;
      default:
        MakeRoom();
    }
  }

  void End() {
    Serve(1000);
    for (Client& client : clients_) client.ReceiveAll();
    draining_ = true;
    table_.StartDraining();
    clock_.Advance(kIdle);
    for (int i = 0; i < 3; ++i) {
      TimeOut();
      Serve(100);
      clock_.Advance(kIdle);
    }
    Require(table_.size() == 0 && table_.WaitUntilEmpty(base::SteadyTime::min()));
    Require(budget_.used() == 0 && !table_.NextDeadline());
  }

 private:
  static constexpr milliseconds kRequest{2000};
  static constexpr milliseconds kIdle{10000};

  template <typename Do>
  void WithClient(uint8_t how, Do act) {
    if (!clients_.empty()) act(*std::next(clients_.begin(), how % static_cast<int>(clients_.size())));
  }

  void Connect() {
    if (clients_.size() == kMaxClients) return;
    if (table_.size() >= kPlaces) MakeRoom();
    std::array<int, 2> ends{};
    Require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    clients_.emplace_back(ends[0]);
    auto channel = std::make_unique<PlainChannel>(base::Descriptor(ends[1]));
    Require(table_.Add(std::make_unique<Connection>(std::move(channel), settings_)));
    Require(table_.size() <= kPlaces);
  }

  // So many turns, or fewer when nothing is ready: every other report is the poller's call to wake.
  void Serve(int turns) {
    int idle = 0;
    while (turns > 0 && idle < 3) {
      const auto ready = poller_->Wait();
      idle = ready ? 0 : idle + 1;
      if (!ready) continue;
      if (auto* entry = table_.Claim(ready->id)) table_.EndTurn(*entry, entry->connection().Serve(bench_));
      --turns;
    }
  }

  void TimeOut() {
    while (auto* entry = table_.ClaimOverdue()) table_.EndTurn(*entry, entry->connection().TimeOut());
  }

  void MakeRoom() {
    auto* entry = table_.ClaimToMakeRoom(kPlaces);
    Require((entry == nullptr) == (table_.size() == 0));
    if (entry == nullptr) return;
    entry->connection().Evict();
    table_.EndTurn(*entry, irsa::http::Step::kClose);
  }

  testing::FakeClock clock_;
  MemoryBudget budget_{1 << 20};
  std::atomic<bool> draining_ = false;
  std::atomic<uint64_t> cut_answers_ = 0;
  RouteTable routes_{
      {{"GET", "/a", "", [](Request&) { return Response{.body = "a"}; }},
       {"POST", "/echo", "text/plain", [](Request& request) { return Response{.body = request.body}; }}}};
  ConnectionSettings settings_{routes_, clock_, budget_, draining_, cut_answers_, 1000, kRequest, kIdle};
  HttpEngine engine_{nullptr, draining_};
  std::array<char, 4096> input_;
  Workbench bench_{engine_, input_, {}};
  std::unique_ptr<Poller> poller_ = [] {
    auto poller = Poller::Make(1).value();
    poller->WakeAll();
    return poller;
  }();
  std::list<Client> clients_;
  ConnectionTable table_{*poller_, clock_, [] {}};
};

}  // namespace
}  // namespace irsa::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  irsa::http::World world;
  for (size_t i = 0; i + 1 < std::min<size_t>(size, 1000); i += 2) world.Step(data[i], data[i + 1]);
  world.End();
  return 0;
}
