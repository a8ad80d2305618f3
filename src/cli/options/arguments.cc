#include "arguments.h"

namespace irsa::cli {

std::vector<std::string> WithEmptyValuesApart(std::span<const std::string_view> words) {
  std::vector<std::string> apart;
  for (const std::string_view word : words) {
    const bool has_empty_value = word.starts_with('-') && word.find('=') == word.size() - 1;
    apart.emplace_back(has_empty_value ? word.substr(0, word.size() - 1) : word);
    if (has_empty_value) apart.emplace_back();
  }
  return apart;
}

std::vector<std::string> WithHelpBehind(std::vector<std::string> words) {
  const bool asks_for_help = words.size() > 1 && words[1] == "help";
  if (!asks_for_help) return words;
  words.erase(words.begin() + 1);
  words.emplace_back("--help");
  return words;
}

}  // namespace irsa::cli
