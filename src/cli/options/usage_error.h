// What is said to somebody who used a command wrongly: which command, what is wrong, and what was likely meant.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace irsa::cli {

// Of the command that `root` got to when parsing failed with that error. In lines, of which the last says how to get
// help.
std::string UsageErrorText(const CLI::App& root, const CLI::Error& error);

// For a word in the place of one of the commands that `app` has.
std::string UnknownCommandText(const CLI::App& app, std::string_view word);

}  // namespace irsa::cli
