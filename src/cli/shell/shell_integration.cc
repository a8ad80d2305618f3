#include <memory>
#include <string>
#include <vector>

#include "cli/options/command.h"
#include "cli/output/standard_streams.h"
#include "command_tree.h"

namespace irsa::cli {

void AddCompletion(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for bash, zsh or fish");
  command->footer(
      "Examples:\n"
      "  source <(irsa completion bash)\n"
      "  irsa completion zsh >\"${fpath[1]}/_irsa\"\n"
      "  irsa completion fish >~/.config/fish/completions/irsa.fish");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "fish", "zsh"}));
  command->callback(
      [&app, &run, shell] { run = [&app, shell] { return PrintResult(CompletionScript(app.get_name(), *shell)); }; });
}

void AddMan(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("man", "Print the manual page");
  command->footer(
      "Examples:\n"
      "  irsa man | man -l -\n"
      "  irsa man >/usr/local/share/man/man1/irsa.1");
  command->callback(
      [&app, &run] { run = [&app] { return PrintResult(ManualPage(DescribeCommand(app), IRSA_VERSION)); }; });
}

void AddVersion(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->footer("Examples:\n  irsa version");
  command->callback([&run] { run = [] { return PrintResult("irsa " IRSA_VERSION "\n"); }; });
}

// Only for the list of commands: what stands behind it is another command line, WithHelpBehind.
void AddHelp(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("help", "Print the help of a command");
  command->footer("Examples:\n  irsa help serve\n  irsa help issuer rotate");
  const auto names = std::make_shared<std::vector<std::string>>();
  command->add_option("COMMAND", *names, "Name of the command");
  command->callback([&run] { run = [] { return kDone; }; });
}

}  // namespace irsa::cli
