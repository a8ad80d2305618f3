#include "irsa/base/text.h"

#include <algorithm>
#include <charconv>

namespace irsa::base {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), ToLower);
  return lower;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::ranges::equal(a, b, {}, ToLower, ToLower);
}

std::string_view Trimmed(std::string_view text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
  return text.substr(0, text.find_last_not_of(characters) + 1);  // npos + 1 is 0
}

std::string_view TakeUntil(char separator, std::string_view& text) {
  const std::string_view taken = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(taken.size() + 1, text.size()));
  return taken;
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

namespace {

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

// A DNS label of any length.
bool HasLabelForm(std::string_view text) {
  return !text.empty() && IsLowerOrDigit(text.front()) && IsLowerOrDigit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  if (text.empty()) return 0;
  const Lead lead = ReadLead(static_cast<uint8_t>(text.front()));
  if (lead.length > text.size()) return 0;
  uint32_t code_point = lead.bits;
  for (size_t i = 1; i < lead.length; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (!ContinuesCharacter(text[i])) return 0;
    code_point = code_point << 6 | (byte & 0x3fU);
  }
  const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  return code_point < lead.minimum || code_point > 0x10ffff || is_surrogate ? 0 : lead.length;
}

size_t PrintableLength(std::string_view text) {
  const size_t length = Utf8Length(text);
  if (length == 0) return 0;
  const auto first = static_cast<uint8_t>(text.front());
  const bool is_c1 = first == 0xc2 && static_cast<uint8_t>(text[1]) < 0xa0;
  return first < 0x20 || first == 0x7f || is_c1 ? 0 : length;
}

size_t CharacterCount(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return !ContinuesCharacter(c); }));
}

std::string Shortened(std::string text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  constexpr std::string_view kEllipsis = "…";
  size_t size = max_bytes - kEllipsis.size();
  while (size > 0 && ContinuesCharacter(text[size])) --size;
  text.resize(size);
  return text.append(kEllipsis);
}

std::string Quoted(std::string_view text, size_t max_bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  size_t taken = 0;
  while (taken < text.size()) {
    const size_t length = PrintableLength(text.substr(taken));
    std::string escaped;
    std::string_view shown = text.substr(taken, std::max<size_t>(length, 1));
    if (length == 0) {
      const auto byte = static_cast<uint8_t>(text[taken]);
      shown = escaped.append("\\x").append({kHex[byte >> 4], kHex[byte & 0xf]});
    } else if (text[taken] == '"' || text[taken] == '\\') {
      shown = escaped.append("\\").append(shown);
    }
    if (quoted.size() - 1 + shown.size() > max_bytes) break;
    quoted.append(shown);
    taken += std::max<size_t>(length, 1);
  }
  return quoted.append(taken < text.size() ? "\"…" : "\"");
}

std::string Joined(std::span<const std::string> texts, std::string_view separator) {
  std::string joined;
  for (const std::string& text : texts) joined.append(&text == &texts.front() ? "" : separator).append(text);
  return joined;
}

std::string ShellWord(std::string_view text) {
  constexpr std::string_view kPlain = "-_./:=,@+%";
  const auto is_plain = [&](char c) { return IsAlphanumeric(c) || kPlain.find(c) != std::string_view::npos; };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) c == '\'' ? quoted.append(R"('\'')") : quoted.append(1, c);
  return quoted + "'";
}

bool IsDnsLabel(std::string_view text) { return text.size() <= 63 && HasLabelForm(text); }

bool IsDnsSubdomain(std::string_view text) {
  if (text.size() > 253) return false;
  while (true) {
    const size_t dot = std::min(text.find('.'), text.size());
    if (!HasLabelForm(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace irsa::base
