#include "irsa/cli/run.h"

#include <cstdio>
#include <exception>
#include <functional>

#include "irsa/cli/command.h"

namespace irsa::cli {

int Run(int argc, char** argv) {
  CLI::App app("IAM roles for service accounts, on any Kubernetes cluster.", "irsa");
  app.set_version_flag("--version", "irsa " IRSA_VERSION);
  app.require_subcommand(1);
  std::function<int()> run;
  for (const AddCommand add :
       {AddServe, AddMutate, AddExplain, AddTrustPolicy, AddIssuer, AddSts, AddCerts, AddCompletion, AddMan}) {
    add(app, run);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "irsa: internal error: %s\n", error.what());
    return kFailed;
  }
}

}  // namespace irsa::cli
