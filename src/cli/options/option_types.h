// Options that several commands take, and kinds of values.
#pragma once

#include <cassert>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "irsa/base/log.h"
#include "irsa/telemetry/stderr_log.h"

namespace irsa::cli {

// As --help shows it: its name, a space and what stands for the value, "--tls-key FILE".
template <typename T>
CLI::Option* AddOption(CLI::App& command, const std::string& name_and_value, T& value, const std::string& help) {
  const size_t space = name_and_value.find(' ');
  assert(space != std::string::npos);
  return command.add_option(name_and_value.substr(0, space), value, help)->type_name(name_and_value.substr(space + 1));
}

// Both included. What a server waits for is an hour at most: more is a slip.
struct DurationRange {
  std::chrono::milliseconds least{0};
  std::chrono::milliseconds most = std::chrono::hours(1);
};

// "500ms", "5s", "1m30s"; --help shows `value` as the default.
void AddDurationOption(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                       const std::string& help, DurationRange range = {});

// The checks return what is wrong with an option's value; empty when nothing is.
std::string CheckNotEmpty(const std::string& text);  // as a shell's variable is that is not set
std::string CheckAddress(const std::string& text);   // an IP address
std::string CheckNamespaceName(const std::string& text);
std::string CheckUrl(const std::string& text);  // as base::ParseUrl takes them

// A shell's variable that is not set must not mean the working directory.
std::string CheckDirectory(const std::string& text);

// One of the names of `choices`, which stands for what `value` then is; --help lists them.
template <typename T>
void AddChoiceOption(CLI::App& command, const std::string& name, T& value, const std::map<std::string, T>& choices,
                     const std::string& help, const std::string& shown_default) {
  std::string names;
  for (const auto& [text, choice] : choices) names.append(names.empty() ? "" : ",").append(text);
  const auto parse = [&value, choices, name, names](const std::string& text) {
    const auto choice = choices.find(text);
    if (choice == choices.end()) throw CLI::ValidationError(name, "\"" + text + "\" is not one of " + names);
    value = choice->second;
  };
  command.add_option_function<std::string>(name, parse, help)
      ->type_name("NAME:{" + names + "}")
      ->default_str(shown_default);
}

// -o, one of the formats; `value` is the default.
void AddOutputOption(CLI::App& command, std::string& value, const std::vector<std::string>& formats,
                     const std::string& help);

// For commands that are no servers: leave out notes and progress.
void AddQuietOption(CLI::App& command, bool& quiet);

// --max-connections, for every server.
void AddMaxConnections(CLI::App& command, size_t& value);

// --log-level, --log-format and --quiet, for every server. Declares the options on `command`; they are parsed into
// `level` and `format`, which outlive it. Sets the default format: text when standard error is a terminal, json
// elsewhere.
void AddLogOptions(CLI::App& command, base::LogLevel& level, telemetry::LogFormat& format);

}  // namespace irsa::cli
