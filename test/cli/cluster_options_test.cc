#include "src/cli/options/cluster_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/fake_environment.h"
#include "test/testing/fake_file_reader.h"

namespace irsa::cli {
namespace {

// A kubeconfig of one cluster, by its host.
std::string Kubeconfig(const std::string& host) {
  return "clusters:\n- name: c\n  cluster: {server: \"https://" + host +
         "\"}\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\n- name: z\n  context: {cluster: c, user: u, "
         "namespace: other}\nusers:\n- name: u\n  user: {token: t}\ncurrent-context: x\n";
}

class FindCommandsClusterTest : public ::testing::Test {
 protected:
  FindCommandsClusterTest() {
    for (const char* name : {"given", "env", "/home/me/.kube/config"}) {
      const std::string path = name;
      files.files[path] = Kubeconfig(path.substr(path.rfind('/') + 1) + ".test");
    }
  }
  // The host, or the error's message.
  std::string Find(const kube::ClusterOptions& options, const base::Environment& environment) {
    const auto found = FindCommandsCluster(options, environment, files);
    return found.ok() ? found->server.host : found.error().message;
  }

  testing::FakeFileReader files;
};

TEST_F(FindCommandsClusterTest, LooksWhereKubectlLooks) {
  const auto environment = kube::FakeEnvironment({{"KUBECONFIG", "env"}, {"HOME", "/home/me"}});
  EXPECT_EQ(Find({.kubeconfig = "given", .context = {}, .server = {}}, environment), "given.test");
  EXPECT_EQ(Find({}, environment), "env.test");
  EXPECT_EQ(Find({}, kube::FakeEnvironment({{"KUBECONFIG", ""}, {"HOME", "/home/me"}})), "config.test");
}

TEST_F(FindCommandsClusterTest, FindsAContextInTheKubeconfigThatIsThere) {
  const auto found = FindCommandsCluster({.kubeconfig = {}, .context = "z", .server = {}},
                                         kube::FakeEnvironment({{"HOME", "/home/me"}}), files);
  EXPECT_EQ(found->namespace_name, "other");
}

TEST_F(FindCommandsClusterTest, LogsNobodyInAtAServerAlone) {
  const auto environment = kube::FakeEnvironment({{"KUBECONFIG", "env"}, {"HOME", "/home/me"}});
  const auto found =
      FindCommandsCluster({.kubeconfig = {}, .context = {}, .server = "http://127.0.0.1:8001"}, environment, files);
  EXPECT_EQ(found->server.host, "127.0.0.1");
  EXPECT_TRUE(found->token.empty());
  const auto with_context =
      FindCommandsCluster({.kubeconfig = {}, .context = "x", .server = "https://127.0.0.1:8001"}, environment, files);
  EXPECT_EQ(with_context->server.host, "127.0.0.1");
  EXPECT_EQ(with_context->token.text, "t");
}

TEST_F(FindCommandsClusterTest, TakesTheEnvironmentsProxiesWithoutAProxyUrl) {
  const kube::ClusterOptions given{.kubeconfig = "given", .context = {}, .server = {}};
  const auto environment = kube::FakeEnvironment({{"https_proxy", "http://env:3128"}, {"NO_PROXY", "env.test"}});
  const auto proxy = [&](const kube::ClusterOptions& options) {
    const auto config = FindCommandsCluster(options, environment, files);
    const auto found = config->proxies.For(config->server);
    return *found ? base::Origin((*found)->url) : "";
  };
  EXPECT_EQ(proxy(given), "http://env:3128");
  EXPECT_EQ(proxy({.kubeconfig = "env", .context = {}, .server = {}}), "");
  std::string& text = files.files["given"];
  text.insert(text.find("}\ncontexts"), ", proxy-url: 'http://own:3128'");
  EXPECT_EQ(proxy(given), "http://own:3128");
}

TEST_F(FindCommandsClusterTest, AllowsExecPlugins) {
  std::string& text = files.files["given"];
  const std::string token = "token: t";
  text.replace(text.find(token), token.size(),
               "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: aws}");
  const auto config =
      FindCommandsCluster({.kubeconfig = "given", .context = {}, .server = {}}, kube::FakeEnvironment({}), files);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->exec->command, "aws");
}

TEST_F(FindCommandsClusterTest, SaysWhenThereIsNoCluster) {
  EXPECT_THAT(Find({}, kube::FakeEnvironment({{"HOME", "/home/other"}})), ::testing::StartsWith("no cluster: "));
  EXPECT_THAT(Find({}, kube::FakeEnvironment({})), ::testing::StartsWith("no cluster: "));
  files.files["/home/me/.kube/config"] = "[";
  EXPECT_THAT(Find({}, kube::FakeEnvironment({{"HOME", "/home/me"}})), ::testing::HasSubstr("/home/me/.kube/config"));
}

TEST_F(FindCommandsClusterTest, NamesTheClusterThatDoesNotAnswerAndWhatToTry) {
  const auto found =
      FindCommandsCluster({.kubeconfig = "given", .context = "x", .server = {}}, kube::FakeEnvironment({}), files);
  const auto text = [&](ErrorCode code) { return WithCluster({code, "get /x"}, *found).message; };
  const std::string cluster = "get /x; the cluster is https://given.test, from kubeconfig given, context x; ";
  EXPECT_EQ(text(ErrorCode::kUnavailable),
            cluster + "check that kubectl can reach it, or choose another with --context or --kubeconfig");
  EXPECT_EQ(text(ErrorCode::kDenied), cluster + "check your identity with kubectl auth whoami");
  EXPECT_EQ(text(ErrorCode::kNotFound), "get /x");
}

}  // namespace
}  // namespace irsa::cli
