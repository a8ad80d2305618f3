// What the tests of a single connection share.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "src/http/server/connection.h"
#include "test/http/fake_channel.h"
#include "test/testing/fake_clock.h"

namespace irsa::http {

inline constexpr size_t kMaxBody = 100'000;
inline constexpr size_t kMaxBuffered = 50'000;
inline constexpr std::chrono::milliseconds kRequestTimeout{5000};
inline constexpr std::chrono::milliseconds kIdleTimeout{120000};

inline std::string Post(const std::string& body, const std::string& headers = "") {
  return "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

inline std::string Answered(const std::string& body, const std::string& ending = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\nContent-Type: text/plain\r\n" +
         ending + "\r\n" + body;
}

inline const std::string kGet = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
inline const std::string kHello = Answered("hello");

// A connection over a scripted channel, to routes GET /hello and POST /echo.
class ConnectionFixture : public ::testing::Test {
 protected:
  ConnectionFixture() { Open(); }

  void Open() {
    connection_.reset();
    connection_.emplace(std::make_unique<FakeChannel>(script_), settings_);
  }
  Step Serve() { return connection_->Serve(bench_); }
  // The current wait's kind, and how long it may last from now.
  std::pair<WaitKind, std::chrono::milliseconds> Wait() const {
    return {connection_->wait_kind(),
            std::chrono::duration_cast<std::chrono::milliseconds>(connection_->deadline() - clock_.SteadyNow())};
  }
  using Waiting = std::pair<WaitKind, std::chrono::milliseconds>;

  testing::FakeClock clock_;
  MemoryBudget budget_{kMaxBuffered};
  std::atomic<bool> draining_ = false;
  std::atomic<uint64_t> cut_answers_ = 0;
  std::vector<base::SteadyTime> begins_;  // of the requests to /echo, as are the next
  std::vector<base::SteadyTime> deadlines_;
  RouteTable routes_{
      {{"GET", "/hello", "", [](Request&) { return Response{.content_type = "text/plain", .body = "hello"}; }},
       {"POST", "/echo", "text/plain", [this](Request& request) {
          begins_.push_back(request.begin);
          deadlines_.push_back(request.deadline);
          return Response{.content_type = "text/plain", .body = request.body};
        }}}};
  ConnectionSettings settings_{routes_,      clock_,   budget_,         draining_,
                               cut_answers_, kMaxBody, kRequestTimeout, kIdleTimeout};
  HttpEngine engine_{nullptr, draining_};
  std::array<char, 16384> input_;
  Workbench bench_{engine_, input_, {}};
  ChannelScript script_;
  std::optional<Connection> connection_;
};

}  // namespace irsa::http
