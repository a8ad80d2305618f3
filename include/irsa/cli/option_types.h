// Kinds of option values that several commands take.
#pragma once

#include <chrono>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace irsa::cli {

// "500ms", "5s", "1m30s"; --help shows `value` as the default.
CLI::Option* AddDurationOption(CLI::App& command, const std::string& name, std::chrono::milliseconds& value,
                               const std::string& help);

}  // namespace irsa::cli
