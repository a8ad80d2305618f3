// What the kernel says of this process (/proc/self, proc(5)).
#pragma once

#include <chrono>
#include <cstddef>

namespace irsa::telemetry {

struct ProcessUsage {
  size_t resident_bytes = 0;
  std::chrono::nanoseconds cpu_time{0};  // user and system
  size_t open_descriptors = 0;
};

// What cannot be read is 0.
ProcessUsage ReadProcessUsage();

}  // namespace irsa::telemetry
