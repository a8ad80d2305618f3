#include "irsa/cli/run.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/command.h"
#include "cli/options/command_line.h"
#include "cli/output/standard_streams.h"
#include "cli/shell/command_tree.h"

namespace irsa::cli {
namespace {

// What the completion scripts call; not a command for people.
constexpr std::string_view kComplete = "__complete";

// Says so when the first word should be a command and is none: the parser would only say that one is missing.
bool NamesUnknownCommand(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.size() < 2 || words[1].starts_with('-')) return false;
  const std::vector<const CLI::App*> commands = app.get_subcommands(nullptr);
  const auto has_name = [&](const CLI::App* command) { return command->get_name() == words[1]; };
  if (std::ranges::any_of(commands, has_name)) return false;
  std::fputs(UnknownCommandText(app, words[1]).c_str(), stderr);
  return true;
}

}  // namespace

int Run(int argc, char** argv) {
  CLI::App app("IAM roles for service accounts, on any Kubernetes cluster.", "irsa");
  app.set_version_flag("--version", "irsa " IRSA_VERSION);
  app.require_subcommand(1);
  app.formatter_fn([](const CLI::App* command, const std::string&, CLI::AppFormatMode) {
    return HelpText(DescribeCommand(*command), FullName(*command));
  });
  app.failure_message([](const CLI::App* root, const CLI::Error& error) { return UsageErrorText(*root, error); });
  std::function<int()> run;
  for (const AddCommand add : {AddServe, AddController, AddMutate, AddAudit, AddExplain, AddTrustPolicy, AddAnnotate,
                               AddIssuer, AddSts, AddCerts, AddCompletion, AddMan, AddVersion, AddHelp}) {
    add(app, run);
  }
  app.footer(
      "Examples:\n"
      "  irsa mutate -f pod.yaml --service-accounts accounts.yaml -o diff\n"
      "  irsa audit\n"
      "  irsa explain -n shop --service-account cart --trust-policy role.json\n"
      "  irsa serve --tls-self-managed --webhook-configuration irsa\n"
      "\n"
      "irsa help COMMAND prints the options of a command, irsa man a manual page of all. Exit status: 0 done; 1 the "
      "answer is \"no\", or the command failed; 2 usage error.");
  const std::vector<std::string_view> given(argv, argv + argc);
  if (given.size() < 2) return PrintResult(app.help());
  if (given[1] == kComplete) {
    const std::span<const std::string_view> typed(given);
    return PrintResult(CompletionText(DescribeCommand(app), typed.subspan(2)));
  }
  const std::vector<std::string> words = WithHelpBehind(WithEmptyValuesApart(given));
  if (NamesUnknownCommand(app, words)) return kUsage;
  return ParseAndRun(app, run, words);
}

}  // namespace irsa::cli
