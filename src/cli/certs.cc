#include "irsa/cli/command.h"

namespace irsa::cli {

void AddCerts(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand("certs");
  command->callback([&run] { run = [] { return 1; }; });
}

}  // namespace irsa::cli
