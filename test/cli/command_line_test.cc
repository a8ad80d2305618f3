#include "src/cli/options/command_line.h"

#include <stdexcept>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::cli {
namespace {

using ::testing::ElementsAre;

TEST(WithEmptyValuesApart, MakesTwoWordsOfAnEmptyValue) {
  const std::vector<std::string_view> words = {"irsa", "serve", "--tls-secret=", "--port=1", "-v=", "--namespace",
                                               "",     "a=",    "--x=y="};
  EXPECT_THAT(WithEmptyValuesApart(words), ElementsAre("irsa", "serve", "--tls-secret", "", "--port=1", "-v", "",
                                                       "--namespace", "", "a=", "--x=y="));
}

TEST(WithHelpBehind, TurnsHelpIntoTheCommandsOption) {
  EXPECT_THAT(WithHelpBehind({"irsa", "help", "issuer", "jwks"}), ElementsAre("irsa", "issuer", "jwks", "--help"));
  EXPECT_THAT(WithHelpBehind({"irsa", "help"}), ElementsAre("irsa", "--help"));
  EXPECT_THAT(WithHelpBehind({"irsa", "serve", "help"}), ElementsAre("irsa", "serve", "help"));
  EXPECT_THAT(WithHelpBehind({"irsa"}), ElementsAre("irsa"));
}

int FailOutOfRange() { throw std::out_of_range("no such place"); }

// Without this, the process would be aborted.
TEST(ParseAndRun, ReportsWhatACommandThrowsAsAnInternalError) {
  for (const bool while_parsing : {true, false}) {
    CLI::App app("", "irsa");
    std::function<int()> run = FailOutOfRange;
    app.add_subcommand("mutate")->callback([while_parsing] {
      if (while_parsing) FailOutOfRange();
    });
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(ParseAndRun(app, run, {"irsa", "mutate"}), 1);
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "irsa: internal error: no such place\n");
  }
}

}  // namespace
}  // namespace irsa::cli
