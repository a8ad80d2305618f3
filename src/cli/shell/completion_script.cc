#include <map>
#include <string>

#include "command_tree.h"

namespace irsa::cli {
namespace {

// PROGRAM stands for the program's name.
constexpr const char* kBash = R"(# bash completion for PROGRAM. For this shell:   source <(PROGRAM completion bash)
# For every shell:   PROGRAM completion bash >/etc/bash_completion.d/PROGRAM
_PROGRAM() {
  local current=${COMP_WORDS[COMP_CWORD]} line offer=
  [[ $current != = ]] || current=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) offer=$line ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $offer in
    :files) compopt -o default ;;
    :directories) compopt -o dirnames ;;
  esac
}
complete -F _PROGRAM PROGRAM
)";

constexpr const char* kZsh = R"(#compdef PROGRAM
# zsh completion for PROGRAM. For this shell:   source <(PROGRAM completion zsh)
# For every shell:   PROGRAM completion zsh >"${fpath[1]}/_PROGRAM"
_PROGRAM() {
  local line
  local -a lines described
  lines=("${(@f)$(${~words[1]} __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${(@)lines[1,-2]}"; do
    described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  (( ! $#described )) || _describe -V PROGRAM described
  case $lines[-1] in
    :files) compset -P '*='; _files ;;
    :directories) compset -P '*='; _files -/ ;;
  esac
}
if [[ $funcstack[1] == _PROGRAM ]]; then
  _PROGRAM "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _PROGRAM PROGRAM
fi
)";

constexpr const char* kFish = R"(# fish completion for PROGRAM. For this shell:   PROGRAM completion fish | source
# For every shell:   PROGRAM completion fish >~/.config/fish/completions/PROGRAM.fish
function __PROGRAM_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    set -l prefix (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    string match -v -r -- '^:' $lines
    switch "$lines[-1]"
        case :files
            for found in (__fish_complete_path $path)
                echo "$prefix$found"
            end
        case :directories
            for found in (__fish_complete_directories $path)
                echo "$prefix$found"
            end
    end
end
complete -c PROGRAM -f -k -a '(__PROGRAM_complete)'
)";

const std::map<std::string, const char*> kScripts = {{"bash", kBash}, {"fish", kFish}, {"zsh", kZsh}};

}  // namespace

std::string CompletionScript(const std::string& program, const std::string& shell) {
  const std::string placeholder = "PROGRAM";
  std::string script = kScripts.at(shell);
  for (size_t at = script.find(placeholder); at != std::string::npos; at = script.find(placeholder, at)) {
    script.replace(at, placeholder.size(), program);
    at += program.size();
  }
  return script;
}

}  // namespace irsa::cli
