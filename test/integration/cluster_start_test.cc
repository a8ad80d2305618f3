// How `irsa serve` finds its cluster, and how it says that it cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/integration/apiserver_stand_in.h"
#include "test/integration/serve_process.h"

namespace irsa::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class ClusterStart : public ::testing::Test {
 protected:
  ClusterStart() { MakeCertificates(directory_.Path("certs")); }

  ProcessResult Run(const std::vector<std::string>& flags) {
    std::vector<std::string> command = {"env",
                                        "-u",
                                        "KUBERNETES_SERVICE_HOST",
                                        IRSA_BINARY,
                                        "serve",
                                        "--port=0",
                                        "--metrics-port=0",
                                        "--tls-cert=" + directory_.Path("certs/tls.crt"),
                                        "--tls-key=" + directory_.Path("certs/tls.key")};
    command.insert(command.end(), flags.begin(), flags.end());
    return RunProcess(command);
  }
  // A kubeconfig for that apiserver, whose context is in namespace team-a.
  std::string Kubeconfig(const std::string& url, std::string_view user = "{}") {
    return directory_.Write("kubeconfig",
                            "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                            "clusters: [{name: k, cluster: {server: \"" +
                                url + "\"}}]\nusers: [{name: u, user: " + std::string(user) +
                                "}]\n"
                                "contexts: [{name: c, context: {cluster: k, user: u, namespace: team-a}}]\n");
  }

  const TemporaryDirectory directory_;
  ApiserverStandIn apiserver_;
};

TEST_F(ClusterStart, NamesBothSourcesWhenThereIsNone) {
  const ProcessResult result = Run({});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--service-accounts"), HasSubstr("--kubeconfig")));
}

TEST_F(ClusterStart, RefusesAConfigMapWithoutACluster) {
  const ProcessResult result = Run({"--service-accounts=" + directory_.Write("a.yaml", ""), "--watch-config-map"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("--watch-config-map"));
}

TEST_F(ClusterStart, RefusesToReportPodsWithoutACluster) {
  const ProcessResult result = Run({"--service-accounts=" + directory_.Write("a.yaml", ""), "--report-pods"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("--report-pods needs a cluster"));
}

TEST_F(ClusterStart, RefusesValuesThatCannotBe) {
  const std::pair<const char*, const char*> cases[] = {{"--kube-api=10.0.0.1:443", "10.0.0.1:443"},
                                                       {"--namespace=Team", "Team"},
                                                       {"--service-name=a.b", "a.b"},
                                                       {"--service-account-lookup-grace-period=5", "5"}};
  for (const auto& [flag, named] : cases) {
    const ProcessResult result = Run({"--kube-api=http://127.0.0.1:1", flag});
    EXPECT_EQ(result.exit_status, 2) << flag;
    EXPECT_THAT(result.err, HasSubstr(named)) << flag;
  }
}

TEST_F(ClusterStart, SaysWhatIsWrongWithTheKubeconfig) {
  const ProcessResult missing = Run({"--kubeconfig=/none/kubeconfig"});
  EXPECT_EQ(missing.exit_status, 1);
  EXPECT_THAT(missing.err, HasSubstr("/none/kubeconfig"));
  const ProcessResult exec = Run({"--kubeconfig=" + Kubeconfig(apiserver_.Url(), "{exec: {command: aws}}")});
  EXPECT_EQ(exec.exit_status, 1);
  EXPECT_THAT(exec.err, HasSubstr("exec"));
  const ProcessResult token = Run({"--kubeconfig=" + Kubeconfig(apiserver_.Url(), "{tokenFile: /none/token}")});
  EXPECT_EQ(token.exit_status, 1);
  EXPECT_THAT(token.err, HasSubstr("/none/token"));
}

TEST_F(ClusterStart, TakesTheKubeconfigsClusterAndNamespace) {
  const ServeProcess serve({"--kubeconfig=" + Kubeconfig(apiserver_.Url()), "--watch-config-map"});
  EXPECT_THAT(apiserver_.requests(), Contains(HasSubstr("GET /api/v1/namespaces/team-a/configmaps?limit=500")));
}

TEST_F(ClusterStart, TakesTheFlagsOfExistingManifests) {
  ServeProcess serve({"--kube-api=" + apiserver_.Url(), "--in-cluster=false", "--namespace=team-a",
                      "--service-name=pod-identity-webhook", "--watch-config-map=true",
                      "--service-account-lookup-grace-period=100ms"});
  EXPECT_THAT(apiserver_.requests(), Contains(HasSubstr("GET /api/v1/namespaces/team-a/configmaps?limit=500")));
}

}  // namespace
}  // namespace irsa::testing
