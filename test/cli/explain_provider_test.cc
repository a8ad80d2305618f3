// irsa explain with what it fetches (key sets by URL and discovery) and with a configuration of irsa sts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/oidc/discovery.h"
#include "irsa/sts/iam_api/entities.h"

#include "test/cli/explain_fixture.h"
#include "test/testing/refusing_port.h"
#include "test/testing/scripted_server.h"
#include "test/testing/test_ca.h"

namespace irsa::cli {
namespace {

using sts::kRole;
using sts::TestClaims;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpAnswer;
using testing::Peer;
using testing::ProcessResult;
using testing::ReceivedRequest;
using ::testing::StartsWith;

// An issuer on the network: an HTTPS server that publishes what the test says.
class ExplainNetwork : public ExplainCommand {
 protected:
  ExplainNetwork() {
    token_file = directory.Write("token", issuer.Token({.iss = "\"" + url + "\""}));
    std::string policy = sts::TrustPolicyText();
    for (size_t place = 0; (place = policy.find("oidc.example.test/id/ABC")) != std::string::npos;) {
      policy.replace(place, std::string_view("oidc.example.test/id/ABC").size(), url.substr(8));
    }
    policy_file = directory.Write("policy", policy);
  }

  bool Answer(const ReceivedRequest& request, Peer& peer) const {
    const std::string& body = request.path() == oidc::kDiscoveryPath ? discovery : issuer.jwks();
    return peer.Write(HttpAnswer(request.path() == "/gone" ? 404 : status, body));
  }

  // A configuration, since no issuer with a port can be registered in IAM. `jwks`: empty for discovery.
  std::string Config(const std::string& jwks = "") const {
    return directory.Write("sts.yaml", "providers:\n- issuer: " + url + "\n  account: \"111122223333\"\n" +
                                           (jwks.empty() ? "" : "  jwks: " + jwks + "\n") +
                                           "  clientIds: [sts.amazonaws.com]\nroles:\n- arn: " + kRole +
                                           "\n  trustPolicy: policy\n");
  }
  json ExplainAt(const std::vector<std::string>& more) const {
    std::vector<std::string> options = {"--token", token_file, "--role-arn", kRole, "--at", kNowText, "-o", "json"};
    options.insert(options.end(), more.begin(), more.end());
    const ProcessResult result = Run(options);
    EXPECT_NE(result.out, "") << result.err;
    return json::parse(result.out);
  }

  const testing::TestCa ca;
  const std::string ca_file = directory.Write("ca.crt", ca.pem());
  int status = 200;
  std::string discovery;
  const testing::ScriptedServer server{[this](const auto& request, auto& peer) { return Answer(request, peer); },
                                       testing::ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ""}};
  const std::string url = server.Url("");
  std::string token_file;
  std::string policy_file;
};

TEST_F(ExplainNetwork, FindsTheKeysAtTheIssuer) {
  discovery = oidc::WriteDiscovery({url, url + "/keys", {"ES256"}});
  EXPECT_EQ(ExplainAt({"--provider", Config(), "--ca-file", ca_file})["verdict"], "allowed");
  EXPECT_EQ(ExplainAt({"--provider", Config(url + "/keys"), "--ca-file", ca_file})["verdict"], "allowed");
}

TEST_F(ExplainNetwork, SaysWhatStsWouldFindAtTheIssuer) {
  const auto failure = [&](const std::vector<std::string>& options) {
    const json report = ExplainAt(options);
    EXPECT_EQ(report["verdict"], "refused");
    EXPECT_EQ(Failure(report)["name"], "signature");
    return Failure(report);
  };
  const std::vector<std::string> at_issuer = {"--provider", Config(), "--ca-file", ca_file};
  const json untrusted = failure({"--provider", Config()});
  EXPECT_EQ(untrusted["stsError"]["code"], "IDPCommunicationError");
  EXPECT_THAT(untrusted["detail"], HasSubstr("not trusted"));

  EXPECT_EQ(failure({"--provider", Config(url + "/gone"), "--ca-file", ca_file})["stsError"]["code"],
            "IDPCommunicationError");
  Config();
  status = 503;
  EXPECT_EQ(failure(at_issuer)["stsError"]["code"], "IDPCommunicationError");
  status = 200;
  discovery = "<html>";
  EXPECT_EQ(failure(at_issuer)["stsError"]["code"], "InvalidIdentityToken");
  discovery = oidc::WriteDiscovery({url + "/", url + "/keys", {"ES256"}});
  EXPECT_THAT(failure(at_issuer)["detail"], HasSubstr("its issuer is \"" + url + "/\", not"));

  const testing::RefusingPort refusing;
  const std::string nobody = "http://127.0.0.1:" + std::to_string(refusing.port()) + "/jwks";
  EXPECT_EQ(failure({"--provider", Config(nobody)})["stsError"]["code"], "IDPCommunicationError");
}

TEST_F(ExplainNetwork, DoesNotAskForKeysThatDoNotMatter) {
  const json report =
      ExplainAt({"--issuer", "https://other.example.test", "--trust-policy", policy_file, "--ca-file", ca_file});
  EXPECT_EQ(Failure(report)["name"], "issuer");
  EXPECT_EQ(server.connection_count(), 0U);
}

TEST_F(ExplainNetwork, FailsOnAFileOfCasThatIsNone) {
  std::vector<std::string> options = {"--token",    token_file, "--role-arn", kRole,
                                      "--provider", Config(),   "--ca-file",  policy_file};
  const ProcessResult result = Run(options);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("irsa explain: " + policy_file + " holds no certificate"));
}

