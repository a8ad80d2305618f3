#include "field_line.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace irsa::http {
namespace {

constexpr std::array<bool, 256> TokenCharacters() {
  std::array<bool, 256> is_token{};
  for (char c = '0'; c <= '9'; ++c) is_token[static_cast<uint8_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) is_token[static_cast<uint8_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) is_token[static_cast<uint8_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) is_token[static_cast<uint8_t>(c)] = true;
  return is_token;
}

constexpr auto kIsToken = TokenCharacters();

constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Bytes over 0x7f are allowed in values ("obs-text").
constexpr bool MayStandInValue(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kIsToken[static_cast<uint8_t>(c)]; });
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<FieldLine> ParseFieldLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const FieldLine field{line.substr(0, colon), TrimBlanks(line.substr(colon + 1))};
  if (!IsToken(field.name) || !std::ranges::all_of(field.value, MayStandInValue)) return std::nullopt;
  return field;
}

}  // namespace irsa::http
