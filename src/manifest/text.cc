#include "text.h"

#include <algorithm>
#include <cstdint>

#include "irsa/base/text.h"

namespace irsa::manifest {
namespace {

using base::ErrorCode;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsControl(char c) { return static_cast<uint8_t>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; }

std::string WithLineFeeds(std::string_view text) {
  std::string lines;
  lines.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_return = text[i] == '\r';
    lines.push_back(is_return ? '\n' : text[i]);
    if (is_return && i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return lines;
}

}  // namespace

base::Result<std::string_view> CleanText(std::string_view text, std::string& storage) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.find('\r') != text.npos) {
    storage = WithLineFeeds(text);
    text = storage;
  }
  for (size_t i = 0; i < text.size();) {
    const size_t length = base::Utf8Length(text.substr(i));
    if (length == 0 || IsControl(text[i])) {
      const std::string_view what = length == 0 ? "not UTF-8" : "a control character";
      return base::WithContext({ErrorCode::kMalformed, std::string(what)}, "line " + std::to_string(LineAt(text, i)));
    }
    i += length;
  }
  return text;
}

std::string RepairEscapes(std::string_view scalar) {
  std::string repaired;
  repaired.reserve(scalar.size());
  while (!scalar.empty()) {
    size_t length = base::Utf8Length(scalar);
    if (length == 0) {
      repaired.push_back('\xc2');  // with which both are UTF-8
      length = 1;
    }
    repaired.append(scalar.substr(0, length));
    scalar.remove_prefix(length);
  }
  return repaired;
}

size_t LineAt(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
}

TextBuffer::TextBuffer(std::string_view text) {
  char* begin = const_cast<char*>(text.data());  // the interface of streambuf wants it; nothing is ever written
  setg(begin, begin, begin + text.size());
}

}  // namespace irsa::manifest
