// How many descriptors the process may have open (RLIMIT_NOFILE, getrlimit(2)).
#pragma once

#include <cstddef>

namespace irsa::http {

// Kept from a server's connections: for the files that are read again, the connections to others, and the server's own.
// 128 are the metrics port's.
inline constexpr size_t kReservedDescriptors = 192;

// The limit that holds.
size_t DescriptorLimit();

// Raises the limit for the process as far as its hard limit allows; returns the limit that holds then. The usual soft
// limit of 1,024 is for programs that call select(2).
size_t RaiseDescriptorLimit();

// How many of `wanted` connections such a limit lets a server have: the reserve stays free, or half of a limit that is
// lower than twice the reserve.
size_t ConnectionsWithin(size_t descriptor_limit, size_t wanted);

}  // namespace irsa::http
