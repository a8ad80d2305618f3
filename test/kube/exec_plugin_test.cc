#include "irsa/kube/config/exec_plugin.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/time_text.h"

#include "test/testing/fake_program_runner.h"

namespace irsa::kube {
namespace {

using base::ProgramInput;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kV1 = "client.authentication.k8s.io/v1";
constexpr const char* kV1Beta1 = "client.authentication.k8s.io/v1beta1";

std::string Credential(const std::string& status, const std::string& version = kV1) {
  return R"({"kind": "ExecCredential", "apiVersion": ")" + version + R"(", "spec": {}, "status": )" + status + "}";
}

TEST(ReadExecCredential, ReadsWhatPluginsWrite) {
  struct Case {
    const char* status;
    ExecCredential credential;
  };
  const auto time = [](const char* text) { return base::ParseRfc3339(text).value(); };
  for (const Case& each : std::initializer_list<Case>{
           {R"({"token": "abc"})", {"abc", "", "", std::nullopt}},
           {R"({"token": "abc", "expirationTimestamp": null, "clientKeyData": ""})", {"abc", "", "", std::nullopt}},
           {R"({"expirationTimestamp": "2026-08-01T12:00:00Z", "token": "k8s-aws-v1.aHR0cHM"})",
            {"k8s-aws-v1.aHR0cHM", "", "", time("2026-08-01T12:00:00Z")}},
           {R"({"token": "abc", "expirationTimestamp": "2018-03-05T17:30:20-08:00", "unknown": [1]})",
            {"abc", "", "", time("2018-03-06T01:30:20Z")}},
           {R"({"clientCertificateData": "CERT", "clientKeyData": "KEY"})", {"", "CERT", "KEY", std::nullopt}},
           {R"({"clientCertificateData": "CERT", "clientKeyData": "KEY", "token": "t"})",
            {"t", "CERT", "KEY", std::nullopt}}}) {
    for (const char* version : {kV1, kV1Beta1}) {
      const auto credential = ReadExecCredential(Credential(each.status, version), version);
      ASSERT_TRUE(credential.ok()) << each.status << ": " << credential.error().message;
      EXPECT_EQ(*credential, each.credential) << each.status;
    }
  }
}

TEST(ReadExecCredential, RefusesWhatIsNoneAndQuotesNoSecret) {
  const std::map<std::string, std::string> cases = {
      {"", "its output is not an ExecCredential: "},
      {"sesame", "its output is not an ExecCredential: "},
      {R"("sesame")", "it has another kind"},
      {R"(["sesame"])", "it has another kind"},
      {R"({"token": "sesame"})", "it has another kind"},
      {R"({"kind": "Secret", "apiVersion": "v1", "data": {"token": "sesame"}})", "it has another kind"},
      {R"({"kind": "ExecCredential", "status": {"token": "sesame"}})",
       "its output has apiVersion \"\", but the kubeconfig asks for client.authentication.k8s.io/v1"},
      {R"({"kind": "ExecCredential", "apiVersion": 1})", "its output has apiVersion of another type"},
      {Credential(R"({"token": "sesame"})", kV1Beta1),
       "its output has apiVersion \"client.authentication.k8s.io/v1beta1\", but the kubeconfig asks for "
       "client.authentication.k8s.io/v1"},
      {R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1"})", "has no status"},
      {Credential("null"), "has no status"},
      {Credential(R"("sesame")"), "has no status"},
      {Credential("{}"), "it has neither a token nor a client certificate"},
      {Credential(R"({"token": ""})"), "it has neither a token nor a client certificate"},
      {Credential(R"({"token": ["sesame"]})"), "token is not a string but of type array"},
      {Credential(R"({"token": "sesame", "clientCertificateData": "sesame"})"),
       "clientCertificateData without clientKeyData"},
      {Credential(R"({"token": "sesame", "clientKeyData": "sesame"})"), "clientKeyData without clientCertificateData"},
      {Credential(R"({"clientKeyData": 7, "clientCertificateData": "sesame"})"), "clientKeyData is not a string"},
      {Credential(R"({"clientKeyData": "sesame", "clientCertificateData": 7})"),
       "clientCertificateData is not a string"},
      {Credential(R"({"token": "sesame", "expirationTimestamp": "sesame"})"), "expirationTimestamp is not a time"},
      {Credential(R"({"token": "sesame", "expirationTimestamp": 1})"), "expirationTimestamp is not a string"},
      {Credential(R"({"token": "sesame", "token": "sesame"})"), "its output is not an ExecCredential: "},
      {Credential(R"({"token": "sesame"})") + "x", "its output is not an ExecCredential: "},
      {std::string(kMaxExecCredentialBytes + 1, ' '), "its output is not an ExecCredential: "},
  };
  for (const auto& [text, message] : cases) {
    const auto credential = ReadExecCredential(text, kV1);
    ASSERT_FALSE(credential.ok()) << text.substr(0, 200);
    EXPECT_THAT(credential.error().message, HasSubstr(message)) << text.substr(0, 200);
    EXPECT_THAT(credential.error().message, Not(HasSubstr("sesame")));
  }
}

TEST(WriteExecInfo, TellsVersionAndInteractivity) {
  ExecPlugin plugin;
  plugin.api_version = kV1Beta1;
  const ExecCluster cluster{"https://api.example", "name", "CA", "http://joe:secret@proxy"};
  EXPECT_EQ(base::ReadJson(WriteExecInfo(plugin, cluster, true)).value(),
            base::Json::parse(R"({"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
                                  "spec": {"interactive": true}})"));
}

TEST(WriteExecInfo, ProvidesTheClusterWhenAskedTo) {
  ExecPlugin plugin;
  plugin.api_version = kV1;
  plugin.provide_cluster_info = true;
  EXPECT_EQ(base::ReadJson(WriteExecInfo(plugin, {"https://api.example:6443/path", "", "", ""}, false)).value(),
            base::Json::parse(R"({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                                  "spec": {"interactive": false,
                                           "cluster": {"server": "https://api.example:6443/path"}}})"));
  plugin.cluster_config = R"({"audience": "a", "n": [1]})";
  const auto info =
      base::ReadJson(WriteExecInfo(plugin, {"https://api.example", "name", "CA", "http://joe:secret@proxy"}, false));
  EXPECT_EQ((*info)["spec"]["cluster"],
            base::Json::parse(R"({"server": "https://api.example", "tls-server-name": "name",
                                  "certificate-authority-data": "Q0E=", "proxy-url": "http://joe:secret@proxy",
                                  "config": {"audience": "a", "n": [1]}})"));
}

class ExecPluginRunnerTest : public ::testing::Test {
 protected:
  ExecPluginRunnerTest() {
    plugin_.api_version = "client.authentication.k8s.io/v1";
    plugin_.command = "aws";
    plugin_.arguments = {"eks", "get-token", "sesame"};
    plugin_.environment = {"AWS_PROFILE=sesame"};
    plugin_.install_hint = "Run\nbrew install aws";
  }

