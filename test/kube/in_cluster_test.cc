#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/kube/config/cluster_config.h"

#include "test/kube/fake_environment.h"
#include "test/testing/fake_file_reader.h"

namespace irsa::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class InClusterConfigTest : public ::testing::Test {
 protected:
  InClusterConfigTest() {
    files_.files = {{"/sa/token", "secret"}, {"/sa/ca.crt", "PEM"}, {"/sa/namespace", "irsa\n"}};
  }

  Result<ClusterConfig> Read(const base::Environment& environment = PodEnvironment()) {
    return InClusterConfig(environment, files_, "/sa");
  }

  testing::FakeFileReader files_;
};

TEST_F(InClusterConfigTest, NamesTheServerAndTheMountedFiles) {
  ClusterConfig expected;
  expected.server = base::ParseUrl("https://10.0.0.1:443").value();
  expected.token.path = "/sa/token";
  expected.ca.path = "/sa/ca.crt";
  expected.namespace_name = "irsa";
  expected.origin = "the pod's environment";
  EXPECT_EQ(Read().value(), expected);
}

TEST_F(InClusterConfigTest, TakesNamesAndIpv6Addresses) {
  EXPECT_EQ(Origin(Read(PodEnvironment("fd00::1", "6443")).value().server), "https://[fd00::1]:6443");
  EXPECT_EQ(Origin(Read(PodEnvironment("[fd00::1]", "443")).value().server), "https://[fd00::1]");
  EXPECT_EQ(Origin(Read(PodEnvironment("kubernetes.default", "443")).value().server), "https://kubernetes.default");
}

TEST_F(InClusterConfigTest, NamesTheVariablesThatMakeNoUrl) {
  EXPECT_EQ(Read(PodEnvironment("", "443")).error(),
            (Error{ErrorCode::kInvalid, "KUBERNETES_SERVICE_HOST is not set"}));
  EXPECT_EQ(Read(FakeEnvironment({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}})).error(),
            (Error{ErrorCode::kInvalid, "KUBERNETES_SERVICE_PORT is not set"}));
  EXPECT_THAT(Read(PodEnvironment("10.0.0.1", "70000")).error().message,
              StartsWith("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: \"https://10.0.0.1:70000\" is not"));
  EXPECT_THAT(Read(PodEnvironment("10.0.0.1", "443/x")).error().message,
              StartsWith("KUBERNETES_SERVICE_PORT \"443/x\" is not a port"));
}

TEST_F(InClusterConfigTest, ExplainsAMissingToken) {
  files_.files.erase("/sa/token");
  EXPECT_EQ(Read().error().code, ErrorCode::kNotFound);
  EXPECT_THAT(Read().error().message, HasSubstr("/sa/token: no such file (is automountServiceAccountToken false"));
}

TEST_F(InClusterConfigTest, IsInDefaultWithoutANamespaceFile) {
  files_.files.erase("/sa/namespace");
  EXPECT_EQ(Read().value().namespace_name, "default");
}

TEST_F(InClusterConfigTest, RefusesANamespaceThatIsNone) {
  for (const char* text : {"", " \n", "two words", "Upper"}) {
    files_.files["/sa/namespace"] = text;
    EXPECT_EQ(Read().error(), (Error{ErrorCode::kInvalid, "/sa/namespace does not hold a namespace's name"}));
  }
  files_.files["/sa/namespace"] = std::string((1 << 20) + 1, 'x');
  EXPECT_EQ(Read().error().code, ErrorCode::kTooLarge);
}

TEST(IsInCluster, DependsOnTheHost) {
  EXPECT_TRUE(IsInCluster(PodEnvironment()));
  EXPECT_FALSE(IsInCluster(PodEnvironment("")));
  EXPECT_FALSE(IsInCluster(FakeEnvironment({})));
}

}  // namespace
}  // namespace irsa::kube