class ExplainConfig : public ExplainCommand {
 protected:
  ExplainConfig() {
    directory.Write("keys.json", issuer.jwks());
    directory.Write("policy.json", sts::TrustPolicyText());
  }

  // The configuration of section 9 of docs/design.md, with this line or that replaced.
  std::string Config(const std::string& from = "", const std::string& to = "") const {
    return directory.Write("sts.yaml", Replaced(R"(providers:
- issuer: https://oidc.example.test/id/ABC
  account: "111122223333"
  jwks: keys.json
  clientIds: [sts.amazonaws.com]
roles:
- arn: arn:aws:iam::111122223333:role/s3-reader
  trustPolicy: policy.json
)",
                                                from, to));
  }
  ProcessResult ExplainBy(const std::string& config, const std::string& role = kRole,
                          const TestClaims& claims = {}) const {
    return Run({"--token", directory.Write("token", issuer.Token(claims)), "--provider", config, "--role-arn", role,
                "--at", kNowText, "-o", "json"});
  }
};

TEST_F(ExplainConfig, TakesProvidersAndRolesFromIt) {
  const ProcessResult result = ExplainBy(Config());
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(json::parse(result.out)["verdict"], "allowed");
}

TEST_F(ExplainConfig, KnowsWhatTheApiOfIrsaStsRegistered) {
  sts::Entities registered;
  registered.providers.emplace_back().provider = {"111122223333", sts::kIssuer, {sts::kAudience}};
  sts::IamRole& role = registered.roles.emplace_back();
  role.account = "111122223333";
  role.name = "cart";
  role.document = sts::TrustPolicyText();
  const std::string config = directory.Write("sts.yaml", R"(iam:
  administrators:
  - account: "111122223333"
    accessKeyId: AKIAIOSFODNN7EXAMPLE
    secretAccessKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
  state: iam.json
  keys:
  - issuer: https://oidc.example.test/id/ABC
    jwks: keys.json
)");
  const ProcessResult nothing = ExplainBy(config, role.Arn());
  EXPECT_EQ(nothing.exit_status, 1) << nothing.err;
  const std::string state = directory.Write("iam.json", sts::WriteEntities(registered));
  const ProcessResult result = ExplainBy(config, role.Arn());
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_EQ(json::parse(result.out)["verdict"], "allowed");
  directory.Write("iam.json", "{}");
  EXPECT_EQ(ExplainBy(config, role.Arn()).err, "irsa explain: IAM state " + state + ": it has no list \"providers\"\n");
}

TEST_F(ExplainConfig, NamesTheLinkThatIsMissingInIt) {
  const auto failure = [&](const ProcessResult& result) {
    EXPECT_EQ(result.exit_status, 1) << result.err;
    return Failure(json::parse(result.out));
  };
  const json role = failure(ExplainBy(Config(), "arn:aws:iam::111122223333:role/other"));
  EXPECT_EQ(role["name"], "trust-policy");
  EXPECT_EQ(role["detail"], "there is no role \"arn:aws:iam::111122223333:role/other\"");
  const json account = failure(ExplainBy(Config("account: \"111122223333\"", "account: \"444455556666\"")));
  EXPECT_EQ(account["name"], "issuer");
  EXPECT_THAT(account["detail"], HasSubstr("but in 444455556666"));
  EXPECT_EQ(failure(ExplainBy(Config("[sts.amazonaws.com]", "[other]")))["name"], "audience");
  const json unknown = failure(ExplainBy(Config(), kRole, {.iss = "\"https://other.test\""}));
  EXPECT_EQ(unknown["name"], "issuer");
}

TEST_F(ExplainConfig, FetchesKeysWhereItSaysTo) {
  const testing::ScriptedServer server(
      [this](const ReceivedRequest&, Peer& peer) { return peer.Write(HttpAnswer(200, issuer.jwks())); });
  const ProcessResult result = ExplainBy(Config("keys.json", server.Url("/keys")));
  EXPECT_EQ(json::parse(result.out)["verdict"], "allowed") << result.out;
  EXPECT_EQ(server.connection_count(), 1U);
  const ProcessResult unregistered = ExplainBy(Config("https://oidc.example.test/id/ABC\n", "https://other.test\n"));
  EXPECT_EQ(unregistered.exit_status, 1);
}

TEST_F(ExplainConfig, PassesItsWarningsOn) {
  const std::string config = Config("- issuer: https://oidc.example.test/id/ABC\n",
                                    "- issuer: https://oidc.example.test:8443\n  account: \"111122223333\"\n"
                                    "  clientIds: [a]\n- issuer: https://oidc.example.test/id/ABC\n");
  const ProcessResult result = ExplainBy(config);
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(result.err, StartsWith("irsa explain: provider 1: IAM would not register it: "));
}

TEST_F(ExplainConfig, FailsOnAConfigurationOrKeysThatCannotBeRead) {
  const ProcessResult none = ExplainBy(directory.Path("none"));
  EXPECT_EQ(none.exit_status, 1);
  EXPECT_EQ(none.out, "");
  EXPECT_THAT(none.err, HasSubstr(directory.Path("none")));
  const ProcessResult unknown = ExplainBy(Config("clientIds", "clientIDs"));
  EXPECT_THAT(unknown.err, AllOf(StartsWith("irsa explain: STS configuration "), HasSubstr("clientIDs")));
  const ProcessResult keys = ExplainBy(Config("keys.json", "no-keys.json"));
  EXPECT_EQ(keys.exit_status, 1);
  EXPECT_EQ(keys.err, "irsa explain: cannot read " + directory.Path("no-keys.json") + ": No such file or directory\n");
}

}  // namespace
}  // namespace irsa::cli
