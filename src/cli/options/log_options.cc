#include "log_options.h"

#include <algorithm>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "option_types.h"

namespace irsa::cli {

void AddLogOptions(CLI::App& command, base::LogLevel& level, telemetry::LogFormat& format) {
  AddChoiceOption<base::LogLevel>(command, "--log-level", level,
                                  {{"debug", base::LogLevel::kDebug},
                                   {"info", base::LogLevel::kInfo},
                                   {"warn", base::LogLevel::kWarning},
                                   {"warning", base::LogLevel::kWarning},
                                   {"error", base::LogLevel::kError}},
                                  "Least severe level to log", "info");
  format = ::isatty(STDERR_FILENO) == 1 ? telemetry::LogFormat::kText : telemetry::LogFormat::kJson;
  AddChoiceOption<telemetry::LogFormat>(command, "--log-format", format,
                                        {{"text", telemetry::LogFormat::kText}, {"json", telemetry::LogFormat::kJson}},
                                        "Format of log lines", "text on a terminal, json elsewhere");
  command.add_flag_callback(
      "--quiet", [&level] { level = std::max(level, base::LogLevel::kWarning); }, "Log warnings and errors only");
}

void AddQuietOption(CLI::App& command, bool& quiet) {
  command.add_flag("--quiet", quiet, "Print no notes and no progress, only results and errors");
}

}  // namespace irsa::cli
