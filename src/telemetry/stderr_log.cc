#include "irsa/telemetry/stderr_log.h"

#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace irsa::telemetry {
namespace {

spdlog::level::level_enum SpdlogLevel(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
      return spdlog::level::debug;
    case base::LogLevel::kInfo:
      return spdlog::level::info;
    case base::LogLevel::kWarning:
      return spdlog::level::warn;
    case base::LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

// With the quotes; broken UTF-8 becomes U+FFFD.
std::string JsonString(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool IsPlainWord(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/@+%-[]") ==
             std::string_view::npos;
}

}  // namespace

std::string FormatLogLine(LogFormat format, std::string_view message, std::initializer_list<base::LogField> fields) {
  std::string line = format == LogFormat::kJson ? R"("msg":)" + JsonString(message) : std::string(message);
  for (const base::LogField& field : fields) {
    if (format == LogFormat::kJson) {
      line.append(",").append(JsonString(field.key)).append(":").append(JsonString(field.value));
    } else {
      line.append(" ").append(field.key).append("=").append(IsPlainWord(field.value) ? field.value
                                                                                     : JsonString(field.value));
    }
  }
  return line;
}

StderrLog::StderrLog(base::LogLevel lowest, LogFormat format)
    : format_(format),
      logger_(std::make_shared<spdlog::logger>("irsa", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  const char* pattern = format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                                   : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
  logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
  logger_->set_level(SpdlogLevel(lowest));
  logger_->flush_on(spdlog::level::debug);
}

StderrLog::~StderrLog() = default;

void StderrLog::Write(base::LogLevel level, std::string_view message, std::initializer_list<base::LogField> fields) {
  const auto spdlog_level = SpdlogLevel(level);
  if (!logger_->should_log(spdlog_level)) return;
  const std::string line = FormatLogLine(format_, message, fields);
  logger_->log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace irsa::telemetry
