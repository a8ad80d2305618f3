// Memory that was used once and will not be again soon.
#pragma once

#include <cstdlib>  // defines __GLIBC__
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace irsa::base {

// Gives the memory that this process has freed back to the system, for after something that took far more than is kept,
// such as parsing a large file: glibc by itself returns only what is free at the end of a heap, so that one small thing
// kept behind it holds tens of megabytes. Takes milliseconds. Does nothing with other C libraries. May be called from
// any thread.
inline void ReturnFreedMemory() {
#if defined(__GLIBC__)
  ::malloc_trim(0);
#endif
}

}  // namespace irsa::base
