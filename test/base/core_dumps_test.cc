#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "irsa/base/memory.h"

namespace irsa::base {
namespace {

// In a process of its own, which stays so.
TEST(CoreDumps, AreLeftNeitherAsAFileNorByAProgram) {
  const auto leave_none = [] {
    LeaveNoCoreDumps();
    rlimit limit{1, 1};
    ::getrlimit(RLIMIT_CORE, &limit);
    const bool is_limited = limit.rlim_cur == 0 && limit.rlim_max == 0;
    std::_Exit(is_limited && ::prctl(PR_GET_DUMPABLE) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
  };
  EXPECT_EXIT(leave_none(), ::testing::ExitedWithCode(EXIT_SUCCESS), "");
}

}  // namespace
}  // namespace irsa::base
