// No core dumps of a process that holds secrets.
#pragma once

#include <sys/prctl.h>
#include <sys/resource.h>

namespace irsa::base {

// From now on this process leaves no core dump, in which its keys and tokens would be. The limit alone does not hold
// where the system pipes dumps to a program (core(5)).
inline void LeaveNoCoreDumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace irsa::base
