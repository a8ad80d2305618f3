#include "test/testing/process.h"

#include <csignal>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::testing {
namespace {

using ::testing::Optional;

TEST(RunProcess, ReturnsStatusOutputAndErrors) {
  EXPECT_EQ(RunProcess({"sh", "-c", "echo out; echo err >&2; exit 3"}), (ProcessResult{3, "out\n", "err\n"}));
}

TEST(RunProcess, GivesTheInputAndTakesOutputOverAPipesSize) {
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(RunProcess({"sh", "-c", "tee /dev/stderr"}, text), (ProcessResult{0, text, text}));
}

TEST(RunProcess, DoesNotMindInputThatIsNotRead) {
  EXPECT_EQ(RunProcess({"true"}, std::string(1 << 20, 'x')), (ProcessResult{0, "", ""}));
}

TEST(RunProcess, ThrowsForAProgramThatIsNotThere) {
  EXPECT_THROW(RunProcess({"/nonexistent/program"}), std::system_error);
}

TEST(RunProcess, CountsSignalsAsShellsDo) { EXPECT_EQ(RunProcess({"sh", "-c", "kill -9 $$"}).exit_status, 128 + 9); }

TEST(Process, FindsALineOfItsErrorsWhileItRuns) {
  Process process({"sh", "-c", "echo first >&2; echo port 80 >&2; exec sleep 600"});
  EXPECT_THAT(process.WaitForErrorLine([](std::string_view line) { return line.starts_with("port "); }),
              Optional(std::string("port 80")));
  EXPECT_EQ(process.Wait(std::chrono::milliseconds(0)), std::nullopt);
  process.Signal(SIGTERM);
  EXPECT_THAT(process.Wait(), Optional(128 + SIGTERM));
}

TEST(Process, GivesUpOnALineWhenTheProcessEnds) {
  Process process({"sh", "-c", "echo other >&2; printf unfinished >&2"});
  EXPECT_EQ(process.WaitForErrorLine([](std::string_view line) { return line == "unfinished"; }), std::nullopt);
  EXPECT_EQ(process.err(), "other\nunfinished");
}

TEST(Process, GivesUpOnALineAfterItsTime) {
  Process process({"sleep", "600"});
  EXPECT_EQ(process.WaitForErrorLine([](std::string_view) { return true; }, std::chrono::milliseconds(1)),
            std::nullopt);
}

TEST(Process, KillsWhatStillRunsAtItsEnd) {
  pid_t pid = 0;
  {
    const Process process({"sleep", "600"});
    pid = process.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Process, IgnoresASignalAfterItsEnd) {
  Process process({"true"});
  EXPECT_THAT(process.Wait(), Optional(0));
  process.Signal(SIGTERM);
  EXPECT_THAT(process.Wait(), Optional(0));
}

}  // namespace
}  // namespace irsa::testing
