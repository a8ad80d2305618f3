// What all commands have in common, with the binary itself.
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/process.h"

namespace irsa::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Run, NamesACommandThatThereIsNot) {
  const ProcessResult result = RunProcess({IRSA_BINARY, "mutat", "-f", "x"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.err,
            "irsa: unknown command \"mutat\": did you mean mutate?\nRun irsa --help for more information.\n");
}

ProcessResult RunIrsa(const std::string& words) {
  return RunProcess({"sh", "-c", std::string(IRSA_BINARY) + " " + words});
}

TEST(Run, PrintsHelpHoweverItIsAskedFor) {
  const ProcessResult help = RunIrsa("--help");
  EXPECT_EQ(help.exit_status, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("Usage: irsa COMMAND"), HasSubstr("\n  mutate "), HasSubstr("Examples:\n")));
  for (const char* words : {"", "help", "-h"}) EXPECT_EQ(RunIrsa(words), help) << words;
  const ProcessResult rotate = RunIrsa("issuer rotate --help");
  EXPECT_THAT(rotate.out, HasSubstr("Usage: irsa issuer rotate "));
  EXPECT_EQ(RunIrsa("help issuer rotate"), rotate);
  EXPECT_EQ(RunIrsa("help help").exit_status, 0);
  EXPECT_EQ(RunIrsa("help serv").err,
            "irsa: unknown command \"serv\": did you mean serve?\nRun irsa --help for more information.\n");
}

TEST(Run, PrintsTheVersion) {
  const ProcessResult version = RunIrsa("version");
  EXPECT_EQ(version, (ProcessResult{0, "irsa " IRSA_VERSION "\n", ""}));
  EXPECT_EQ(RunIrsa("--version"), version);
}

// The words of all commands, as completion has them: "issuer rotate".
std::vector<std::string> AllCommands(const std::string& parent = "") {
  std::vector<std::string> commands;
  std::istringstream lines(RunIrsa("__complete help " + parent + " ''").out);
  for (std::string line; std::getline(lines, line) && !line.starts_with(':');) {
    commands.push_back(parent + line.substr(0, line.find('\t')));
    for (const std::string& child : AllCommands(commands.back() + " ")) commands.push_back(child);
  }
  return commands;
}

TEST(Run, HelpOfEachCommandHasExamplesAndFitsEightyColumns) {
  const std::vector<std::string> commands = AllCommands();
  EXPECT_THAT(commands, ::testing::IsSupersetOf({"serve", "controller", "issuer", "issuer rotate", "version"}));
  for (const std::string& command : commands) {
    if (command == "help") continue;  // has irsa's own
    const ProcessResult help = RunIrsa(command + " --help");
    EXPECT_EQ(help.exit_status, 0) << command;
    EXPECT_THAT(help.out, AllOf(HasSubstr("Usage: irsa " + command + " "), HasSubstr("Examples:\n  "))) << command;
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << command << ": " << line;
  }
}

TEST(Run, DescribesTheEnvironmentInTheManualPage) {
  const std::string page = RunIrsa("man").out;
  EXPECT_THAT(page, HasSubstr("AWS_EC2_METADATA_SERVICE_ENDPOINT"));
  EXPECT_THAT(page, HasSubstr("fetch an issuer\\(aqs keys through"));
}

TEST(Run, SaysHowToPassFiles) {
  const std::pair<std::string, std::string> cases[] = {
      {"mutate x.yaml", "irsa mutate: unexpected argument \"x.yaml\"; pass files with -f\n"},
      {"sts x.yaml", "irsa sts: unexpected argument \"x.yaml\"; pass files with --config\n"},
      {"audit x.yaml", "irsa audit: unexpected argument \"x.yaml\"\n"}};
  for (const auto& [words, message] : cases) EXPECT_THAT(RunIrsa(words).err, StartsWith(message));
}

TEST(Run, NamesWhatWasNotExpectedAndWhatWasLikelyMeant) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"audit", "--client-id", ""}, "irsa audit: --client-id: the value is empty\n"},
      {{"--versio"}, "irsa: unknown option \"--versio\": did you mean --version?"},
      {{"explain", "--tokn", "t"}, "irsa explain: unknown option \"--tokn\": did you mean --token?"},
      {{"sts", "--confg=x"}, "irsa sts: unknown option \"--confg\": did you mean --config?"},
      {{"sts", "-q", "--config=x"}, "irsa sts: unknown option \"-q\"\n"},
      {{"issuer", "jwk"}, "irsa issuer: unknown command \"jwk\": did you mean jwks?"},
      {{"issuer"}, "irsa issuer: a command is required: jwks, discovery, publish, rotate\n"},
      {{"issuer", "jwks", "--key", "k", "surplus"},
       "irsa issuer jwks: unexpected argument \"surplus\"; pass files with --key\n"},
      {{"sts"}, "irsa sts: --config is required\nRun irsa sts --help for more information.\n"},
  };
  for (const auto& [words, message] : cases) {
    std::vector<std::string> command = {IRSA_BINARY};
    command.insert(command.end(), words.begin(), words.end());
    const ProcessResult result = RunProcess(command);
    EXPECT_EQ(result.exit_status, 2) << message;
    EXPECT_THAT(result.err, StartsWith(message));
    EXPECT_THAT(result.out, IsEmpty()) << message;
  }
}

TEST(Run, NeverRepeatsATokenThatStandsWhereAFileShould) {
  const std::string token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3gifQ.c2ln";
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"explain", "--token", token}, "irsa explain: --token: expected a file name, but this is a token (not shown)"},
      {{"explain", "--token=" + token}, "irsa explain: --token: expected a file name, but this is a token (not shown)"},
      {{"explain", token}, "irsa explain: unexpected argument that is a token (not shown)"},
      {{token}, "irsa: unknown command that is a token (not shown)"},
      {{"issuer", "rotate", "--current=a", "--next=b", "--check", "--jwks=c", "--token", token},
       "irsa issuer rotate: --token: expected a file name, but this is a token (not shown)"}};
  for (const auto& [words, message] : cases) {
    std::vector<std::string> command = {IRSA_BINARY};
    command.insert(command.end(), words.begin(), words.end());
    const ProcessResult result = RunProcess(command);
    EXPECT_EQ(result.exit_status, 2) << message;
    EXPECT_THAT(result.err, AllOf(StartsWith(message), Not(HasSubstr("eyJ"))));
  }
}

TEST(Run, WantsADirectoryNamed) {
  for (const std::string command :
       {"certs --dir=", "certs --dir ''", "issuer publish '' --issuer https://x.example --key k"}) {
    const ProcessResult result = RunProcess({"sh", "-c", std::string(IRSA_BINARY) + " " + command});
    EXPECT_EQ(result.exit_status, 2) << command;
    EXPECT_THAT(result.err, HasSubstr("the directory name is empty")) << command;
  }
}

TEST(Run, FailsWhenTheResultCannotBeWritten) {
  for (const char* command : {"man", "completion bash", "--help", "serve --help", "--version"}) {
    const ProcessResult result = RunProcess({"sh", "-c", std::string(IRSA_BINARY) + " " + command + " >/dev/full"});
    EXPECT_EQ(result.exit_status, 1) << command;
    EXPECT_EQ(result.err, "irsa: cannot write to standard output\n") << command;
  }
}

TEST(Run, NamesTheShellsItCompletesFor) {
  const ProcessResult result = RunProcess({IRSA_BINARY, "completion", "tcsh"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("tcsh not in {bash,fish,zsh}"));
}

}  // namespace
}  // namespace irsa::testing
