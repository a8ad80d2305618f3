// Reading from and writing to a non-blocking socket.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "byte_channel.h"

namespace irsa::http {

IoResult ReceiveBytes(int fd, std::span<char> into);
// Never raises SIGPIPE, whatever the process does about that signal.
IoResult SendBytes(int fd, std::string_view bytes);
// Drops up to `bytes` without copying them out of the kernel.
IoResult DiscardBytes(int fd, size_t bytes);
// The IP address of the other side, an IPv4 one in its own notation even where IPv6 carries it; empty when there is
// none.
std::string PeerAddress(int fd);
// Whether there is something to read, the other side's end or an error included; for a listening socket, to accept.
bool IsReadable(int fd);
// Whether the other side sends no more, whatever there still is to read.
bool HasHungUp(int fd);

}  // namespace irsa::http
