// Texts of warnings, which foreign values are part of: quoted, and shortened as far as the rest of the text asks for.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "irsa/base/text.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

// What is kept of each foreign value, however long the rest is: enough to know it by.
inline constexpr size_t kMinFittingBytes = 16;
inline constexpr size_t kMaxTextBytes = 119;
inline constexpr size_t kQuotingBytes = 5;  // two quotes, and "…" behind them

// A view of a part of a text.
struct TextPart {
  template <std::convertible_to<std::string_view> Text>
  TextPart(const Text& plain) : text(plain) {}  // NOLINT(google-explicit-constructor)

  std::string_view text;
  bool is_foreign = false;
};
using TextParts = std::initializer_list<TextPart>;

inline TextPart Foreign(std::string_view value) {
  TextPart part = value;
  part.is_foreign = true;
  return part;
}

// The bytes that each foreign value may take, quoted, in a text of under 120 bytes.
inline size_t RoomForEach(TextParts parts) {
  size_t plain_bytes = 0;
  size_t values = 0;
  for (const TextPart& part : parts) part.is_foreign ? ++values : plain_bytes += part.text.size();
  return (kMaxTextBytes - std::min(plain_bytes, kMaxTextBytes)) / std::max<size_t>(values, 1);
}

inline bool LeavesRoom(TextParts parts) { return RoomForEach(parts) >= kQuotingBytes + kMinFittingBytes; }

// The text; it stays under 120 bytes if that leaves kMinFittingBytes of each foreign value.
inline std::string TextOf(TextParts parts) {
  const size_t room = RoomForEach(parts);
  const size_t most = std::clamp(room - std::min(room, kQuotingBytes), kMinFittingBytes, kMaxQuotedBytes);
  std::string text;
  for (const TextPart& part : parts) {
    if (part.is_foreign) {
      text.append(base::Quoted(part.text, most));
    } else {
      text.append(part.text);
    }
  }
  return text;
}

// What is said of an annotation's value: "KEY "VALUE" WHAT".
inline Warning AboutValue(WarningReason reason, std::string_view key, std::string_view value, std::string_view what) {
  return {reason, TextOf({key, " ", Foreign(value), " ", what})};
}

}  // namespace irsa::identity
