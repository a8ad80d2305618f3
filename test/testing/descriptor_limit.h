// The process's limit of open descriptors, for as long as a test needs another one.
#pragma once

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

}  // namespace irsa::testing
