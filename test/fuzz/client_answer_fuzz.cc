// Any bytes as the answer to a request of our client, over a real socket and however they are split on their way.
//
// The first byte says where to split what follows.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "irsa/http/client/network_client.h"

namespace {

using namespace irsa;

void Require(bool condition) {
  if (!condition) std::abort();
}

constexpr size_t kMaxBody = 1000;

class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    Require(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0 && ::listen(socket_, 16) == 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  uint16_t port() const { return port_; }

  // To the next client, once its request is there.
  void Answer(std::string_view first, std::string_view rest) const {
    const int client = ::accept(socket_, nullptr, nullptr);
    std::array<char, 4096> request;
    [[maybe_unused]] const ssize_t got = ::recv(client, request.data(), request.size(), 0);
    for (const std::string_view piece : {first, rest}) ::send(client, piece.data(), piece.size(), MSG_NOSIGNAL);
    const linger reset{1, 0};  // no port waits for late packets
    ::shutdown(client, SHUT_WR);
    [[maybe_unused]] const ssize_t end = ::recv(client, request.data(), request.size(), 0);
    ::setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    ::close(client);
  }

 private:
  const int socket_;
  uint16_t port_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const Listener kListener;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t split = text.size() * data[0] / 256;
  std::jthread server([&] { kListener.Answer(text.substr(0, split), text.substr(split)); });

  http::ClientRequest request;
  request.url = {"http", "127.0.0.1", kListener.port(), "/"};
  request.deadline = base::SystemClock().SteadyNow() + std::chrono::seconds(20);
  request.max_body_bytes = kMaxBody;
  std::string streamed;
  if (data[0] % 2 == 1) {
    request.on_body = [&](std::string_view piece) {
      streamed += piece;
      return streamed.size() < kMaxBody;
    };
  }
  http::NetworkClient client;
  const auto response = client.Send(request);
  if (!response.ok()) {
    const Error& error = response.error();
    Require(error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kMalformed ||
            error.code == ErrorCode::kTooLarge);
    Require(error.message.size() < 500);
    return 0;
  }
  Require(response->status >= 200 && response->status < 1000);
  Require(response->body.size() <= kMaxBody);
  for (const auto& [name, value] : response->headers) {
    for (const char c : name) Require(c < 'A' || c > 'Z');
    for (const char c : name + value) Require(c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f'));
  }
  return 0;
}
