#include <algorithm>
#include <cstddef>

#include "irsa/base/text.h"

namespace irsa::base {
namespace {

constexpr size_t kMaxEdits = 2;  // with three, a word of eight letters would be meant by most short ones

bool IsSame(char a, char b) { return ToLower(a) == ToLower(b); }

// Whether at most `edits` of them make `b` of `a`.
bool IsWithin(std::string_view a, std::string_view b, size_t edits) {
  while (!a.empty() && !b.empty() && IsSame(a.front(), b.front())) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() || b.empty()) return std::max(a.size(), b.size()) <= edits;
  if (edits == 0) return false;
  const bool swapped = a.size() > 1 && b.size() > 1 && IsSame(a[0], b[1]) && IsSame(a[1], b[0]);
  return (swapped && IsWithin(a.substr(2), b.substr(2), edits - 1)) || IsWithin(a.substr(1), b.substr(1), edits - 1) ||
         IsWithin(a.substr(1), b, edits - 1) || IsWithin(a, b.substr(1), edits - 1);
}

}  // namespace

std::string_view LikelyMeant(std::string_view text, std::span<const std::string_view> candidates) {
  for (size_t edits = 0; edits <= kMaxEdits; ++edits) {
    for (const std::string_view candidate : candidates) {
      if (edits < candidate.size() / 2 && IsWithin(text, candidate, edits)) return candidate;
    }
  }
  return {};
}

}  // namespace irsa::base
