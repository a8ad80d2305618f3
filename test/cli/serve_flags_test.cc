#include "src/cli/options/serve_flags.h"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::cli {
namespace {

using ::testing::HasSubstr;

// What is wrong with the flags, for `irsa serve` or `irsa controller`.
std::string WrongWith(const std::vector<std::string>& flags, bool mutates_pods = true) {
  CLI::App command;
  serve::ServeOptions options;
  options.mutates_pods = mutates_pods;
  AddServeOptions(command, options);
  command.parse(std::vector<std::string>(flags.rbegin(), flags.rend()));  // CLI11 takes them from the back
  return WrongUsage(options, [](const char*) -> const char* { return nullptr; });
}

const std::string kCluster = "--kubeconfig=k";
const std::string kFile = "--service-accounts=a.yaml";

TEST(WrongUsage, NeedsASourceOfIdentities) {
  EXPECT_EQ(WrongWith({kCluster}), "");
  EXPECT_EQ(WrongWith({kFile}), "");
  EXPECT_THAT(WrongWith({}), HasSubstr("--kubeconfig FILE"));
}

TEST(WrongUsage, ReportsPodsOfAClusterOnly) {
  EXPECT_EQ(WrongWith({kCluster, "--report-pods"}), "");
  EXPECT_EQ(WrongWith({kFile, "--report-pods"}),
            "--report-pods needs a cluster and cannot be combined with --service-accounts");
}

TEST(WrongUsage, AControllerWorksInACluster) {
  EXPECT_EQ(WrongWith({kCluster}, false), "");
  EXPECT_THAT(WrongWith({kFile}, false), HasSubstr("leave out --service-accounts"));
  EXPECT_THAT(WrongWith({}, false), HasSubstr("pass --kubeconfig FILE"));
}

TEST(WrongUsage, ASelfManagedCertificateNeedsTheConfigurationThatIsToTrustIt) {
  const std::string self_managed = "--tls-self-managed";
  const std::string mutating = "--webhook-configuration=irsa";
  const std::string validating = "--validating-webhook-configuration=irsa";
  EXPECT_EQ(WrongWith({kCluster, self_managed, mutating}), "");
  EXPECT_EQ(WrongWith({kCluster, self_managed, mutating, validating}), "");
  EXPECT_THAT(WrongWith({kCluster, self_managed, validating}), HasSubstr("needs --webhook-configuration NAME"));
  EXPECT_EQ(WrongWith({kCluster, self_managed, validating}, false), "");
  EXPECT_THAT(WrongWith({kCluster, self_managed, mutating}, false),
              HasSubstr("needs --validating-webhook-configuration NAME"));
  EXPECT_THAT(WrongWith({kFile, self_managed, mutating}), HasSubstr("irsa does not run in one"));
}

}  // namespace
}  // namespace irsa::cli
