#include "option_types.h"

#include <algorithm>
#include <unistd.h>

#include <CLI/CLI.hpp>

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

CLI::Option* AddDurationOption(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
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
  return command.add_option_function<std::string>(name, parse, help)
      ->type_name("DURATION")
      ->default_str(DurationText(value));
}

std::string CheckAddress(const std::string& text) {
  return base::IsAddress(text) ? "" : "\"" + text + "\" is not an IP address";
}

std::string CheckDirectory(const std::string& text) {
  return text.empty() ? "the directory name is empty; use . for the current directory" : "";
}

CLI::Option* AddChoiceOption(CLI::App& command, const std::string& name,
                             std::map<std::string, std::function<void()>> choices, const std::string& help,
                             const std::string& shown_default) {
  std::string names;
  for (const auto& [text, choice] : choices) names.append(names.empty() ? "" : ",").append(text);
  const auto parse = [known = std::move(choices), name, names](const std::string& text) {
    const auto choice = known.find(text);
    if (choice == known.end()) throw CLI::ValidationError(name, "\"" + text + "\" is not one of " + names);
    choice->second();
  };
  return command.add_option_function<std::string>(name, parse, help)
      ->type_name("NAME:{" + names + "}")
      ->default_str(shown_default);
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
