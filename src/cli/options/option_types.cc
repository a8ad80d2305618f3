#include "option_types.h"

#include <algorithm>
#include <unistd.h>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/base/url.h"

namespace irsa::cli {
namespace {

std::string DurationText(std::chrono::milliseconds value) {
  using std::chrono::duration_cast;
  if (const auto hours = duration_cast<std::chrono::hours>(value); hours == value && hours.count() != 0) {
    return std::to_string(hours.count()) + "h";
  }
  if (const auto seconds = duration_cast<std::chrono::seconds>(value); seconds == value) {
    return std::to_string(seconds.count()) + "s";
  }
  return std::to_string(value.count()) + "ms";
}

}  // namespace

void AddDurationOption(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                       const std::string& help, DurationRange range) {
  const auto parse = [&value, name, range](const std::string& text) {
    const Result<std::chrono::nanoseconds> duration = base::ParseDuration(text);
    if (!duration.ok()) throw CLI::ValidationError(name, duration.error().message);
    value = std::chrono::floor<std::chrono::milliseconds>(*duration);
    if (value < range.least || value > range.most) {
      throw CLI::ValidationError(
          name, text + " is not between " + DurationText(range.least) + " and " + DurationText(range.most));
    }
  };
  command.add_option_function<std::string>(name, parse, help)->type_name("DURATION")->default_str(DurationText(value));
}

std::string CheckNotEmpty(const std::string& text) { return text.empty() ? "the value is empty" : ""; }

std::string CheckAddress(const std::string& text) {
  return base::IsAddress(text) ? "" : "\"" + text + "\" is not an IP address";
}

std::string CheckDirectory(const std::string& text) {
  return text.empty() ? "the directory name is empty; use . for the current directory" : "";
}

std::string CheckNamespaceName(const std::string& text) {
  return base::IsDnsLabel(text) ? "" : "'" + text + "' is not a valid namespace name";
}

std::string CheckUrl(const std::string& text) {
  const Result<base::Url> url = base::ParseUrl(text);
  return url.ok() ? "" : url.error().message;
}

void AddMaxConnections(CLI::App& command, size_t& value) {
  command
      .add_option("--max-connections", value,
                  "Maximum number of open connections; beyond it, a new one replaces one that is idle or unfinished")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("COUNT")
      ->capture_default_str();
}

void AddOutputOption(CLI::App& command, std::string& value, const std::vector<std::string>& formats,
                     const std::string& help) {
  command.add_option("-o,--output", value, help)
      ->check(CLI::IsMember(formats))
      ->type_name("FORMAT")
      ->capture_default_str();
}

void AddLogOptions(CLI::App& command, base::LogLevel& level, telemetry::LogFormat& format) {
  AddChoiceOption<base::LogLevel>(command, "--log-level", level,
                                  {{"debug", base::LogLevel::kDebug},
                                   {"info", base::LogLevel::kInfo},
                                   {"warn", base::LogLevel::kWarning},
                                   {"warning", base::LogLevel::kWarning},
                                   {"error", base::LogLevel::kError}},
                                  "Minimum severity to log", "info");
  format = ::isatty(STDERR_FILENO) == 1 ? telemetry::LogFormat::kText : telemetry::LogFormat::kJson;
  AddChoiceOption<telemetry::LogFormat>(command, "--log-format", format,
                                        {{"text", telemetry::LogFormat::kText}, {"json", telemetry::LogFormat::kJson}},
                                        "Format of log lines", "text on a terminal, json elsewhere");
  command.add_flag_callback(
      "--quiet", [&level] { level = std::max(level, base::LogLevel::kWarning); }, "Log warnings and errors only");
}

void AddQuietOption(CLI::App& command, bool& quiet) {
  command.add_flag("--quiet", quiet, "Print only results and errors, without notes and progress");
}

}  // namespace irsa::cli
