#include "irsa/base/program.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/descriptor.h"

#include "test/testing/await.h"
#include "test/testing/temporary_directory.h"

namespace irsa::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Far over what any of these programs needs, under sanitizers too.
constexpr std::chrono::seconds kPatience{60};

class ProcessRunnerTest : public ::testing::Test {
 protected:
  // A program that is this shell script.
  Program Script(const std::string& name, const std::string& text) {
    Program program;
    program.command = directory_.Write(name, "#!/bin/sh\n" + text);
    std::filesystem::permissions(program.command, std::filesystem::perms::owner_all);
    program.time_limit = kPatience;
    program.max_output_bytes = 1 << 20;
    return program;
  }

  std::string OutputOf(const Program& program) {
    const auto exit = runner_.Run(program);
    return exit.ok() ? exit->output : exit.error().message;
  }

  testing::TemporaryDirectory directory_;
  ProcessRunner runner_;
};

TEST_F(ProcessRunnerTest, ReturnsOutputAndStatus) {
  const auto exit = runner_.Run(Script("program", "echo out; exit 7"));
  ASSERT_TRUE(exit.ok()) << exit.error().message;
  EXPECT_EQ(exit->output, "out\n");
  EXPECT_EQ(exit->status, 7);
  EXPECT_EQ(runner_.Run(Script("killed", "kill -9 $$"))->status, 128 + SIGKILL);
}

TEST_F(ProcessRunnerTest, PassesArgumentsAsTheyAre) {
  Program program = Script("program", R"(for argument in "$@"; do echo "[$argument]"; done)");
  program.arguments = {"a b", "", "$HOME; rm -rf /", "'\"", "*"};
  EXPECT_EQ(OutputOf(program), "[a b]\n[]\n[$HOME; rm -rf /]\n['\"]\n[*]\n");
}

TEST_F(ProcessRunnerTest, AddsVariablesToItsOwn) {
  ASSERT_EQ(::setenv("IRSA_TEST_KEPT", "kept", 1), 0);
  ASSERT_EQ(::setenv("IRSA_TEST_REPLACED", "old", 1), 0);
  Program program = Script("program", "env | grep ^IRSA_TEST_ | sort");
  program.environment = {"IRSA_TEST_REPLACED=new", "IRSA_TEST_ADDED=1", "IRSA_TEST_ADDED=2=3"};
  EXPECT_EQ(OutputOf(program), "IRSA_TEST_ADDED=2=3\nIRSA_TEST_KEPT=kept\nIRSA_TEST_REPLACED=new\n");
}

TEST_F(ProcessRunnerTest, FindsCommandsInAbsoluteDirectoriesOfPath) {
  const std::string path = std::getenv("PATH");
  Program program = Script("irsa-test-program", "echo found");
  directory_.Write("irsa-test-text", "not executable");
  program.command = "irsa-test-program";
  const auto run_with = [&](const std::string& value) {
    ::setenv("PATH", value.c_str(), 1);
    const std::string output = OutputOf(program);
    ::setenv("PATH", path.c_str(), 1);
    return output;
  };
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_.Path(""));
  EXPECT_EQ(run_with("/nowhere::" + directory_.Path("")), "found\n");
  EXPECT_EQ(run_with(".:"), "program \"irsa-test-program\" not found in PATH");
  EXPECT_EQ(run_with(""), "program \"irsa-test-program\" not found in PATH");
  program.command = "irsa-test-text";
  EXPECT_EQ(run_with(directory_.Path("")), "program \"irsa-test-text\" not found in PATH");
  std::filesystem::current_path(before);
}

TEST_F(ProcessRunnerTest, SaysWhyAProgramCannotBeRun) {
  Program program = Script("program", "");
  program.command = directory_.Path("none");
  EXPECT_EQ(runner_.Run(program).error(),
            (Error{ErrorCode::kNotFound, "cannot run " + program.command + ": No such file or directory"}));
  program.command = directory_.Path("");
  EXPECT_EQ(runner_.Run(program).error().code, ErrorCode::kDenied);
  program = Script("binary", "");
  std::ofstream(program.command) << "neither a script nor a program";
  EXPECT_EQ(runner_.Run(program).error(),
            (Error{ErrorCode::kUnavailable, "cannot run " + program.command + ": Exec format error"}));
  program.command = "";
  EXPECT_EQ(runner_.Run(program).error().code, ErrorCode::kNotFound);
}

