// --log-level and --log-format, as every server takes them.
#pragma once

#include "irsa/base/log.h"
#include "irsa/telemetry/stderr_log.h"

namespace CLI {
class App;
}

namespace irsa::cli {

struct LogOptions {
  base::LogLevel level = base::LogLevel::kInfo;
  telemetry::LogFormat format = telemetry::LogFormat::kJson;
};

// Declares the options on `command`; they are parsed into `options`, which outlives it. Sets the default format: text
// when standard error is a terminal, json elsewhere.
void AddLogOptions(CLI::App& command, LogOptions& options);

}  // namespace irsa::cli
