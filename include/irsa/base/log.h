// Structured log lines behind an interface, so that a test can read what was logged. The real one is telemetry's.
//
// Only what runs unattended logs (a reload, a watch); a function that can return its error returns it and does not log.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace irsa::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view key;
  std::string value;
};

// Implementations may be called from any thread and never block for long.
class Log {
 public:
  virtual ~Log() = default;

  // `message` is a fixed lower-case phrase; what varies goes into fields. Never a token, a key or a pod.
  virtual void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) = 0;

  // Whether Write keeps lines of that level: for who would make fields in vain.
  virtual bool Keeps(LogLevel) const { return true; }
};

}  // namespace irsa::base
