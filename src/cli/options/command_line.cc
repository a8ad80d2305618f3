#include "command_line.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "irsa/base/text.h"

#include "cli/output/standard_streams.h"
#include "command.h"
#include "token_file.h"

namespace irsa::cli {
namespace {

// That parsing got to.
const CLI::App& LastCommand(const CLI::App& root) {
  const std::vector<CLI::App*> commands = root.get_subcommands();
  return commands.empty() ? root : LastCommand(*commands.back());
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

// Those that --help shows.
std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view meant = base::LikelyMeant(word, candidates);
  return meant.empty() ? "" : ": did you mean " + std::string(meant) + "?";
}

// A token in the wrong place is not repeated: messages end in logs.
std::string Shown(std::string_view word) {
  return LooksLikeToken(word) ? "that is a token (not shown)" : base::Quoted(word);
}

std::string UnknownCommand(const CLI::App& app, std::string_view word) {
  return "unknown command " + Shown(word) + DidYouMean(word, CommandNames(app));
}

// What a file's name alone was likely meant for: -f where there is one, else the file that is required. Empty where the
// command has neither.
std::string OptionForFiles(const CLI::App& app) {
  if (app.get_option_no_throw("-f") != nullptr) return "-f";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_required() && option->get_type_name() == "FILE") return "--" + option->get_lnames().front();
  }
  return {};
}

// Of words that the parser had no use for.
std::string Unexpected(const CLI::App& app, const std::vector<std::string>& words) {
  const auto option = std::ranges::find_if(words, [](const auto& word) { return word.starts_with('-'); });
  if (option != words.end()) {
    const std::string_view name = std::string_view(*option).substr(0, option->find('='));
    return "unknown option " + base::Quoted(name) + DidYouMean(name, OptionNames(app));
  }
  if (!CommandNames(app).empty()) return UnknownCommand(app, words.front());
  const std::string file_option = OptionForFiles(app);
  return "unexpected argument " + Shown(words.front()) +
         (file_option.empty() ? "" : "; pass files with " + file_option);
}

std::string Text(const std::string& command, const std::string& fault) {
  return command + ": " + fault + "\nRun " + command + " --help for more information.\n";
}

}  // namespace

std::vector<std::string> WithEmptyValuesApart(std::span<const std::string_view> words) {
  std::vector<std::string> apart;
  for (const std::string_view word : words) {
    const bool has_empty_value = word.starts_with('-') && word.find('=') == word.size() - 1;
    apart.emplace_back(has_empty_value ? word.substr(0, word.size() - 1) : word);
    if (has_empty_value) apart.emplace_back();
  }
  return apart;
}

void ParseArguments(CLI::App& app, std::span<const std::string> arguments) {
  std::vector<std::string> words =
      WithEmptyValuesApart(std::vector<std::string_view>(arguments.begin(), arguments.end()));
  std::ranges::reverse(words);  // the parser takes them from the back
  app.parse(std::move(words));
}

int ParseAndRun(CLI::App& app, const std::function<int()>& run, const std::vector<std::string>& words) {
  try {
    try {
      app.parse(std::vector<std::string>(words.rbegin(), words.rend() - 1));  // the parser takes them from the back
    } catch (const CLI::ParseError& error) {
      std::ostringstream help;
      if (app.exit(error, help, std::cerr) != 0) return kUsage;
      return PrintResult(help.str());
    }
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "irsa: internal error: %s\n", error.what());
    return kFailed;
  }
}

std::vector<std::string> WithHelpBehind(std::vector<std::string> words) {
  const bool asks_for_help = words.size() > 1 && words[1] == "help";
  if (!asks_for_help) return words;
  words.erase(words.begin() + 1);
  words.emplace_back("--help");
  return words;
}

std::string FullName(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : FullName(*parent) + " " + command.get_name();
}

std::string UsageErrorText(const CLI::App& root, const CLI::Error& error) {
  const CLI::App& command = LastCommand(root);
  // What a misspelt option was to say is then missing, and the parser complains of that first.
  if (const std::vector<std::string> words = root.remaining(true); !words.empty()) {
    return Text(FullName(command), Unexpected(command, words));
  }
  const std::vector<std::string> commands = CommandNames(command);
  return Text(FullName(command), commands.empty() ? error.what() : "a command is required: " + base::Joined(commands));
}

std::string UnknownCommandText(const CLI::App& app, std::string_view word) {
  return Text(app.get_name(), UnknownCommand(app, word));
}

}  // namespace irsa::cli
