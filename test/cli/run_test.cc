// What all commands have in common, with the binary itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/process.h"

namespace irsa::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Run, NamesACommandThatThereIsNot) {
  const ProcessResult result = RunProcess({IRSA_BINARY, "mutat", "-f", "x"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.err, "irsa: there is no command \"mutat\"; irsa --help lists them\n");
}

TEST(Run, WantsACommand) {
  const ProcessResult result = RunProcess({IRSA_BINARY});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("--help"));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST(Run, FailsWhenTheResultCannotBeWritten) {
  for (const char* command : {"man", "completion bash"}) {
    const ProcessResult result = RunProcess({"sh", "-c", std::string(IRSA_BINARY) + " " + command + " >/dev/full"});
    EXPECT_EQ(result.exit_status, 1) << command;
    EXPECT_EQ(result.err, "irsa: cannot write to standard output\n") << command;
  }
}

TEST(Run, NamesTheShellsItCompletesFor) {
  const ProcessResult result = RunProcess({IRSA_BINARY, "completion", "tcsh"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("tcsh not in {bash,fish,zsh}"));
}

}  // namespace
}  // namespace irsa::testing
