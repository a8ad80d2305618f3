#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "irsa/cli/command.h"
#include "irsa/cli/command_tree.h"
#include "irsa/cli/run.h"

namespace irsa::cli {
namespace {

int Print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? kDone : kFailed;
}

}  // namespace

void AddCompletion(CLI::App& app, std::function<int()>& run) {
  static const std::map<std::string, Shell> kShells = {
      {"bash", Shell::kBash}, {"zsh", Shell::kZsh}, {"fish", Shell::kFish}};
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for bash, zsh or fish");
  const auto shell = std::make_shared<Shell>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->transform(CLI::CheckedTransformer(kShells));
  command->callback(
      [&app, &run, shell] { run = [&app, shell] { return Print(CompletionScript(DescribeCommand(app), *shell)); }; });
}

void AddMan(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("man", "Print the manual page (irsa man | man -l -)");
  command->callback([&app, &run] { run = [&app] { return Print(ManualPage(DescribeCommand(app), IRSA_VERSION)); }; });
}

}  // namespace irsa::cli
