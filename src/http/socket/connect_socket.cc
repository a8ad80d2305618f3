#include "connect_socket.h"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <string>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace irsa::http {
namespace {

using base::Error;
using base::ErrorCode;

struct AddressDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressDeleter>;

base::Result<AddressList> LookUp(const base::Url& url) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &list);
  if (error != 0) return Error{ErrorCode::kUnavailable, std::string("cannot look up its name: ") + gai_strerror(error)};
  return AddressList(list);
}

Error CannotConnect(int error) {
  return {ErrorCode::kUnavailable, "cannot connect: " + std::generic_category().message(error)};
}

// A watch may be silent for minutes; the kernel finds out by itself when the other side is gone: after about a minute,
// and after ten seconds without word of what was sent.
void SetOptions(int fd) {
  const auto set = [fd](int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof(value)); };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 10'000);
}

base::Result<base::Descriptor> ConnectTo(const addrinfo& address, base::SteadyTime deadline, Wait& wait) {
  base::Descriptor socket(
      ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (socket.get() < 0) return CannotConnect(errno);
  SetOptions(socket.get());
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return CannotConnect(errno);
    if (base::Status ready = wait.For(socket.get(), POLLOUT, deadline); !ready.ok()) {
      return base::WithContext(std::move(ready).error(), "cannot connect");
    }
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return CannotConnect(error);
  }
  return socket;
}

}  // namespace

base::Result<base::Descriptor> ConnectSocket(const base::Url& url, Wait& wait) {
  const auto list = LookUp(url);
  if (!list.ok()) return list.error();
  int left = 0;
  for (const addrinfo* address = list->get(); address != nullptr; address = address->ai_next) ++left;
  Error last{ErrorCode::kUnavailable, "it has no address"};
  for (const addrinfo* address = list->get(); address != nullptr; address = address->ai_next, --left) {
    const auto now = std::chrono::steady_clock::now();
    auto socket = ConnectTo(*address, now + (wait.deadline() - now) / left, wait);
    if (socket.ok()) return socket;
    last = std::move(socket).error();
  }
  return last;
}

}  // namespace irsa::http
