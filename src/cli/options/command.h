// A subcommand: its options, declared on a CLI11 App, what it does, and how it ends. One file per command in src/cli;
// the list of all is in run.cc.
#pragma once

#include <functional>
#include <string_view>

#include <CLI/CLI.hpp>

#include "irsa/base/result.h"

#include "cli/output/standard_streams.h"

namespace irsa::cli {

// Says why the command, such as "irsa issuer", cannot go on; kFailed.
inline int Fail(std::string_view command, const Error& error) {
  Say(command, error.message);
  return kFailed;
}

// Declares the subcommand on `app` and sets `run` to what it does when it is chosen; `run` returns the exit status.
// Whatever the options are parsed into lives as long as `run`.
using AddCommand = void (*)(CLI::App& app, std::function<int()>& run);

void AddServe(CLI::App& app, std::function<int()>& run);
void AddController(CLI::App& app, std::function<int()>& run);
void AddMutate(CLI::App& app, std::function<int()>& run);
void AddAudit(CLI::App& app, std::function<int()>& run);
void AddTrustPolicy(CLI::App& app, std::function<int()>& run);
void AddAnnotate(CLI::App& app, std::function<int()>& run);
void AddExplain(CLI::App& app, std::function<int()>& run);
void AddIssuer(CLI::App& app, std::function<int()>& run);
void AddSts(CLI::App& app, std::function<int()>& run);
void AddCerts(CLI::App& app, std::function<int()>& run);
void AddCompletion(CLI::App& app, std::function<int()>& run);
void AddMan(CLI::App& app, std::function<int()>& run);
void AddVersion(CLI::App& app, std::function<int()>& run);
void AddHelp(CLI::App& app, std::function<int()>& run);

}  // namespace irsa::cli
