#include "socket_io.h"

#include <cerrno>
#include <poll.h>

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

bool IsReadable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, 0) == 1;
}

}  // namespace irsa::http
