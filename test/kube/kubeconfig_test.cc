#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"
#include "irsa/kube/config/cluster_config.h"

#include "test/testing/fake_file_reader.h"

namespace irsa::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KubeconfigTest : public ::testing::Test {
 protected:
  Result<ClusterConfig> Read(const std::string& text, const std::string& context = "") {
    files_.files["/k/config"] = text;
    return ReadKubeconfig(files_, "/k/config", context, exec_plugins_);
  }

  // With one context, cluster and user of which these are the fields, in YAML's flow style.
  Result<ClusterConfig> ReadFields(const std::string& cluster, const std::string& user,
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
  ExecPlugins exec_plugins_ = ExecPlugins::kAllowed;
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
  expected.server = base::ParseUrl("https://127.0.0.1:6443").value();
  expected.ca.text = "CA";
  expected.client_certificate.text = "CERT";
  expected.client_key.text = "KEY";
  expected.namespace_name = "team-a";
  expected.origin = config->origin;
  EXPECT_THAT(config->origin, ::testing::StartsWith("kubeconfig "));
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
      "not supported: use a token, a tokenFile, a client certificate or an exec plug-in, or run kubectl proxy and pass "
      "its URL with --kube-api";
  EXPECT_EQ(RefusalOf(kServer, "auth-provider: {name: gcp}"), "user \"u\": auth-provider: " + logins);
  EXPECT_EQ(RefusalOf(kServer, "username: joe, password: sesame"), "user \"u\": username: " + logins);
  EXPECT_EQ(RefusalOf(kServer, "password: sesame"), "user \"u\": password: " + logins);
  for (const char* key : {"as: joe", "as-uid: '1'", "as-groups: [g]", "as-user-extra: {k: [v]}"}) {
    EXPECT_THAT(RefusalOf(kServer, key),
                HasSubstr("impersonation is not supported: use the account's own credentials"));
  }
  EXPECT_EQ(RefusalOf("server: https://a, insecure-skip-tls-verify: true", ""),
            "cluster \"c\": insecure-skip-tls-verify: the apiserver's certificate is always verified: set "
            "certificate-authority-data, and tls-server-name if only the name differs");
}

TEST_F(KubeconfigTest, ReadsTheProxyOfACluster) {
  const auto config = ReadFields("server: https://127.0.0.1, proxy-url: 'http://joe:sesame@proxy:3128'", "");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->proxies, http::ProxyChoice(http::ParseProxyUrl("http://joe:sesame@proxy:3128").value()));
  EXPECT_EQ(config->proxy_url, "http://joe:sesame@proxy:3128");
  EXPECT_EQ(RefusalOf("server: https://a, proxy-url: 'socks5://joe:sesame@proxy'", ""),
            "cluster \"c\": proxy-url: socks5 proxies are not supported: use an http or https proxy");
  EXPECT_EQ(RefusalOf("server: https://a, proxy-url: 'proxy:3128'", ""),
            "cluster \"c\": proxy-url: its URL does not begin with http:// or https://");
}

constexpr const char* kV1 = "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: aws";

std::string Exec(const std::string& fields) { return "exec: {" + fields + "}"; }

TEST_F(KubeconfigTest, ReadsAnExecPlugin) {
  const auto config = ReadFields(
      "server: https://a, extensions: [{name: other, extension: 1}, {name: client.authentication.k8s.io/exec, "
      "extension: {audience: x}}]",
      Exec("apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [eks, get-token], env: [{name: A, "
           "value: '1=2'}, {name: B}], installHint: Install it., provideClusterInfo: true, interactiveMode: Always"));
  ASSERT_TRUE(config.ok()) << config.error().message;
  ExecPlugin expected;
  expected.api_version = "client.authentication.k8s.io/v1beta1";
  expected.command = "aws";
  expected.arguments = {"eks", "get-token"};
  expected.environment = {"A=1=2", "B="};
  expected.install_hint = "Install it.";
  expected.interactive_mode = InteractiveMode::kAlways;
  expected.provide_cluster_info = true;
  expected.cluster_config = R"({"audience":"x"})";
  EXPECT_EQ(config->exec, expected);
}

