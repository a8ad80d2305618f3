// Returning freed memory to the system.
#pragma once

#include <cstdlib>  // defines __GLIBC__
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace irsa::base {

// Returns the memory that this process has freed to the system. For use after work that needed far more memory than it
// keeps, such as parsing a large file: glibc by itself returns only free memory at the end of a heap, so one small
// allocation there can retain tens of megabytes. Takes milliseconds. Does nothing with other C libraries. May be called
// from any thread.
inline void ReturnFreedMemory() {
#if defined(__GLIBC__)
  ::malloc_trim(0);
#endif
}

}  // namespace irsa::base
