#include "text.h"

#include <algorithm>
#include <cstdint>

namespace irsa::manifest {
namespace {

using base::ErrorCode;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct Lead {
  size_t length;
  uint32_t bits;     // of the code point that the first byte carries
  uint32_t minimum;  // below it the encoding is longer than it need be
};

Lead ReadLead(uint8_t byte) {
  if (byte < 0x80) return {1, byte, 0};
  if ((byte & 0xe0) == 0xc0) return {2, byte & 0x1fU, 0x80};
  if ((byte & 0xf0) == 0xe0) return {3, byte & 0x0fU, 0x800};
  if ((byte & 0xf8) == 0xf0) return {4, byte & 0x07U, 0x10000};
  return {0, 0, 0};
}

// The length of the character at the beginning of `text`, or 0 when it is not UTF-8 (RFC 3629).
size_t CharacterLength(std::string_view text) {
  const Lead lead = ReadLead(static_cast<uint8_t>(text.front()));
  if (lead.length > text.size()) return 0;
  uint32_t code_point = lead.bits;
  for (size_t i = 1; i < lead.length; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return 0;
    code_point = code_point << 6 | (byte & 0x3fU);
  }
  const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  return code_point < lead.minimum || code_point > 0x10ffff || is_surrogate ? 0 : lead.length;
}

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
    const size_t length = CharacterLength(text.substr(i));
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
    size_t length = CharacterLength(scalar);
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
