// The real Log: one line per entry on standard error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string_view>

#include "irsa/base/log.h"

namespace spdlog {
class formatter;
}

namespace irsa::telemetry {

class LineWriter;

enum class LogFormat {
  kText,  // 2026-11-23T20:01:02.345Z info  ready port=8443
  kJson,  // {"time":"2026-11-23T20:01:02.345Z","level":"info","msg":"ready","port":8443}
};

// Never blocks, at its end either: where standard error takes no more, up to a megabyte of lines waits for it, and what
// comes then is lost and counted, with a line that says so once it works again. A process that is ended by a signal or
// _exit loses what is waiting.
//
// A field's value cannot break out of its line: control characters and broken UTF-8 are escaped or replaced.
class StderrLog final : public base::Log {
 public:
  StderrLog(base::LogLevel lowest, LogFormat format);
  ~StderrLog() override;

  void Write(base::LogLevel level, std::string_view message,
             std::initializer_list<base::LogField> fields = {}) override;
  bool Keeps(base::LogLevel level) const override { return level >= lowest_; }

  // Since the start.
  uint64_t lost_lines() const;

 private:
  const base::LogLevel lowest_;
  const LogFormat format_;
  std::mutex mutex_;
  std::unique_ptr<spdlog::formatter> formatter_;  // guarded by the mutex: it keeps the last line's time
  std::unique_ptr<LineWriter> lines_;
};

// One line without its time, for both formats: what Write sends on.
std::string FormatLogLine(LogFormat format, std::string_view message, std::initializer_list<base::LogField> fields);

}  // namespace irsa::telemetry
