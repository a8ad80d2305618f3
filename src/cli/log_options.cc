#include "irsa/cli/log_options.h"

#include <map>
#include <string>
#include <unistd.h>

#include <CLI/CLI.hpp>

namespace irsa::cli {
namespace {

template <typename T>
void AddChoice(CLI::App& command, const std::string& name, T& value, const std::map<std::string, T>& choices,
               const std::string& help, const std::string& shown_default) {
  std::string names;
  for (const auto& [text, choice] : choices) names.append(names.empty() ? "" : ", ").append(text);
  const auto parse = [&value, choices, name, names](const std::string& text) {
    const auto choice = choices.find(text);
    if (choice == choices.end()) throw CLI::ValidationError(name, "\"" + text + "\" is not one of " + names);
    value = choice->second;
  };
  command.add_option_function<std::string>(name, parse, help + " (" + names + ")")
      ->type_name("NAME")
      ->default_str(shown_default);
}

}  // namespace

void AddLogOptions(CLI::App& command, LogOptions& options) {
  options.format = ::isatty(STDERR_FILENO) == 1 ? telemetry::LogFormat::kText : telemetry::LogFormat::kJson;
  AddChoice<base::LogLevel>(command, "--log-level", options.level,
                            {{"debug", base::LogLevel::kDebug},
                             {"info", base::LogLevel::kInfo},
                             {"warning", base::LogLevel::kWarning},
                             {"error", base::LogLevel::kError}},
                            "Least severe level to log", "info");
  AddChoice<telemetry::LogFormat>(command, "--log-format", options.format,
                                  {{"text", telemetry::LogFormat::kText}, {"json", telemetry::LogFormat::kJson}},
                                  "Format of log lines", "text on a terminal, json elsewhere");
}

}  // namespace irsa::cli