TEST_F(KubeconfigTest, ReadsWhatAwsGcloudAndAzWrite) {
  for (const char* fields :
       {"apiVersion: client.authentication.k8s.io/v1beta1, args: [--region, eu-central-1, eks, get-token, "
        "--cluster-name, c, --output, json], command: aws, env: null, interactiveMode: IfAvailable, "
        "provideClusterInfo: false",
        "apiVersion: client.authentication.k8s.io/v1beta1, command: gke-gcloud-auth-plugin, installHint: Install "
        "gke-gcloud-auth-plugin, provideClusterInfo: true",
        "apiVersion: client.authentication.k8s.io/v1beta1, args: [get-token, --server-id, x], command: kubelogin, "
        "env: null, provideClusterInfo: false"}) {
    const auto config = ReadFields(kServer, Exec(fields));
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config->exec->interactive_mode, InteractiveMode::kIfAvailable);
  }
}

TEST_F(KubeconfigTest, ResolvesCommandsWithASlashAgainstItsFolder) {
  const auto command = [this](const std::string& text) {
    const auto config = ReadFields(
        kServer, Exec("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: " + text));
    return config.ok() ? config->exec->command : config.error().message;
  };
  EXPECT_EQ(command("aws"), "aws");
  EXPECT_EQ(command("./aws"), "/k/aws");
  EXPECT_EQ(command("../bin/aws"), "/bin/aws");
  EXPECT_EQ(command("/bin/aws"), "/bin/aws");
  files_.files["config"] =
      "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
      "clusters: [{name: c, cluster: {server: https://a}}]\n"
      "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, "
      "interactiveMode: Never, command: ./aws}}}]\n";
  EXPECT_EQ(ReadKubeconfig(files_, "config", "", ExecPlugins::kAllowed)->exec->command, "./aws");
}

TEST_F(KubeconfigTest, RefusesExecPluginsOfTheWrongShape) {
  const std::string user = "user \"u\": ";
  const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, ";
  EXPECT_EQ(RefusalOf(kServer, "exec: aws"), user + "exec is not a map");
  EXPECT_EQ(RefusalOf(kServer, Exec(v1 + "interactiveMode: Never")), user + "exec: command is missing");
  EXPECT_EQ(RefusalOf(kServer, Exec("command: aws")), user + "exec: apiVersion is missing");
  EXPECT_EQ(RefusalOf(kServer, Exec("command: aws, apiVersion: client.authentication.k8s.io/v1alpha1")),
            user +
                "exec: apiVersion \"client.authentication.k8s.io/v1alpha1\" is not supported: "
                "client.authentication.k8s.io/v1 and v1beta1 are; update the tool that wrote this kubeconfig");
  EXPECT_EQ(RefusalOf(kServer, Exec(v1 + "command: aws")),
            user + "exec: interactiveMode is missing: Never, IfAvailable or Always");
  EXPECT_EQ(RefusalOf(kServer, Exec(v1 + "command: aws, interactiveMode: never")),
            user + "exec: interactiveMode \"never\" is none of Never, IfAvailable and Always");
  for (const auto& [fields, message] : std::map<std::string, std::string>{
           {"args: sesame", "args is not a list"},
           {"args: [a, {b: sesame}]", "args has an item that is not a string but of type object"},
           {"args: [1]", "args has an item that is not a string but of type number"},
           {"env: {A: sesame}", "env is not a list"},
           {"env: [A=sesame]", "env has an item that is not a name and a value, both strings"},
           {"env: [{name: '', value: sesame}]", "env has an item that is not a name and a value, both strings"},
           {"env: [{name: A, value: 1}]", "env has an item that is not a name and a value, both strings"},
           {"env: [{name: A=B, value: sesame}]", "env has a name with a \"=\""},
           {"args: [\"a\\0b\"]", "command, args or env contain a NUL character"},
           {"provideClusterInfo: 'yes'", "provideClusterInfo is not true or false"},
           {"installHint: [a]", "installHint is not a string but of type array"}}) {
    EXPECT_EQ(RefusalOf(kServer, Exec(std::string(kV1) + ", " + fields)), user + "exec: " + message);
  }
}

