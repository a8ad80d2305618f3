#include "irsa/base/memory.h"

#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "test/testing/sanitizer.h"

namespace irsa::base {
namespace {

[[maybe_unused]] size_t ResidentBytes() {
  size_t total = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

#if defined(__GLIBC__) && !defined(IRSA_HAS_SANITIZER)
TEST(ReturnFreedMemory, ReturnsWhatIsFreeBelowSomethingThatIsKept) {
  constexpr size_t kPieces = 40000;
  constexpr size_t kPieceBytes = 1000;
  std::vector<std::unique_ptr<std::string>> pieces;
  for (size_t i = 0; i < kPieces; ++i) pieces.push_back(std::make_unique<std::string>(kPieceBytes, 'x'));
  const size_t full = ResidentBytes();
  pieces.erase(pieces.begin(), pieces.end() - 1);
  ReturnFreedMemory();
  EXPECT_LT(ResidentBytes() + kPieces * kPieceBytes / 2, full);
  EXPECT_EQ(*pieces.back(), std::string(kPieceBytes, 'x'));
}
#endif

TEST(ReturnFreedMemory, MayBeCalledWhenThereIsNothingToReturn) {
  ReturnFreedMemory();
  ReturnFreedMemory();
}

}  // namespace
}  // namespace irsa::base
