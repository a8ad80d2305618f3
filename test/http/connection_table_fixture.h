// What the tests of a table of connections share.
#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "src/http/server/connection_table.h"
#include "src/http/server/plain_channel.h"
#include "test/http/connection_fixture.h"
#include "test/testing/fake_clock.h"

namespace irsa::http {

inline const std::string kRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// The client's end of a connection in the table.
class TablePeer {
 public:
  explicit TablePeer(ConnectionTable& table, const ConnectionSettings& settings) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    fd_ = ends[0];
    auto channel = std::make_unique<PlainChannel>(base::Descriptor(ends[1]));
    EXPECT_TRUE(table.Add(std::make_unique<Connection>(std::move(channel), settings)));
  }
  ~TablePeer() { ::close(fd_); }
  TablePeer(const TablePeer&) = delete;
  TablePeer& operator=(const TablePeer&) = delete;

  void Send(std::string_view bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // Without waiting; "" when nothing has come, "closed" at the end.
  std::string Receive() const {
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return "closed";
    return std::string(buffer.data(), static_cast<size_t>(std::max<ssize_t>(got, 0)));
  }

 private:
  int fd_ = -1;
};

class ConnectionTableTest : public ::testing::Test {
 protected:
  using Entry = ConnectionTable::Entry;

  // The next ready connection, which must be there.
  Entry* Next() {
    const auto ready = poller_->Wait();
    if (!ready) return nullptr;
    if (ready->lane == Poller::Lane::kHandshakes) poller_->EndHandshake();
    return table_.Claim(ready->id);
  }
  void Serve(Entry* entry) {
    ASSERT_NE(entry, nullptr);
    table_.EndTurn(*entry, entry->connection().Serve(bench_));
  }
  void ExpectAnswer(const TablePeer& peer) {
    peer.Send(kRequest);
    Serve(Next());
    EXPECT_THAT(peer.Receive(), ::testing::StartsWith("HTTP/1.1 200 "));
  }
  void StartDraining() {
    draining_ = true;
    table_.StartDraining();
  }
  static void ExpectLastAnswer(const TablePeer& peer) {
    EXPECT_THAT(peer.Receive(),
                ::testing::AllOf(::testing::StartsWith("HTTP/1.1 200 "), ::testing::HasSubstr("Connection: close")));
    EXPECT_EQ(peer.Receive(), "closed");
  }
  std::chrono::milliseconds UntilNextDeadline() {
    const auto next = table_.NextDeadline();
    return next ? std::chrono::duration_cast<std::chrono::milliseconds>(*next - clock_.SteadyNow())
                : std::chrono::milliseconds(-1);
  }

  testing::FakeClock clock_;
  MemoryBudget budget_{4 << 20};
  std::atomic<bool> draining_ = false;
  std::atomic<uint64_t> cut_answers_ = 0;
  RouteTable routes_{{{"GET", "/", "", [](Request&) { return Response{.body = "x"}; }},
                      {"GET", "/large", "", [](Request&) { return Response{.body = std::string(1 << 20, 'x')}; }}}};
  ConnectionSettings settings_{routes_, clock_, budget_, draining_, cut_answers_, 1000, kRequestTimeout, kIdleTimeout};
  HttpEngine engine_{nullptr, draining_};
  std::array<char, 4096> input_;
  Workbench bench_{engine_, input_, {}};
  std::unique_ptr<Poller> poller_ = Poller::Make(1).value();
  int announced_ = 0;  // how often an earlier deadline was
  ConnectionTable table_{*poller_, clock_, [this] { ++announced_; }};
};

// In its handshake for ever; what the client sends first is its hello.
class UnreadyChannel final : public ByteChannel {
 public:
  int fd() const override { return ends_[0].get(); }
  int client_fd() const { return ends_[1].get(); }
  bool IsReady() const override { return false; }
  bool AwaitsHello() const override { return awaits_hello_; }
  IoStatus Handshake() override {
    std::array<char, 16> bytes;
    if (::recv(fd(), bytes.data(), bytes.size(), 0) > 0) awaits_hello_ = false;
    return IoStatus::kWantRead;
  }
  IoResult Read(std::span<char>) override { return {IoStatus::kFailed, 0}; }
  IoResult Write(std::string_view) override { return {IoStatus::kFailed, 0}; }
  bool HasBuffered() const override { return false; }
  size_t held_bytes() const override { return 0; }
  void EndWriting() override {}
  IoResult Discard(size_t) override { return {IoStatus::kFailed, 0}; }

 private:
  static std::array<base::Descriptor, 2> MakeEnds() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    return {base::Descriptor(ends[0]), base::Descriptor(ends[1])};
  }
  std::array<base::Descriptor, 2> ends_ = MakeEnds();
  bool awaits_hello_ = true;
};

}  // namespace irsa::http
