#include "irsa/cli/command.h"

namespace irsa::cli {

void AddMutate(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("mutate");
  command->callback([&run] { run = [] { return 1; }; });
}

}  // namespace irsa::cli
