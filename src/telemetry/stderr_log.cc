#include "irsa/telemetry/stderr_log.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include "line_writer.h"

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

// Fields that are numbers: the others may look like one, as a namespace called 1 does, and are texts all the same, so
// that a field has one type in every line.
bool IsNumber(const base::LogField& field) {
  constexpr std::string_view kKeys[] = {"count",        "delay_ms", "duration_us", "identities",   "max_connections",
                                        "metrics_port", "port",     "skipped",     "started_in_us"};
  const bool has_digits_alone =
      !field.value.empty() && field.value.find_first_not_of("0123456789") == std::string::npos;
  return has_digits_alone && std::find(std::begin(kKeys), std::end(kKeys), field.key) != std::end(kKeys);
}

bool IsPlainWord(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/@+%-[]") ==
             std::string_view::npos;
}

constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";

std::unique_ptr<spdlog::formatter> MakeFormatter(LogFormat format) {
  return std::make_unique<spdlog::pattern_formatter>(format == LogFormat::kJson ? kJsonPattern : kTextPattern,
                                                     spdlog::pattern_time_type::utc);
}

// Formats in the thread that logs, and hands the line on.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LineSink(LineWriter& lines) : lines_(lines) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    lines_.Write(std::string(text.data(), text.size()));
  }
  void flush_() override {}

  LineWriter& lines_;
};

std::string LostLine(LogFormat format, uint64_t lost) {
  const std::string line =
      FormatLogLine(format, "log lines lost: standard error was blocked", {{"count", std::to_string(lost)}});
  spdlog::memory_buf_t text;
  MakeFormatter(format)->format(
      spdlog::details::log_msg("irsa", spdlog::level::warn, spdlog::string_view_t(line.data(), line.size())), text);
  return {text.data(), text.size()};
}

}  // namespace

std::string FormatLogLine(LogFormat format, std::string_view message, std::initializer_list<base::LogField> fields) {
  std::string line = format == LogFormat::kJson ? R"("msg":)" + JsonString(message) : std::string(message);
  for (const base::LogField& field : fields) {
    if (format == LogFormat::kJson) {
      line.append(",")
          .append(JsonString(field.key))
          .append(":")
          .append(IsNumber(field) ? field.value : JsonString(field.value));
    } else {
      line.append(" ").append(field.key).append("=").append(IsPlainWord(field.value) ? field.value
                                                                                     : JsonString(field.value));
    }
  }
  return line;
}

StderrLog::StderrLog(base::LogLevel lowest, LogFormat format)
    : format_(format),
      lines_(std::make_unique<LineWriter>(STDERR_FILENO, [format](uint64_t lost) { return LostLine(format, lost); })),
      logger_(std::make_shared<spdlog::logger>("irsa", std::make_shared<LineSink>(*lines_))) {
  logger_->set_formatter(MakeFormatter(format));
  logger_->set_level(SpdlogLevel(lowest));
}

uint64_t StderrLog::lost_lines() const { return lines_->lost_lines(); }

StderrLog::~StderrLog() = default;

void StderrLog::Write(base::LogLevel level, std::string_view message, std::initializer_list<base::LogField> fields) {
  if (!Keeps(level)) return;
  const std::string line = FormatLogLine(format_, message, fields);
  logger_->log(SpdlogLevel(level), spdlog::string_view_t(line.data(), line.size()));
}

bool StderrLog::Keeps(base::LogLevel level) const { return logger_->should_log(SpdlogLevel(level)); }

}  // namespace irsa::telemetry
