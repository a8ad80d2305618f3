// The command line as plain values, read from the definitions that also parse it: what the manual page and the shell
// completions are made of.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace irsa::cli {

struct OptionNode {
  std::vector<std::string> names;  // with their dashes, long ones first
  std::string value;               // the value's type name; empty for a flag
  std::string group;
  std::string help;
  std::string default_text;  // empty: none to show
};

struct CommandNode {
  std::string name;
  std::string help;
  std::vector<OptionNode> options;  // hidden ones left out
  std::vector<CommandNode> commands;
};

CommandNode DescribeCommand(const CLI::App& app);

enum class Shell { kBash, kZsh, kFish };

// A script to source (bash, zsh) or to put into the completions directory (fish).
std::string CompletionScript(const CommandNode& root, Shell shell);

// A manual page for section 1, in man(7) macros.
std::string ManualPage(const CommandNode& root, const std::string& version);

}  // namespace irsa::cli
