// Kinds of option values that several commands take.
#pragma once

#include <chrono>
#include <string>

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

}  // namespace irsa::cli