TEST_F(KubeconfigTest, TakesATokenBeforeAnExecPlugin) {
  for (const char* token : {"token: abc, ", "tokenFile: token, "}) {
    const auto config = ReadFields(kServer, token + Exec(kV1));
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_FALSE(config->exec);
    EXPECT_FALSE(config->token.empty());
  }
  EXPECT_TRUE(ReadFields(kServer, "client-certificate: a, client-key: b, " + Exec(kV1))->exec);
  EXPECT_FALSE(ReadFields(kServer, "exec: null")->exec);
  EXPECT_FALSE(ReadFields(kServer, "exec: {}")->exec);
}

TEST_F(KubeconfigTest, RefusesExecPluginsForWhatRunsUnattended) {
  exec_plugins_ = ExecPlugins::kRefused;
  EXPECT_EQ(RefusalOf(kServer, Exec(kV1)),
            "user \"u\": exec: irsa serve does not run exec plug-ins: leave out --kubeconfig, so that it uses its "
            "pod's service account, or use a token, a tokenFile or a client certificate");
  EXPECT_EQ(RefusalOf(kServer, "token: abc, " + Exec(kV1)), "");
}

TEST_F(KubeconfigTest, TakesEmptyValuesOfThoseForAbsent) {
  EXPECT_EQ(RefusalOf("server: https://a, insecure-skip-tls-verify: false, proxy-url: ''",
                      "exec: null, auth-provider: {}, username: '', as-groups: []"),
            "");
}

TEST_F(KubeconfigTest, NamesEntriesThatDoNotExist) {
  EXPECT_EQ(RefusalOf(kServer, "", "cluster: d, user: u"), "there is no cluster \"d\"; available: \"c\"");
  EXPECT_EQ(RefusalOf(kServer, "", "cluster: c, user: v"), "there is no user \"v\"; available: \"u\"");
  EXPECT_EQ(Read("clusters: []", "x").error(),
            (Error{ErrorCode::kInvalid, "kubeconfig /k/config: there is no context \"x\"; available: none"}));
  EXPECT_EQ(Read("contexts: [{name: a}, {name: b}, {}]").error().message,
            "kubeconfig /k/config: it has no current-context; choose one of its contexts: \"a\", \"b\"");
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
  EXPECT_EQ(RefusalOf(kServer, "", "cluster: c, namespace: A b"),
            "context \"x\": \"A b\" is not a valid namespace name");
}

TEST_F(KubeconfigTest, RefusesListsOfTheWrongShape) {
  EXPECT_EQ(Read("current-context: [x]").error().message, "kubeconfig /k/config: current-context is not a string");
  EXPECT_EQ(Read("contexts: {}", "x").error().message, "kubeconfig /k/config: contexts is not a list");
  EXPECT_EQ(Read("contexts: [{name: x}]", "x").error().message,
            "kubeconfig /k/config: context \"x\": it has no map context");
  EXPECT_EQ(Read("contexts: [{name: x, context: {}}, {name: x, context: {}}]", "x").error().message,
            "kubeconfig /k/config: contexts has \"x\" twice");
  EXPECT_EQ(Read("[]").error().message, "kubeconfig /k/config: it is not a single document with a map");
  EXPECT_EQ(Read("a: 1\n---\nb: 2\n").error().message, "kubeconfig /k/config: it is not a single document with a map");
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

TEST_F(KubeconfigTest, TakesAnEmptyFileForOneWithoutEntries) {
  files_.files["/whole"] =
      "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "
      "https://whole}}]";
  for (const char* text : {"", "\n", "# nothing here\n", "---\n", "null\n", "{}"}) {
    files_.files["/empty"] = text;
    for (const char* paths : {"/empty:/whole", "/whole:/empty", ":/empty::/whole:"}) {
      const auto config = ReadKubeconfig(files_, paths);
      ASSERT_TRUE(config.ok()) << text << ": " << config.error().message;
      EXPECT_EQ(config->server.host, "whole");
    }
    EXPECT_EQ(ReadKubeconfig(files_, "/empty").error(),
              (Error{ErrorCode::kInvalid, "kubeconfig /empty: it has no current-context and no contexts"}));
  }
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
      ReadFields(kServer, "client-key-data: c2VzYW1l, exec: {env: [sesame], args: [sesame]}").error().message;
  EXPECT_THAT(message, Not(HasSubstr("sesame")));
  EXPECT_THAT(ReadFields(kServer, "token: [sesame]").error().message, Not(HasSubstr("sesame")));
}

}  // namespace
}  // namespace irsa::kube