TEST_F(ProcessRunnerTest, LetsNoDescriptorBeInherited) {
  const Descriptor file(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  const Descriptor high(::fcntl(file.get(), F_DUPFD, 200));
  ASSERT_GE(high.get(), 200);
  // The directory that ls reads is open as 3.
  EXPECT_EQ(OutputOf(Script("program", "exec ls /proc/self/fd")), "0\n1\n2\n3\n");
}

TEST_F(ProcessRunnerTest, GivesAnEmptyInputOrItsOwn) {
  const std::string input = directory_.Write("input", "typed\n");
  const Descriptor saved(::dup(STDIN_FILENO));
  const Descriptor file(::open(input.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::dup2(file.get(), STDIN_FILENO), STDIN_FILENO);
  Program program = Script("program", "cat; echo end");
  EXPECT_EQ(OutputOf(program), "end\n");
  program.input = ProgramInput::kShared;
  EXPECT_EQ(OutputOf(program), "typed\nend\n");
  ::dup2(saved.get(), STDIN_FILENO);
}

TEST_F(ProcessRunnerTest, ResetsTheSignalThatTheClientIgnores) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(runner_.Run(Script("program", "kill -PIPE $$; echo survived"))->status, 128 + SIGPIPE);
  std::signal(SIGPIPE, before);
}

TEST_F(ProcessRunnerTest, StopsAProgramThatWritesTooMuch) {
  Program program = Script("program", "exec cat /dev/zero");
  program.max_output_bytes = 100'000;
  EXPECT_EQ(runner_.Run(program).error(),
            (Error{ErrorCode::kTooLarge, program.command + " wrote more than the limit of 100000 bytes"}));
  program = Script("exact", "printf 12345");
  program.max_output_bytes = 5;
  EXPECT_EQ(OutputOf(program), "12345");
}

bool IsAlive(pid_t pid) { return ::kill(pid, 0) == 0; }

// The process whose number a program has written to a file, once it has.
pid_t PidIn(const std::string& path) {
  pid_t pid = 0;
  return testing::Await([&] { return static_cast<bool>(std::ifstream(path) >> pid); }) ? pid : -1;
}

TEST_F(ProcessRunnerTest, StopsAProgramAndWhatItStartedWhenItsTimeIsOver) {
  Program program = Script("program", "sleep 1000 & echo $! > " + directory_.Path("child") + "; wait");
  program.time_limit = std::chrono::milliseconds(500);
  EXPECT_EQ(runner_.Run(program).error(),
            (Error{ErrorCode::kUnavailable, program.command + " did not exit within 1 seconds, so it was stopped"}));
  const pid_t child = PidIn(directory_.Path("child"));
  ASSERT_GT(child, 0);
  EXPECT_TRUE(testing::Await([&] { return !IsAlive(child); }));
}

TEST_F(ProcessRunnerTest, KillsAProgramThatDoesNotTakeTheHint) {
  Program program = Script("program", "trap '' TERM; while true; do :; done");
  program.time_limit = std::chrono::milliseconds(100);
  EXPECT_EQ(runner_.Run(program).error().code, ErrorCode::kUnavailable);
}

TEST_F(ProcessRunnerTest, DoesNotWaitForWhatAProgramLeavesBehind) {
  const auto exit = runner_.Run(Script("program", "sleep 1000 & echo $!"));
  ASSERT_TRUE(exit.ok()) << exit.error().message;
  const pid_t left = std::stoi(exit->output);
  EXPECT_TRUE(IsAlive(left));
  ::kill(left, SIGKILL);
}

TEST_F(ProcessRunnerTest, WaitsForAProgramThatHasClosedItsOutput) {
  const std::string file = directory_.Path("done");
  EXPECT_EQ(runner_.Run(Script("program", "exec >&-; : > " + file))->status, 0);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(ProcessRunnerTest, NamesTheCommandOnly) {
  Program program = Script("program", "sleep 1000");
  program.arguments = {"sesame"};
  program.environment = {"TOKEN=sesame"};
  program.time_limit = std::chrono::milliseconds(1);
  EXPECT_THAT(OutputOf(program), Not(HasSubstr("sesame")));
}

}  // namespace
}  // namespace irsa::base
