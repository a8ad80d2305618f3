// The command line: its words before they are parsed, and what is wrong with one that cannot be.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace irsa::cli {

// Go's programs take "--name=" for an empty value, and templates of manifests write it for a value that is not set; our
// parser would take the next word for the value. So such a word becomes two: "--name" and "".
std::vector<std::string> WithEmptyValuesApart(std::span<const std::string_view> words);

// Parses what stands behind the program's name, with empty values apart. Throws as the parser does.
void ParseArguments(CLI::App& app, std::span<const std::string> arguments);

// Parses `words`, the program's name first, and calls `run`, which a command's callback has set by then: the exit
// status. Says what is wrong with the words, prints the help that they ask for, and reports what a callback or `run`
// throws as an internal error.
int ParseAndRun(CLI::App& app, const std::function<int()>& run, const std::vector<std::string>& words);

// "irsa help issuer jwks" becomes "irsa issuer jwks --help". Other command lines stay as they are.
std::vector<std::string> WithHelpBehind(std::vector<std::string> words);

// As the command is called: "irsa issuer jwks".
std::string FullName(const CLI::App& command);

// Which command was used wrongly, how, and what was likely meant: of the command that `root` got to when parsing failed
// with that error. In lines, of which the last says how to get help.
std::string UsageErrorText(const CLI::App& root, const CLI::Error& error);

// For a word in the place of one of the commands that `app` has.
std::string UnknownCommandText(const CLI::App& app, std::string_view word);

}  // namespace irsa::cli
