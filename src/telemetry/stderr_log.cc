#include "irsa/telemetry/stderr_log.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>

#include "irsa/base/guarded.h"

#include "line_writer.h"

namespace irsa::telemetry {
namespace {

spdlog::level::level_enum SpdlogLevel(base::LogLevel level) {
  constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  return kLevels[static_cast<size_t>(level)];
}

// With the quotes; broken UTF-8 becomes U+FFFD.
std::string JsonString(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Fields that are numbers: the others may look like one, as a namespace called 1 does, and are texts all the same, so
// that a field has one type in every line.
bool IsNumber(const base::LogField& field) {
  constexpr std::string_view kKeys[] = {"count",           "delay_ms",     "duration_us",  "identities",
                                        "max_connections", "metrics_port", "port",         "providers",
                                        "roles",           "skipped",      "started_in_us"};
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

// With its time and its line end.
std::string WholeLine(spdlog::formatter& formatter, base::LogLevel level, const std::string& line) {
  spdlog::memory_buf_t text;
  formatter.format(spdlog::details::log_msg("irsa", SpdlogLevel(level), line), text);
  return {text.data(), text.size()};
}

std::string LostLine(LogFormat format, uint64_t lost) {
  return WholeLine(
      *MakeFormatter(format), base::LogLevel::kWarning,
      FormatLogLine(format, "log lines lost: standard error was blocked", {{"count", std::to_string(lost)}}));
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
    : lowest_(lowest),
      format_(format),
      formatter_(MakeFormatter(format)),
      lines_(std::make_unique<LineWriter>(STDERR_FILENO, [format](uint64_t lost) { return LostLine(format, lost); })) {}

uint64_t StderrLog::lost_lines() const { return lines_->lost_lines(); }

StderrLog::~StderrLog() = default;

void StderrLog::Write(base::LogLevel level, std::string_view message, std::initializer_list<base::LogField> fields) {
  if (!Keeps(level)) return;
  // What is to be said may matter less than what goes on after it: memory that ends costs the line.
  const auto write = [&] {
    const std::string line = FormatLogLine(format_, message, fields);
    const std::lock_guard lock(mutex_);
    lines_->Write(WholeLine(*formatter_, level, line));
  };
  base::CallGuarded(write, [this](std::string_view) { lines_->NoteLost(); });
}

}  // namespace irsa::telemetry
