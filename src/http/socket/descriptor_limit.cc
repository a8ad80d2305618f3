#include "descriptor_limit.h"

#include <algorithm>
#include <limits>

#include <sys/resource.h>

namespace irsa::http {

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