  Result<ExecCredential> Run(Terminal terminal = Terminal::kNone) {
    return ExecPluginRunner(programs_, terminal).Run(plugin_, {"https://api.example", "", "", ""});
  }

  Error ErrorOf(Terminal terminal = Terminal::kNone) {
    const auto credential = Run(terminal);
    const Error error = credential.ok() ? Error{} : credential.error();
    EXPECT_THAT(error.message, Not(HasSubstr("sesame")));
    return error;
  }

  void AnswerToken() {
    programs_.Answer(R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
                         "status": {"token": "abc"}})");
  }

  testing::FakeProgramRunner programs_;
  ExecPlugin plugin_;
};

TEST_F(ExecPluginRunnerTest, RunsTheProgramOfTheKubeconfig) {
  AnswerToken();
  EXPECT_EQ(Run()->token, "abc");
  base::Program expected;
  expected.command = "aws";
  expected.arguments = plugin_.arguments;
  expected.environment = {
      "AWS_PROFILE=sesame",
      R"(KUBERNETES_EXEC_INFO={"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",)"
      R"("spec":{"interactive":false}})"};
  expected.input = ProgramInput::kNone;
  expected.time_limit = std::chrono::minutes(1);
  expected.max_output_bytes = 1 << 20;
  EXPECT_EQ(programs_.runs.at(0), expected);
}

TEST_F(ExecPluginRunnerTest, GivesTheTerminalToThoseThatMayHaveIt) {
  struct Case {
    InteractiveMode mode;
    Terminal terminal;
    ProgramInput input;
  };
  AnswerToken();
  for (const Case& each : {Case{InteractiveMode::kNever, Terminal::kNone, ProgramInput::kNone},
                           Case{InteractiveMode::kNever, Terminal::kAvailable, ProgramInput::kNone},
                           Case{InteractiveMode::kIfAvailable, Terminal::kNone, ProgramInput::kNone},
                           Case{InteractiveMode::kIfAvailable, Terminal::kAvailable, ProgramInput::kShared},
                           Case{InteractiveMode::kAlways, Terminal::kAvailable, ProgramInput::kShared}}) {
    plugin_.interactive_mode = each.mode;
    ASSERT_TRUE(Run(each.terminal).ok());
    const bool is_interactive = each.input == ProgramInput::kShared;
    EXPECT_EQ(programs_.runs.back().input, each.input);
    EXPECT_EQ(programs_.runs.back().time_limit, std::chrono::minutes(is_interactive ? 5 : 1));
    EXPECT_THAT(programs_.runs.back().environment.back(),
                HasSubstr(is_interactive ? R"("interactive":true)" : R"("interactive":false)"));
  }
  plugin_.interactive_mode = InteractiveMode::kAlways;
  const size_t before = programs_.runs.size();
  EXPECT_EQ(ErrorOf(),
            (Error{ErrorCode::kInvalid,
                   "exec plug-in \"aws\": its interactiveMode is Always, and standard input is not a terminal"}));
  EXPECT_EQ(programs_.runs.size(), before);
}

TEST_F(ExecPluginRunnerTest, SaysHowToInstallAMissingPlugin) {
  EXPECT_EQ(ErrorOf(), (Error{ErrorCode::kNotFound,
                              "exec plug-in \"aws\": there is no such program; the kubeconfig says how to "
                              "install it: Run\nbrew install aws"}));
  plugin_.install_hint = "";
  EXPECT_EQ(ErrorOf().message, "exec plug-in \"aws\": there is no such program");
  plugin_.install_hint = std::string(5000, 'x');
  EXPECT_LT(ErrorOf().message.size(), 2200);
}

TEST_F(ExecPluginRunnerTest, SaysHowAPluginFails) {
  programs_.exits.emplace_back(base::ProgramExit{255, "sesame"});
  EXPECT_EQ(ErrorOf(), (Error{ErrorCode::kDenied, "exec plug-in \"aws\" failed with exit status 255"}));
  programs_.exits.clear();
  programs_.exits.emplace_back(Error{ErrorCode::kUnavailable, "aws did not exit"});
  EXPECT_EQ(ErrorOf(), (Error{ErrorCode::kUnavailable, "exec plug-in \"aws\": aws did not exit"}));
  programs_.exits.clear();
  programs_.Answer("sesame");
  EXPECT_THAT(ErrorOf().message, HasSubstr("exec plug-in \"aws\": its output is not an ExecCredential"));
}

}  // namespace
}  // namespace irsa::kube
