// irsa explain on a service account of a cluster: the real client, a scripted apiserver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/oidc/discovery.h"

#include "test/cli/explain_fixture.h"
#include "test/testing/scripted_server.h"
#include "test/testing/test_ca.h"

namespace irsa::cli {
namespace {

using sts::kIssuer;
using sts::kRole;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::HttpAnswer;
using ::testing::Not;
using testing::Peer;
using testing::ProcessResult;
using testing::ReceivedRequest;

constexpr const char* kAccountPath = "/api/v1/namespaces/shop/serviceaccounts/cart";

class ExplainLive : public ExplainCommand {
 protected:
  ExplainLive() {
    directory.Write("ca.crt", ca.pem());
    kubeconfig = directory.Write("kubeconfig", "clusters:\n- name: c\n  cluster: {server: \"" + server.Url("") +
                                                   "\", certificate-authority: ca.crt}\ncontexts:\n- name: x\n  "
                                                   "context: {cluster: c, user: u}\nusers:\n- name: u\n  user: "
                                                   "{token: hush}\ncurrent-context: x\n");
    policy = directory.Write("policy", sts::TrustPolicyText());
  }

  // What the apiserver answers; 401 to whoever does not show the kubeconfig's token.
  std::pair<int, std::string> AnswerTo(const ReceivedRequest& request) const {
    const auto login = request.headers.find("authorization");
    if (login == request.headers.end() || login->second != "Bearer hush") return {401, "{}"};
    const std::string path = request.path();
    if (path == kAccountPath) return {200, json{{"metadata", {{"annotations", annotations}}}}.dump()};
    if (path == std::string(kAccountPath) + "/token") {
      const std::string audience = json::parse(request.body)["spec"]["audiences"].dump();
      return {201, json{{"status", {{"token", issuer.Token({.aud = audience})}}}}.dump()};
    }
    if (path == oidc::kDiscoveryPath) return {200, oidc::WriteDiscovery({cluster_issuer, "https://x.test/", {}})};
    if (path == oidc::kJwksPath) {
      const bool is_wanted = request.headers.at("accept").find("application/jwk-set+json") != std::string::npos;
      return {is_wanted ? 200 : 406, issuer.jwks()};  // as kube-apiserver has it
    }
    return {404, R"({"kind": "Status", "message": "not found"})"};
  }

  ProcessResult ExplainAccount(const std::string& name, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> options = {"--namespace",
                                        "shop",
                                        "--service-account",
                                        name,
                                        "--kubeconfig",
                                        kubeconfig,
                                        "--trust-policy",
                                        policy,
                                        "--at",
                                        kNowText,
                                        "-o",
                                        "json"};
    options.insert(options.end(), more.begin(), more.end());
    return Run(options);
  }

