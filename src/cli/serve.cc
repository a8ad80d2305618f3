#include "irsa/cli/command.h"

namespace irsa::cli {

void AddServe(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("serve");
  command->callback([&run] { run = [] { return 1; }; });
}

}  // namespace irsa::cli
