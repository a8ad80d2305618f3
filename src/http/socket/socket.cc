#include "socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <string>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace irsa::http {
namespace {

struct AddressDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressDeleter>;

Result<AddressList> LookUp(const base::Url& url) {
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

Result<base::Descriptor> ConnectTo(const addrinfo& address, base::SteadyTime deadline, Wait& wait) {
  base::Descriptor socket(
      ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (socket.get() < 0) return CannotConnect(errno);
  SetOptions(socket.get());
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return CannotConnect(errno);
    if (Status ready = wait.For(socket.get(), POLLOUT, deadline); !ready.ok()) {
      return base::WithContext(std::move(ready).error(), "cannot connect");
    }
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return CannotConnect(error);
  }
  return socket;
}

IoResult FromReturn(ssize_t bytes, IoStatus when_not_ready) {
  if (bytes >= 0) return {IoStatus::kDone, static_cast<size_t>(bytes)};
  return {errno == EAGAIN || errno == EWOULDBLOCK ? when_not_ready : IoStatus::kFailed, 0};
}

template <typename Call>
ssize_t Uninterrupted(Call call) {
  ssize_t result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

IoResult Receive(int fd, char* into, size_t size, int flags) {
  const ssize_t got = Uninterrupted([&] { return ::recv(fd, into, size, flags); });
  return got == 0 ? IoResult{IoStatus::kEnd, 0} : FromReturn(got, IoStatus::kWantRead);
}

}  // namespace

Result<base::Descriptor> ConnectSocket(const base::Url& url, Wait& wait) {
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

IoResult ReceiveBytes(int fd, std::span<char> into) { return Receive(fd, into.data(), into.size(), 0); }

IoResult SendBytes(int fd, std::string_view bytes) {
  const ssize_t sent = Uninterrupted([&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
  return FromReturn(sent, IoStatus::kWantWrite);
}

IoResult DiscardBytes(int fd, size_t bytes) { return Receive(fd, nullptr, bytes, MSG_TRUNC); }

std::string PeerAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof(address));
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof(address));
    const bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(&address.sin6_addr);
    ::inet_ntop(is_ipv4 ? AF_INET : AF_INET6, address.sin6_addr.s6_addr + (is_ipv4 ? 12 : 0), text, sizeof(text));
  }
  return text;
}

bool IsReadable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, 0) == 1;
}

bool HasHungUp(int fd) {
  pollfd watched{fd, POLLRDHUP, 0};
  return ::poll(&watched, 1, 0) == 1;  // errors and resets are reported unasked
}

size_t DescriptorLimit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : std::numeric_limits<size_t>::max();
}

size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);  // a sandbox may forbid it: the lower limit is served with
  }
  return DescriptorLimit();
}

size_t ConnectionsWithin(size_t descriptor_limit, size_t wanted) {
  const size_t reserved = std::min(kReservedDescriptors, descriptor_limit / 2);
  return std::min(wanted, std::max<size_t>(1, descriptor_limit - reserved));
}

}  // namespace irsa::http
