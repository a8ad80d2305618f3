#include "listener.h"

#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "irsa/base/url.h"

#include "http/socket/socket.h"

namespace irsa::http {
namespace {

void SetOption(int fd, int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof(value)); }

base::Descriptor ListenOn(const addrinfo& address) {
  base::Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return socket;
  SetOption(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  SetOption(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);  // what is accepted from it inherits this
  if (address.ai_family == AF_INET6) SetOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(socket.get(), Listener::kBacklog) != 0) {
    return base::Descriptor(-1);
  }
  return socket;
}

// The error is errno's; -1 then.
base::Descriptor Listen(const char* address, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failure = ::getaddrinfo(address, std::to_string(port).c_str(), &hints, &list);
  if (failure != 0) {
    errno = failure == EAI_SYSTEM ? errno : ENOMEM;  // it is known to be an address
    return base::Descriptor(-1);
  }
  base::Descriptor socket = ListenOn(*list);
  const int error = errno;
  ::freeaddrinfo(list);
  errno = error;
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
  // getaddrinfo takes more for one: 127.1.
  if (!address.empty() && !base::IsAddress(address)) {
    return Error{ErrorCode::kInvalid, "cannot listen on " + object + ": no IP address"};
  }
  base::Descriptor socket = Listen(address.empty() ? "::" : address.c_str(), port);
  if (socket.get() >= 0) return Listener(std::move(socket));
  if (address.empty() && HasNoIpv6(errno)) {
    base::Descriptor ipv4 = Listen("0.0.0.0", port);
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
