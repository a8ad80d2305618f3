#include "command_tree.h"

namespace irsa::cli {
namespace {

// Calls `visit(path, node)` for the root ("") and each command below it ("/issuer/jwks").
template <typename Visit>
void Walk(const CommandNode& node, const std::string& path, const Visit& visit) {
  visit(path, node);
  for (const CommandNode& command : node.commands) Walk(command, path + "/" + command.name, visit);
}

std::string Words(const CommandNode& node) {
  std::string words;
  for (const CommandNode& command : node.commands) words.append(command.name).append(" ");
  for (const OptionNode& option : node.options) {
    for (const std::string& name : option.names) words.append(name).append(" ");
  }
  if (!words.empty()) words.pop_back();
  return words;
}

// In single quotes for fish, where only ' and \ are special inside them.
std::string FishQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "'";
}

std::string BashScript(const CommandNode& root) {
  std::string paths;
  std::string cases;
  Walk(root, "", [&](const std::string& path, const CommandNode& node) {
    if (!path.empty()) paths.append(paths.empty() ? "" : "|").append(path);
    cases.append("    \"" + path + "\") words='" + Words(node) + "' ;;\n");
  });
  // A word extends the path only where it is a command there, so that options' values do not count as commands.
  return "_" + root.name +
         "() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} path= word words=\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$path/$word\" in " +
         paths +
         ") path=$path/$word ;; esac\n"
         "  done\n"
         "  case $path in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _" +
         root.name + " " + root.name + "\n";
}

std::string FishOption(const std::string& condition, const OptionNode& option, const std::string& program) {
  std::string line = "complete -c " + program + " -n " + FishQuoted(condition);
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    line.append(is_long ? " -l " : " -s ").append(name.substr(is_long ? 2 : 1));
  }
  if (!option.value.empty()) line.append(" -r");
  return line.append(" -d ").append(FishQuoted(option.help)).append("\n");
}

std::string FishScript(const CommandNode& root) {
  std::string script;
  Walk(root, "", [&](const std::string& path, const CommandNode& node) {
    std::string condition = path.empty() ? "__fish_use_subcommand" : "";
    for (size_t start = 1; start < path.size();) {
      const size_t end = std::min(path.find('/', start), path.size());
      condition.append(condition.empty() ? "" : "; and ")
          .append("__fish_seen_subcommand_from " + path.substr(start, end - start));
      start = end + 1;
    }
    for (const CommandNode& command : node.commands) {
      script.append("complete -c " + root.name + " -f -n " + FishQuoted(condition) + " -a " + command.name + " -d " +
                    FishQuoted(command.help) + "\n");
    }
    for (const OptionNode& option : node.options) script.append(FishOption(condition, option, root.name));
  });
  return script;
}

}  // namespace

std::string CompletionScript(const CommandNode& root, Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return "# bash completion for " + root.name + ": source it, or put it into /etc/bash_completion.d\n" +
             BashScript(root);
    case Shell::kZsh:
      return "# zsh completion for " + root.name + ": source it\nautoload -U +X bashcompinit && bashcompinit\n" +
             BashScript(root);
    case Shell::kFish:
      break;
  }
  return "# fish completion for " + root.name + ": put it into ~/.config/fish/completions\n" + FishScript(root);
}

}  // namespace irsa::cli
