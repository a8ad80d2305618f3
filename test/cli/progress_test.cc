#include "src/cli/output/progress.h"

#include <algorithm>
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::cli {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

class ProgressTest : public ::testing::Test {
 protected:
  ProgressTest() { EXPECT_EQ(::pipe(pipe_), 0); }
  ~ProgressTest() override {
    for (const int fd : pipe_) ::close(fd);
  }

  // What there is; waits for the first of it.
  std::string Read() const {
    char text[1000];
    const ssize_t count = ::read(pipe_[0], text, sizeof text);
    return {text, static_cast<size_t>(std::max<ssize_t>(count, 0))};
  }

  int pipe_[2];
};

TEST_F(ProgressTest, ShowsTheTimeAndClearsItsLine) {
  {
    const Progress progress("irsa audit: reading the cluster", {pipe_[1], std::chrono::milliseconds(0)});
    EXPECT_THAT(Read(), StartsWith("\r\x1b[Kirsa audit: reading the cluster (0 s)"));
  }
  EXPECT_THAT(Read(), EndsWith("\r\x1b[K"));
}

TEST_F(ProgressTest, ShowsNothingOfWhatIsDoneSoon) {
  { const Progress progress("x", {pipe_[1], std::chrono::hours(1)}); }
  EXPECT_EQ(::write(pipe_[1], "end", 3), 3);
  EXPECT_EQ(Read(), "end");
}

}  // namespace
}  // namespace irsa::cli
