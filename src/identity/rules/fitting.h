// Foreign values in warnings that say much else besides.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "irsa/base/text.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

// What is kept of each foreign value, however long the rest is: enough to know it by.
inline constexpr size_t kMinFittingBytes = 16;
inline constexpr size_t kMaxTextBytes = 119;
inline constexpr size_t kQuotingBytes = 5;  // two quotes, and "…" behind them

// Whether a text with `other_bytes` beside a foreign value has room for as much of it.
inline bool LeavesRoom(size_t other_bytes) { return other_bytes + kQuotingBytes + kMinFittingBytes <= kMaxTextBytes; }

// The value as base::Quoted shows it, shortened further for a text that has `other_bytes` beside the values of which
// this is one of `values`: so that it stays under 120 bytes, if that leaves kMinFittingBytes.
inline std::string QuotedToFit(std::string_view value, size_t other_bytes, size_t values = 1) {
  const size_t room = kMaxTextBytes - std::min(other_bytes, kMaxTextBytes);
  const size_t share = room / values;
  return base::Quoted(value, std::clamp(share - std::min(share, kQuotingBytes), kMinFittingBytes, kMaxQuotedBytes));
}

// What is said of an annotation's value: "KEY "VALUE" WHAT".
inline Warning AboutValue(WarningReason reason, std::string_view key, std::string_view value, std::string_view what) {
  std::string text(key);
  text.append(" ").append(QuotedToFit(value, key.size() + what.size() + 2)).append(" ").append(what);
  return {reason, std::move(text)};
}

}  // namespace irsa::identity
