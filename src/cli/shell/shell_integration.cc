#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "cli/options/command.h"
#include "cli/options/exit_status.h"
#include "cli/output/output.h"
#include "command_tree.h"

namespace irsa::cli {
namespace {

const std::map<std::string, Shell> kShells = {{"bash", Shell::kBash}, {"fish", Shell::kFish}, {"zsh", Shell::kZsh}};

}  // namespace

void AddCompletion(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for bash, zsh or fish");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "fish", "zsh"}));
  command->callback([&app, &run, shell] {
    run = [&app, shell] {
      return PrintResult(CompletionScript(DescribeCommand(app), kShells.at(*shell))) ? kDone : kFailed;
    };
  });
}

void AddMan(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("man", "Print the manual page (irsa man | man -l -)");
  command->callback([&app, &run] {
    run = [&app] { return PrintResult(ManualPage(DescribeCommand(app), IRSA_VERSION)) ? kDone : kFailed; };
  });
}

}  // namespace irsa::cli
