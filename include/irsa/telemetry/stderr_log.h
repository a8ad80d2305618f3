// The real Log: one line per entry on standard error.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

#include "irsa/base/log.h"

namespace spdlog {
class logger;
}

namespace irsa::telemetry {

enum class LogFormat {
  kText,  // 2026-11-23T20:01:02.345Z info  ready port=8443
  kJson,  // {"time":"2026-11-23T20:01:02.345Z","level":"info","msg":"ready","port":"8443"}
};

// A field's value cannot break out of its line: control characters and broken UTF-8 are escaped or replaced.
class StderrLog final : public base::Log {
 public:
  StderrLog(base::LogLevel lowest, LogFormat format);
  ~StderrLog() override;

  void Write(base::LogLevel level, std::string_view message,
             std::initializer_list<base::LogField> fields = {}) override;

 private:
  LogFormat format_;
  std::shared_ptr<spdlog::logger> logger_;
};

// One line without its time, for both formats: what Write sends on.
std::string FormatLogLine(LogFormat format, std::string_view message, std::initializer_list<base::LogField> fields);

}  // namespace irsa::telemetry
