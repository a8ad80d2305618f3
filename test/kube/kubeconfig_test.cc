#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"
#include "irsa/kube/cluster_config.h"

#include "test/testing/fake_file_reader.h"

namespace irsa::kube {
namespace {

using base::Error;
using base::ErrorCode;
using ::testing::HasSubstr;
using ::testing::Not;

class KubeconfigTest : public ::testing::Test {
 protected:
  base::Result<ClusterConfig> Read(const std::string& text, const std::string& context = "") {
    files_.files["/k/config"] = text;
    return ReadKubeconfig(files_, "/k/config", context);
  }

  // With one context, cluster and user of which these are the fields, in YAML's flow style.
  base::Result<ClusterConfig> ReadFields(const std::string& cluster, const std::string& user,
                                         const std::string& context = "cluster: c, user: u") {
    return Read("current-context: x\ncontexts:\n- {name: x, context: {" + context +
                "}}\nclusters:\n- {name: c, cluster: {" + cluster + "}}\nusers:\n- {name: u, user: {" + user + "}}\n");
  }

  // What ReadFields finds wrong, without the beginning that all these messages have.
  std::string RefusalOf(const std::string& cluster, const std::string& user,
                        const std::string& context = "cluster: c, user: u") {
    const auto config = ReadFields(cluster, user, context);
    if (config.ok()) return "";
    EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
    const std::string prefix = "kubeconfig /k/config: ";
    EXPECT_TRUE(config.error().message.starts_with(prefix)) << config.error().message;
    return config.error().message.substr(prefix.size());
  }

  testing::FakeFileReader files_;
};

constexpr const char* kServer = "server: https://api.example";

TEST_F(KubeconfigTest, ReadsWhatKindAndKubeadmWrite) {
  const auto config = Read(R"(apiVersion: v1
kind: Config
preferences: {}
clusters:
- cluster:
    certificate-authority-data: )" +
                           base::EncodeBase64("CA") + R"(
    server: https://127.0.0.1:6443
  name: kind
contexts:
- context:
    cluster: kind
    namespace: team-a
    user: admin
  name: admin@kind
current-context: admin@kind
users:
- name: admin
  user:
    client-certificate-data: )" +
                           base::EncodeBase64("CERT") + R"(
    client-key-data: )" + base::EncodeBase64("KEY") +
                           "\n");
  ClusterConfig expected;
  expected.server = http::ParseUrl("https://127.0.0.1:6443").value();
  expected.ca.text = "CA";
  expected.client_certificate.text = "CERT";
  expected.client_key.text = "KEY";
  expected.namespace_name = "team-a";
  EXPECT_EQ(config.value(), expected);
}

