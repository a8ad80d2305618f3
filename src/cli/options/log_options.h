// --log-level and --log-format, as every server takes them.
#pragma once

#include "irsa/base/log.h"
#include "irsa/telemetry/stderr_log.h"

namespace CLI {
class App;
}

namespace irsa::cli {

// Declares the options on `command`; they are parsed into `level` and `format`, which outlive it. Sets the default
// format: text when standard error is a terminal, json elsewhere.
void AddLogOptions(CLI::App& command, base::LogLevel& level, telemetry::LogFormat& format);

}  // namespace irsa::cli
