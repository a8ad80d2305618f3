// --log-level, --log-format and --quiet.
#pragma once

#include "irsa/base/log.h"
#include "irsa/telemetry/stderr_log.h"

namespace CLI {
class App;
}

namespace irsa::cli {

// For commands that are no servers: leave out notes and progress.
void AddQuietOption(CLI::App& command, bool& quiet);

// The three of every server. Declares the options on `command`; they are parsed into `level` and `format`, which
// outlive it. Sets the default format: text when standard error is a terminal, json elsewhere.
void AddLogOptions(CLI::App& command, base::LogLevel& level, telemetry::LogFormat& format);

}  // namespace irsa::cli
