#include "irsa/cli/arguments.h"

#include <string_view>

namespace irsa::cli {

std::vector<std::string> WithEmptyValuesApart(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool has_empty_value = word.starts_with('-') && word.find('=') == word.size() - 1;
    words.emplace_back(has_empty_value ? word.substr(0, word.size() - 1) : word);
    if (has_empty_value) words.emplace_back();
  }
  return words;
}

}  // namespace irsa::cli
