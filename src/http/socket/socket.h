// Sockets that do not block: connecting, reading, writing, and how many of them the process may have open.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "irsa/base/descriptor.h"
#include "irsa/base/result.h"
#include "irsa/base/url.h"

#include "byte_channel.h"
#include "wait.h"

namespace irsa::http {

// A non-blocking socket connected to the URL's host and port: its addresses are tried in the resolver's order, each for
// its share of the time left. kUnavailable with the reason of the last one.
Result<base::Descriptor> ConnectSocket(const base::Url& url, Wait& wait);

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

// Kept from a server's connections: for the files that are read again, the connections to others, and the server's own.
// 512 are the metrics port's.
inline constexpr size_t kReservedDescriptors = 576;

// How many descriptors the process may have open (RLIMIT_NOFILE, getrlimit(2)): the limit that holds.
size_t DescriptorLimit();

// Raises the limit for the process as far as its hard limit allows; returns the limit that holds then. The usual soft
// limit of 1,024 is for programs that call select(2).
size_t RaiseDescriptorLimit();

// How many of `wanted` connections such a limit lets a server have: the reserve stays free, or half of a limit that is
// lower than twice the reserve.
size_t ConnectionsWithin(size_t descriptor_limit, size_t wanted);

}  // namespace irsa::http
