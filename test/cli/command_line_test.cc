#include "src/cli/options/command_line.h"

#include <string_view>
#include <vector>

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

}  // namespace
}  // namespace irsa::cli
