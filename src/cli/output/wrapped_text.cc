#include "wrapped_text.h"

#include <algorithm>

namespace irsa::cli {

void AppendWrapped(std::string_view text, size_t column, size_t indent, std::string& out, size_t width) {
  bool is_first = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!is_first && column + 1 + word.size() > width) {
      out.append("\n").append(indent, ' ');
      column = indent;
    } else if (!is_first) {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += word.size();
    is_first = false;
  }
  out.push_back('\n');
}

}  // namespace irsa::cli
