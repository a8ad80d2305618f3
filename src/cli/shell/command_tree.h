// The command line as plain values, read from the definitions that also parse it: what --help, the manual page and the
// shell completions are made of.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace irsa::cli {

struct OptionNode {
  std::vector<std::string> names;    // with their dashes, long ones first; a positional argument has its one name
  std::string value;                 // what stands for the value, such as FILE; empty for a flag
  std::vector<std::string> choices;  // the only values, where there are few
  std::string group;
  std::string help;
  std::string default_text;  // empty: none to show
  bool is_required = false;
  bool is_repeatable = false;
  std::vector<std::string> excludes;  // options that cannot be given with it
  std::vector<std::string> needs;     // options that must be
};

struct CommandNode {
  std::string name;
  std::string help;
  std::string footer;                   // paragraphs, one a line; lines that begin with a space are to stay as they are
  std::vector<OptionNode> options;      // hidden ones left out
  std::vector<OptionNode> positionals;  // arguments without a name
  std::vector<CommandNode> commands;    // hidden ones left out
};

CommandNode DescribeCommand(const CLI::App& app);

// What --help prints, in lines of at most 80 columns; `name` is the command as it is called, "irsa issuer jwks".
std::string HelpText(const CommandNode& command, const std::string& name);

// A script for bash, fish or zsh to source, or to put where it looks for completions. It asks `PROGRAM __complete
// WORD...` at each completion, which answers with CompletionText.
std::string CompletionScript(const std::string& program, const std::string& shell);

// What the last of `words`, the arguments up to the cursor, can be: a line "WORD<tab>DESCRIPTION" for each, and a last
// line with what else the shell should offer: ":files", ":directories" or ":nothing". bash breaks --name=value into
// three words, other shells into none; both are understood.
std::string CompletionText(const CommandNode& root, std::span<const std::string_view> words);

// A manual page for section 1, in man(7) macros.
std::string ManualPage(const CommandNode& root, const std::string& version);

}  // namespace irsa::cli
