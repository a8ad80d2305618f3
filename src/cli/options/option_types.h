// Options that several commands take, and kinds of values.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "irsa/base/log.h"
#include "irsa/telemetry/stderr_log.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace irsa::cli {

// Both included. What a server waits for is an hour at most: more is a slip.
struct DurationRange {
  std::chrono::milliseconds least{0};
  std::chrono::milliseconds most = std::chrono::hours(1);
};

// "500ms", "5s", "1m30s"; --help shows `value` as the default.
CLI::Option* AddDurationOption(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                               const std::string& help, DurationRange range = {});

// Empty for an IP address, else what is wrong with it: for CLI::Validator.
std::string CheckAddress(const std::string& text);

// Empty, or that the name of a directory is: a shell's variable that is not set must not mean the working directory.
std::string CheckDirectory(const std::string& text);

// One of the names of `choices`, of which each is what is done when it is given; --help lists them.
CLI::Option* AddChoiceOption(CLI::App& command, const std::string& name,
                             std::map<std::string, std::function<void()>> choices, const std::string& help,
                             const std::string& shown_default);

// The same, where a name stands for what `value` then is.
template <typename T>
CLI::Option* AddChoiceOption(CLI::App& command, const std::string& name, T& value,
                             const std::map<std::string, T>& choices, const std::string& help,
                             const std::string& shown_default) {
  std::map<std::string, std::function<void()>> setters;
  for (const auto& [text, choice] : choices) setters[text] = [&value, chosen = choice] { value = chosen; };
  return AddChoiceOption(command, name, std::move(setters), help, shown_default);
}

// For commands that are no servers: leave out notes and progress.
void AddQuietOption(CLI::App& command, bool& quiet);

// --log-level, --log-format and --quiet, for every server. Declares the options on `command`; they are parsed into
// `level` and `format`, which outlive it. Sets the default format: text when standard error is a terminal, json
// elsewhere.
void AddLogOptions(CLI::App& command, base::LogLevel& level, telemetry::LogFormat& format);

}  // namespace irsa::cli
