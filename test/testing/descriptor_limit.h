// The process's limit of open descriptors, for as long as a test needs another one.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <sys/resource.h>

namespace irsa::testing {

class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    Set(limit);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

  // Whether the system allows it.
  bool Set(rlim_t limit) {
    const rlimit changed{limit, before_.rlim_max};
    return ::setrlimit(RLIMIT_NOFILE, &changed) == 0;
  }

 private:
  rlimit before_{};
};

// The next descriptor's number: with it as the limit, none is left but below it.
inline rlim_t LowestFreeDescriptor() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(fd);
  return static_cast<rlim_t>(fd);
}

}  // namespace irsa::testing
