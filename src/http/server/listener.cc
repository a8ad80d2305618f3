#include "listener.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "http/socket/socket.h"

namespace irsa::http {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
};

// In the field of sockaddr_in and sockaddr_in6 that is the same in both.
template <typename T>
SocketAddress MakeAddress(const T& address) {
  SocketAddress made;
  std::memcpy(&made.storage, &address, sizeof(address));
  made.size = sizeof(address);
  return made;
}

SocketAddress Ipv6Address(const in6_addr& address, uint16_t port) {
  sockaddr_in6 made{};
  made.sin6_family = AF_INET6;
  made.sin6_port = htons(port);
  made.sin6_addr = address;
  return MakeAddress(made);
}

SocketAddress Ipv4Address(const in_addr& address, uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(port);
  made.sin_addr = address;
  return MakeAddress(made);
}

std::optional<SocketAddress> ParseAddress(const std::string& text, uint16_t port) {
  in6_addr ipv6{};
  if (::inet_pton(AF_INET6, text.c_str(), &ipv6) == 1) return Ipv6Address(ipv6, port);
  in_addr ipv4{};
  if (::inet_pton(AF_INET, text.c_str(), &ipv4) == 1) return Ipv4Address(ipv4, port);
  return std::nullopt;
}

void SetOption(int fd, int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof(value)); }

// The error is errno's; -1 then.
base::Descriptor Listen(const SocketAddress& address) {
  base::Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return socket;
  SetOption(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  SetOption(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);  // what is accepted from it inherits this
  if (address.family() == AF_INET6) SetOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::bind(socket.get(), raw, address.size) != 0 || ::listen(socket.get(), Listener::kBacklog) != 0)
    return base::Descriptor(-1);
  return socket;
}

int PortOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  sockaddr_in6 address{};  // sockaddr_in has its port at the same place
  std::memcpy(&address, &storage, sizeof(address));
  return ntohs(address.sin6_port);
}

bool HasNoIpv6(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

}  // namespace

Listener::Listener(base::Descriptor socket) : socket_(std::move(socket)), port_(PortOf(socket_.get())) {}

Result<Listener> Listener::Open(const std::string& address, int port) {
  const std::string name = address.empty() ? "all addresses" : "address " + address;
  const std::string object = name + ", port " + std::to_string(port);
  if (port < 0 || port > 65535) {
    return Error{ErrorCode::kInvalid, "cannot listen on " + object + ": no port number"};
  }
  const auto number = static_cast<uint16_t>(port);
  const auto parsed = address.empty() ? Ipv6Address(in6addr_any, number) : ParseAddress(address, number);
  if (!parsed) return Error{ErrorCode::kInvalid, "cannot listen on " + object + ": no IP address"};
  base::Descriptor socket = Listen(*parsed);
  if (socket.get() >= 0) return Listener(std::move(socket));
  if (address.empty() && HasNoIpv6(errno)) {
    base::Descriptor ipv4 = Listen(Ipv4Address(in_addr{htonl(INADDR_ANY)}, number));
    if (ipv4.get() >= 0) return Listener(std::move(ipv4));
  }
  return Error{ErrorCode::kUnavailable, "cannot listen on " + object + ": " + std::generic_category().message(errno)};
}

Listener::Acceptance Listener::Accept() {
  while (true) {
    const int fd = ::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) return {Outcome::kAccepted, base::Descriptor(fd)};
    switch (errno) {
      case EAGAIN:
        return {Outcome::kNone, base::Descriptor(-1)};
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        // Descriptors are asked for before it is known whether anybody is waiting.
        return {IsReadable(socket_.get()) ? Outcome::kExhausted : Outcome::kNone, base::Descriptor(-1)};
      default:
        break;  // ECONNABORTED, EINTR, and errors of the new connection's network (accept(2)): the next one
    }
  }
}

}  // namespace irsa::http
