#include <algorithm>
#include <string_view>

#include "json_document.h"

namespace irsa::admission {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kStarts = "-0123456789";
constexpr std::string_view kNumberCharacters = "-+.eE0123456789";

// Takes the leading digits off `text`; whether there were any.
bool TakeDigits(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of(kDigits), text.size());
  text.remove_prefix(count);
  return count > 0;
}

bool TakeAny(std::string_view characters, std::string_view& text) {
  const bool found = !text.empty() && characters.find(text.front()) != std::string_view::npos;
  if (found) text.remove_prefix(1);
  return found;
}

bool IsNumber(std::string_view text) {
  TakeAny("-", text);
  if (!TakeAny("0", text) && !TakeDigits(text)) return false;
  if (TakeAny(".", text) && !TakeDigits(text)) return false;
  if (TakeAny("eE", text)) {
    TakeAny("+-", text);
    if (!TakeDigits(text)) return false;
  }
  return text.empty();
}

// The place after the string whose opening quote is at `start`.
size_t EndOfString(std::string_view text, size_t start) {
  for (size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return text.size();
}

}  // namespace

std::string BlankNumbers(std::string text) {
  const std::string_view view = text;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      i = EndOfString(view, i);
    } else if (kStarts.find(text[i]) == std::string_view::npos) {
      ++i;
    } else {
      const size_t end = std::min(view.find_first_not_of(kNumberCharacters, i), view.size());
      if (IsNumber(view.substr(i, end - i))) {
        std::fill(text.begin() + static_cast<std::ptrdiff_t>(i), text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
        text[i] = '0';
      }
      i = end;
    }
  }
  return text;
}

}  // namespace irsa::admission
