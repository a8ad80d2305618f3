// What the process has allocated and not freed, as the C library counts it: exact, where resident memory is not.
#pragma once

#include <cstddef>

#include "test/testing/sanitizer.h"

#if defined(__GLIBC__) && !defined(IRSA_HAS_SANITIZER)
#define IRSA_COUNTS_ALLOCATIONS 1

#include <malloc.h>

namespace irsa::testing {

inline size_t AllocatedBytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace irsa::testing
#endif
