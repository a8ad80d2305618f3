// What the process has allocated and not freed, as the allocator counts it: exact, where resident memory is not.
#pragma once

#include <cstddef>

#include "test/testing/sanitizer.h"

#ifdef IRSA_HAS_SANITIZER
// sanitizer/allocator_interface.h declares it, which g++ does not bring.
extern "C" size_t __sanitizer_get_current_allocated_bytes();  // NOLINT(bugprone-reserved-identifier)
#else
#include <malloc.h>
#endif

namespace irsa::testing {

inline size_t AllocatedBytes() {
#ifdef IRSA_HAS_SANITIZER
  return __sanitizer_get_current_allocated_bytes();
#else
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

}  // namespace irsa::testing
