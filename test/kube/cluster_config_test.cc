#include "irsa/kube/config/cluster_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/fake_environment.h"
#include "test/testing/fake_file_reader.h"

namespace irsa::kube {
namespace {

using ::testing::HasSubstr;

constexpr const char* kKubeconfig = R"(
current-context: a
contexts:
- {name: a, context: {cluster: a}}
- {name: b, context: {cluster: b}}
clusters:
- {name: a, cluster: {server: "https://a.example"}}
- {name: b, cluster: {server: "https://b.example"}}
)";

class FindClusterTest : public ::testing::Test {
 protected:
  FindClusterTest() {
    files_.files = {{"/kubeconfig", kKubeconfig},
                    {std::string(kServiceAccountFolder) + "/token", "secret"},
                    {std::string(kServiceAccountFolder) + "/namespace", "irsa"}};
  }

  // The server's origin, or the error's message.
  std::string Find(const ClusterOptions& options, const base::Environment& environment = PodEnvironment()) {
    const auto config = FindCluster(options, environment, files_);
    return config.ok() ? Origin(config->server) : config.error().message;
  }

  testing::FakeFileReader files_;
};

TEST_F(FindClusterTest, TakesTheKubeconfigBeforeThePodsCluster) {
  EXPECT_EQ(Find({"/kubeconfig", "", ""}), "https://a.example");
  EXPECT_EQ(Find({"/kubeconfig", "b", ""}), "https://b.example");
  EXPECT_EQ(Find({"", "", ""}), "https://10.0.0.1");
}

TEST_F(FindClusterTest, PutsTheGivenServerInPlaceOfTheOneFound) {
  EXPECT_EQ(Find({"/kubeconfig", "", "https://c.example:6443"}), "https://c.example:6443");
  const auto config = FindCluster({"", "", "http://127.0.0.1:8001/api-path"}, PodEnvironment(), files_);
  EXPECT_EQ(config->server, base::ParseUrl("http://127.0.0.1:8001/api-path").value());
  EXPECT_EQ(config->token.path, std::string(kServiceAccountFolder) + "/token");
}

TEST_F(FindClusterTest, NeedsNothingButAServer) {
  ClusterConfig expected;
  expected.server = base::ParseUrl("http://127.0.0.1:8001").value();
  EXPECT_EQ(FindCluster({"", "", "http://127.0.0.1:8001"}, FakeEnvironment({}), files_).value(), expected);
}

TEST_F(FindClusterTest, SaysWhatIsMissingOutsideOfAnyCluster) {
  EXPECT_EQ(FindCluster({}, FakeEnvironment({}), files_).error(),
            (Error{ErrorCode::kNotFound,
                   "no cluster: irsa does not run in one (KUBERNETES_SERVICE_HOST is not set), and neither a "
                   "kubeconfig nor an apiserver URL was given"}));
}

TEST_F(FindClusterTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(Find({"", "a", ""}), "context \"a\" is given without its kubeconfig");
  EXPECT_THAT(Find({"", "", "10.0.0.1"}), HasSubstr("the apiserver's URL: \"10.0.0.1\" is not a usable URL"));
  EXPECT_THAT(Find({"/none", "", "https://c.example"}), HasSubstr("/none: no such file"));
}

}  // namespace
}  // namespace irsa::kube