  const testing::TestCa ca;
  json annotations = {{"eks.amazonaws.com/role-arn", kRole}};
  std::string cluster_issuer = kIssuer;
  const testing::ScriptedServer server{[this](const ReceivedRequest& request, Peer& peer) {
                                         const auto [status, body] = AnswerTo(request);
                                         return peer.Write(HttpAnswer(status, body));
                                       },
                                       testing::ScriptedTls{ca.Issue("kube-apiserver", "IP:127.0.0.1"), ""}};
  std::string kubeconfig;
  std::string policy;
};

TEST_F(ExplainLive, ChecksAnAccountWithTheClustersOwnKeys) {
  const ProcessResult result = ExplainAccount("cart");
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(json::parse(result.out)["verdict"], "allowed");
  EXPECT_EQ(result.err,
            "irsa explain: assuming that the cluster's own issuer, https://oidc.example.test/id/ABC, is registered in "
            "IAM; otherwise pass --issuer URL\nirsa explain: using the keys that the apiserver publishes; pass "
            "--issuer URL to fetch the ones that STS uses\n");
  EXPECT_THAT(ExplainAccount("cart", {"-o", "text"}).out + result.out, Not(HasSubstr("hush")));
}

TEST_F(ExplainLive, NamesTheLinkThatIsBroken) {
  const auto failure = [&](const std::vector<std::string>& more = {}) {
    const ProcessResult result = ExplainAccount("cart", more);
    EXPECT_EQ(result.exit_status, 1) << result.err;
    return Failure(json::parse(result.out));
  };
  annotations["eks.amazonaws.com/audience"] = "mine";
  EXPECT_EQ(failure()["name"], "audience");
  annotations.erase("eks.amazonaws.com/audience");
  cluster_issuer = "https://other.test";
  EXPECT_EQ(failure()["name"], "issuer");
  cluster_issuer = kIssuer;
  annotations["eks.amazonaws.com/role-arn"] = "arn:aws:iam::444455556666:role/s3-reader";
  EXPECT_EQ(failure()["name"], "trust-policy");
}

TEST_F(ExplainLive, TakesRoleAndKeysItIsGiven) {
  annotations = json::object();
  cluster_issuer = "not asked";
  const sts::TestIssuer other;
  const std::string jwks = directory.Write("jwks", issuer.jwks());
  const std::string others = directory.Write("others", other.jwks());
  EXPECT_EQ(ExplainAccount("cart", {"--role-arn", kRole, "--jwks", jwks}).exit_status, 0);
  EXPECT_EQ(ExplainAccount("cart", {"--role-arn", kRole, "--jwks", jwks, "--issuer", kIssuer}).exit_status, 0);
  const ProcessResult forged = ExplainAccount("cart", {"--role-arn", kRole, "--jwks", others});
  EXPECT_EQ(Failure(json::parse(forged.out))["name"], "signature");
}

TEST_F(ExplainLive, TakesAConfigurationOfSts) {
  directory.Write("keys.json", issuer.jwks());
  const std::string config =
      directory.Write("sts.yaml", "providers:\n- issuer: " + std::string(kIssuer) +
                                      "\n  account: \"111122223333\"\n  jwks: keys.json\n  clientIds: "
                                      "[sts.amazonaws.com]\nroles:\n- arn: " +
                                      kRole + "\n  trustPolicy: policy\n");
  const ProcessResult result = Run({"--namespace", "shop", "--service-account", "cart", "--kubeconfig", kubeconfig,
                                    "--provider", config, "--at", kNowText});
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(result.err, "");
}

TEST_F(ExplainLive, SaysWhatItCannotGetFromTheCluster) {
  EXPECT_THAT(ExplainAccount("other").err,
              AllOf(HasSubstr("irsa explain: get service account shop/other: "), HasSubstr("404: not found")));
  annotations = {{"eks.amazonaws.com/role-arm", kRole}};
  const ProcessResult misspelt = ExplainAccount("cart");
  EXPECT_EQ(misspelt.exit_status, 1);
  EXPECT_EQ(misspelt.out, "");
  EXPECT_THAT(misspelt.err, HasSubstr("shop/cart has no annotation eks.amazonaws.com/role-arn"));

  const ProcessResult stranger = ExplainAccount("cart", {"--context", "z"});
  EXPECT_EQ(stranger.exit_status, 1);
  EXPECT_THAT(stranger.err, HasSubstr(kubeconfig));
  kubeconfig = directory.Path("none");
  EXPECT_THAT(ExplainAccount("cart").err, HasSubstr(kubeconfig));
}

TEST_F(ExplainLive, LogsNobodyInWithoutAKubeconfig) {
  const testing::ScriptedServer plain([this](const ReceivedRequest& request, Peer& peer) {
    ReceivedRequest proxied = request;
    EXPECT_EQ(request.headers.count("authorization"), 0U);
    proxied.headers["authorization"] = "Bearer hush";  // as kubectl proxy does
    const auto [status, body] = AnswerTo(proxied);
    return peer.Write(HttpAnswer(status, body));
  });
  const ProcessResult result = Run({"--namespace", "shop", "--service-account", "cart", "--kube-api", plain.Url(""),
                                    "--trust-policy", policy, "--at", kNowText});
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
}

}  // namespace
}  // namespace irsa::cli
