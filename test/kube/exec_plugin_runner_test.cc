#include "irsa/kube/config/exec_plugin_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/fake_program_runner.h"

namespace irsa::kube {
namespace {

using base::ProgramInput;
using ::testing::HasSubstr;
using ::testing::Not;

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