TEST_F(KubeconfigTest, ReadsJson) {
  const auto config = Read(R"({"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://api.example/k8s/clusters/c-1"}}], "users": null})");
  EXPECT_EQ(config.value().server.target, "/k8s/clusters/c-1");
  EXPECT_TRUE(config->token.empty());
}

TEST_F(KubeconfigTest, ResolvesPathsAgainstItsOwnFolder) {
  const auto config = ReadFields("server: https://api.example, certificate-authority: pki/ca.crt",
                                 "client-certificate: ../client.crt, client-key: /abs/client.key, tokenFile: ./token");
  EXPECT_EQ(config->ca, (TextSource{"", "/k/pki/ca.crt"}));
  EXPECT_EQ(config->client_certificate, (TextSource{"", "/client.crt"}));
  EXPECT_EQ(config->client_key, (TextSource{"", "/abs/client.key"}));
  EXPECT_EQ(config->token, (TextSource{"", "/k/token"}));
}

TEST_F(KubeconfigTest, LeavesPathsAloneWhereItHasNoFolder) {
  files_.files["config"] =
      "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n"
      "clusters: [{name: c, cluster: {server: https://a, certificate-authority: ca.crt}}]\n";
  EXPECT_EQ(ReadKubeconfig(files_, "config")->ca.path, "ca.crt");
}

TEST_F(KubeconfigTest, PrefersDataToPathsAndTokenFilesToTokens) {
  const auto config =
      ReadFields("server: https://api.example, certificate-authority: ca.crt, certificate-authority-data: " +
                     base::EncodeBase64("CA"),
                 "token: abc, tokenFile: token");
  EXPECT_EQ(config->ca, (TextSource{"CA", ""}));
  EXPECT_EQ(config->token, (TextSource{"", "/k/token"}));
}

TEST_F(KubeconfigTest, TakesTokenServerNameAndFoldedData) {
  const auto config = ReadFields(
      "server: https://10.0.0.1, tls-server-name: api.example, certificate-authority-data: "
      "\"Q0\\nE=\\n\"",
      "token: abc");
  EXPECT_EQ(config->tls_server_name, "api.example");
  EXPECT_EQ(config->ca.text, "CA");
  EXPECT_EQ(config->token, (TextSource{"abc", ""}));
}

TEST_F(KubeconfigTest, ChoosesTheContextItIsTold) {
  const std::string text = R"(current-context: a
contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b, namespace: team-b}}]
clusters: [{name: a, cluster: {server: https://a}}, {name: b, cluster: {server: https://b}}])";
  EXPECT_EQ(Read(text)->server.host, "a");
  EXPECT_EQ(Read(text)->namespace_name, "default");
  EXPECT_EQ(Read(text, "b")->server.host, "b");
  EXPECT_EQ(Read(text, "b")->namespace_name, "team-b");
}

TEST_F(KubeconfigTest, RefusesWhatItDoesNotSupport) {
  const std::string logins =
      "not supported: give the user a token, a tokenFile or a client certificate, or let kubectl proxy log in and give "
      "its URL with --kube-api";
  EXPECT_EQ(RefusalOf(kServer, "exec: {command: aws}"), "user \"u\": exec: " + logins);
  EXPECT_EQ(RefusalOf(kServer, "auth-provider: {name: gcp}"), "user \"u\": auth-provider: " + logins);
  EXPECT_EQ(RefusalOf(kServer, "username: joe, password: sesame"), "user \"u\": username: " + logins);
  EXPECT_EQ(RefusalOf(kServer, "password: sesame"), "user \"u\": password: " + logins);
  for (const char* key : {"as: joe", "as-uid: '1'", "as-groups: [g]", "as-user-extra: {k: [v]}"}) {
    EXPECT_THAT(RefusalOf(kServer, key), HasSubstr("impersonation is not supported: give credentials of the account"));
  }
  EXPECT_EQ(RefusalOf("server: https://a, insecure-skip-tls-verify: true", ""),
            "cluster \"c\": insecure-skip-tls-verify: the apiserver's certificate is always checked: give "
            "certificate-authority-data, and tls-server-name where just the name differs");
  EXPECT_EQ(RefusalOf("server: https://a, proxy-url: http://proxy", ""),
            "cluster \"c\": proxy-url: proxies are not supported: give a server that can be reached without one");
}

TEST_F(KubeconfigTest, TakesEmptyValuesOfThoseForAbsent) {
  EXPECT_EQ(RefusalOf("server: https://a, insecure-skip-tls-verify: false, proxy-url: ''",
                      "exec: null, auth-provider: {}, username: '', as-groups: []"),
            "");
}

TEST_F(KubeconfigTest, NamesEntriesThatDoNotExist) {
  EXPECT_EQ(RefusalOf(kServer, "", "cluster: d, user: u"), "there is no cluster \"d\"; there are: \"c\"");
  EXPECT_EQ(RefusalOf(kServer, "", "cluster: c, user: v"), "there is no user \"v\"; there are: \"u\"");
  EXPECT_EQ(Read("clusters: []", "x").error(),
            (Error{ErrorCode::kInvalid, "kubeconfig /k/config: there is no context \"x\"; there are: none"}));
  EXPECT_EQ(Read("contexts: [{name: a}, {name: b}, {}]").error().message,
            "kubeconfig /k/config: it has no current-context, so name one of its contexts: \"a\", \"b\"");
}

TEST_F(KubeconfigTest, ListsOnlySoManyEntries) {
  std::string text = "contexts:\n";
  for (int i = 0; i < 25; ++i) text += "- {name: c" + std::to_string(i) + "}\n";
  EXPECT_THAT(Read(text, "x").error().message, HasSubstr("\"c19\", …"));
  EXPECT_THAT(Read(text, "x").error().message, Not(HasSubstr("\"c20\"")));
}

TEST_F(KubeconfigTest, RefusesEntriesOfTheWrongShape) {
  EXPECT_EQ(RefusalOf("certificate-authority: x", ""), "cluster \"c\": it has no server");
  EXPECT_THAT(RefusalOf("server: api.example", ""),
              HasSubstr("cluster \"c\": server: \"api.example\" is not a usable"));
  EXPECT_EQ(RefusalOf("server: https://a, certificate-authority-data: '*'", ""),
            "cluster \"c\": certificate-authority-data is not base64");
  EXPECT_EQ(RefusalOf("server: [a]", ""), "cluster \"c\": server is not a string but of type array");
  EXPECT_EQ(RefusalOf(kServer, "token: 12345"), "user \"u\": token is not a string but of type number");
  EXPECT_EQ(RefusalOf(kServer, "client-certificate: a"),
            "user \"u\": it has a client-certificate without its client-key");
  EXPECT_EQ(RefusalOf(kServer, "client-key-data: QQ=="),
            "user \"u\": it has a client-key without its client-certificate");
  EXPECT_EQ(RefusalOf(kServer, "", "user: u"), "context \"x\": it names no cluster");
  EXPECT_EQ(RefusalOf(kServer, "", "cluster: c, namespace: A b"), "context \"x\": \"A b\" is no namespace's name");
}

TEST_F(KubeconfigTest, RefusesListsOfTheWrongShape) {
  EXPECT_EQ(Read("current-context: [x]").error().message, "kubeconfig /k/config: current-context is not a string");
  EXPECT_EQ(Read("contexts: {}", "x").error().message, "kubeconfig /k/config: contexts is not a list");
  EXPECT_EQ(Read("contexts: [{name: x}]", "x").error().message,
            "kubeconfig /k/config: context \"x\": it has no map context");
  EXPECT_EQ(Read("contexts: [{name: x, context: {}}, {name: x, context: {}}]", "x").error().message,
            "kubeconfig /k/config: contexts has \"x\" twice");
  EXPECT_EQ(Read("[]").error().message, "kubeconfig /k/config: it is not one document that is a map");
  EXPECT_EQ(Read("a: 1\n---\nb: 2\n").error().message, "kubeconfig /k/config: it is not one document that is a map");
  EXPECT_EQ(Read("").error().message, "kubeconfig /k/config: it is not one document that is a map");
  EXPECT_EQ(Read("a: [").error().code, ErrorCode::kMalformed);
  EXPECT_THAT(Read("a: [").error().message, HasSubstr("kubeconfig /k/config: "));
}

TEST_F(KubeconfigTest, MergesSeveralFilesTheFirstOneDeciding) {
  files_.files["/one"] =
      "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
      "users: [{name: u, user: {token: one}}]";
  files_.files["/d/two"] =
      "current-context: x\nclusters: [{name: c, cluster: {server: https://two, "
      "certificate-authority: ca}}]\nusers: [{name: u, user: {token: two}}]";
  const auto config = ReadKubeconfig(files_, "/none:/one::/d/two");
  EXPECT_EQ(config->server.host, "two");
  EXPECT_EQ(config->ca.path, "/d/ca");
  EXPECT_EQ(config->token.text, "one");
}

TEST_F(KubeconfigTest, NamesFilesThatCannotBeRead) {
  EXPECT_EQ(ReadKubeconfig(files_, "/none").error(),
            (Error{ErrorCode::kNotFound, "kubeconfig: cannot read /none: no such file"}));
  EXPECT_EQ(ReadKubeconfig(files_, "/none:/nor").error().message, "kubeconfig: cannot read /nor: no such file");
  EXPECT_EQ(ReadKubeconfig(files_, ":").error(), (Error{ErrorCode::kInvalid, "\":\" names no kubeconfig"}));
  EXPECT_EQ(Read(std::string((4 << 20) + 1, '#')).error().code, ErrorCode::kTooLarge);
}

TEST_F(KubeconfigTest, QuotesNoSecret) {
  const std::string message =
      ReadFields(kServer, "token: sesame, client-key-data: c2VzYW1l, exec: {env: [sesame]}").error().message;
  EXPECT_THAT(message, Not(HasSubstr("sesame")));
  EXPECT_THAT(ReadFields(kServer, "token: [sesame]").error().message, Not(HasSubstr("sesame")));
}

}  // namespace
}  // namespace irsa::kube
