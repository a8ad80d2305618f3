#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "irsa/base/text.h"

#include "cli/output/standard_streams.h"
#include "command_tree.h"

namespace irsa::cli {
namespace {

constexpr size_t kHelpWidth = 80;
constexpr size_t kHelpColumn = 24;  // where descriptions begin

// "  NAME     description", on the next line when the name is too long for its column.
void AppendEntry(const std::string& name, const std::string& description, std::string& text) {
  std::string line = "  " + name;
  if (line.size() + 2 > kHelpColumn) {
    text.append(line).append("\n");
    line.clear();
  }
  line.resize(kHelpColumn, ' ');
  text.append(line);
  AppendWrapped(description, kHelpColumn, kHelpColumn, text, kHelpWidth);
}

std::string NameOf(const OptionNode& option) {
  // The short name first, as everywhere.
  std::vector<std::string> names(option.names.rbegin(), option.names.rend());
  std::string text = base::Joined(names);
  if (!option.value.empty() && option.names.front().starts_with('-')) text.append(" ").append(option.value);
  return text;
}

std::string DescriptionOf(const OptionNode& option) {
  std::string text = option.help;
  const auto is_named = [&option](const std::string& choice) { return option.help.find(choice) != std::string::npos; };
  if (!std::ranges::all_of(option.choices, is_named)) {
    text.append(": ").append(base::Joined(option.choices));
  }
  std::vector<std::string> notes;
  if (option.is_required) notes.emplace_back("required");
  if (!option.default_text.empty()) notes.push_back("default: " + option.default_text);
  if (!option.needs.empty()) notes.push_back("with " + base::Joined(option.needs));
  if (!option.excludes.empty()) notes.push_back("not with " + base::Joined(option.excludes));
  return notes.empty() ? text : text + " (" + base::Joined(notes, "; ") + ")";
}

void AppendOptions(const std::vector<OptionNode>& options, std::string& text) {
  std::string group;
  for (const OptionNode& option : options) {
    if (option.group != group) text.append("\n").append(option.group).append(":\n");
    group = option.group;
    AppendEntry(NameOf(option), DescriptionOf(option), text);
  }
}

std::string Usage(const CommandNode& command, const std::string& name) {
  std::string text = "Usage: " + name;
  if (!command.commands.empty()) return text + " COMMAND [OPTION...]";
  for (const OptionNode& option : command.options) {
    if (option.is_required) text.append(" ").append(option.names.front()).append(" ").append(option.value);
  }
  text.append(" [OPTION...]");
  for (const OptionNode& argument : command.positionals) {
    const std::string shown = argument.names.front() + (argument.is_repeatable ? "..." : "");
    text.append(argument.is_required ? " " + shown : " [" + shown + "]");
  }
  return text;
}

void AppendFooter(const std::string& footer, std::string& text) {
  std::istringstream lines(footer);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(' ')) {
      text.append(line).append("\n");
    } else {
      AppendWrapped(line, 0, 0, text, kHelpWidth);
    }
  }
}

}  // namespace

std::string HelpText(const CommandNode& command, const std::string& name) {
  std::string text;
  AppendWrapped(command.help, 0, 0, text, kHelpWidth);
  text.append("\n");
  AppendWrapped(Usage(command, name), 0, 4, text, kHelpWidth);
  if (!command.commands.empty()) text.append("\nCommands:\n");
  for (const CommandNode& child : command.commands) AppendEntry(child.name, child.help, text);
  if (!command.positionals.empty()) text.append("\nArguments:\n");
  for (const OptionNode& argument : command.positionals) {
    AppendEntry(NameOf(argument), DescriptionOf(argument), text);
  }
  // --help itself, the parser's first option, is what everybody knows.
  std::vector<OptionNode> options = command.options;
  const auto is_help = [](const OptionNode& option) { return option.names.front() == "--help"; };
  std::stable_partition(options.begin(), options.end(), [&](const OptionNode& option) { return !is_help(option); });
  if (!options.empty() && is_help(options.back()) && options.size() > 1) options.back().group = "Options";
  AppendOptions(options, text);
  if (!command.footer.empty()) text.append("\n");
  AppendFooter(command.footer, text);
  return text;
}

}  // namespace irsa::cli
