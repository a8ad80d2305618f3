#include "irsa/base/core_dumps.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace irsa::base {

void LeaveNoCoreDumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);  // the limit alone does not hold for a pipe
}

}  // namespace irsa::base
