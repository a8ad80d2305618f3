// Kinds of option values that several commands take.
#pragma once

#include <chrono>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace irsa::cli {

// Longer than that is a slip, and far from what clocks overflow at.
inline constexpr std::chrono::milliseconds kLongestDuration = std::chrono::hours(1);

// "500ms", "5s", "1m30s", from `least` to kLongestDuration; --help shows `value` as the default.
CLI::Option* AddDurationOption(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                               const std::string& help, std::chrono::milliseconds least = {});

}  // namespace irsa::cli
