#include "socket_io.h"

#include <cerrno>
#include <cstring>
#include <poll.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace irsa::http {
namespace {

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
    const unsigned char* bytes = address.sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) {
      ::inet_ntop(AF_INET, bytes + 12, text, sizeof(text));
    } else {
      ::inet_ntop(AF_INET6, bytes, text, sizeof(text));
    }
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

}  // namespace irsa::http
