#include "irsa/cli/option_types.h"

#include <CLI/CLI.hpp>

#include "irsa/base/duration.h"

namespace irsa::cli {
namespace {

std::string DurationText(std::chrono::milliseconds value) {
  if (value.count() % 1000 != 0) return std::to_string(value.count()) + "ms";
  return std::to_string(value.count() / 1000) + "s";
}

}  // namespace

CLI::Option* AddDurationOption(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                               const std::string& help, DurationRange range) {
  const auto parse = [&value, name, range](const std::string& text) {
    const base::Result<std::chrono::nanoseconds> duration = base::ParseDuration(text);
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

}  // namespace irsa::cli
