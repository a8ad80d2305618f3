#include "irsa/cli/serve_options.h"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace irsa::cli {
namespace {

ServeOptions Parse(const std::vector<std::string>& flags) {
  CLI::App command;
  ServeOptions options;
  AddServeOptions(command, options);
  command.parse(std::vector<std::string>(flags.rbegin(), flags.rend()));  // CLI11 takes them from the back
  return options;
}

TEST(ValidatingConfiguration, HasTheOthersNameWhereTheRecordIsKept) {
  EXPECT_EQ(ValidatingConfiguration(Parse({"--webhook-configuration=hook", "--identity-record"})), "hook");
}

TEST(ValidatingConfiguration, IsNoneWithoutTheRecord) {
  EXPECT_EQ(ValidatingConfiguration(Parse({"--webhook-configuration=hook"})), "");
  EXPECT_EQ(ValidatingConfiguration(Parse({})), "");
}

TEST(ValidatingConfiguration, IsTheOneThatIsGiven) {
  const std::string given = "--validating-webhook-configuration=checks";
  EXPECT_EQ(ValidatingConfiguration(Parse({"--webhook-configuration=hook", given, "--identity-record"})), "checks");
  EXPECT_EQ(ValidatingConfiguration(Parse({"--webhook-configuration=hook", given})), "checks");
}

}  // namespace
}  // namespace irsa::cli
