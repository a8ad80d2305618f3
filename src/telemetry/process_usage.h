// What the kernel says of this process (/proc/self, proc(5)).
#pragma once

#include <chrono>
#include <cstddef>

namespace irsa::telemetry {

struct ProcessUsage {
  size_t resident_bytes = 0;
  size_t virtual_bytes = 0;
  double max_virtual_bytes = 0;          // -1: no limit
  std::chrono::nanoseconds cpu_time{0};  // user and system
  std::chrono::nanoseconds start{0};     // of the process, since 1970
  size_t open_descriptors = 0;
  size_t max_descriptors = 0;
  size_t threads = 0;
};

// What cannot be read is 0.
ProcessUsage ReadProcessUsage();

}  // namespace irsa::telemetry
