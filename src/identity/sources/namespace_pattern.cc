#include "irsa/identity/sources/namespace_pattern.h"

#include <algorithm>
#include <vector>

#include "irsa/base/text.h"
#include "irsa/base/wildcards.h"

namespace irsa::identity {
namespace {

constexpr char kAny = '*';
constexpr size_t kMaxBytes = 63;  // of a namespace

}  // namespace

bool IsNamespacePattern(std::string_view text) {
  return text.size() <= kMaxBytes && text.find(kAny) != std::string_view::npos &&
         text.find("**") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return base::IsLowerOrDigit(c) || c == '-' || c == kAny; });
}

bool MatchesNamespace(std::string_view pattern, std::string_view namespace_name) {
  return base::MatchesPattern(pattern, kAny, namespace_name);
}

size_t SpecificityOf(std::string_view pattern) {
  return pattern.size() - static_cast<size_t>(std::ranges::count(pattern, kAny));
}

bool PatternsOverlap(std::string_view one, std::string_view other) {
  // [j]: whether what is read of `one` and the first j characters of `other` match some common text.
  std::vector<bool> row(other.size() + 1);
  row[0] = true;
  for (size_t j = 1; j <= other.size(); ++j) row[j] = row[j - 1] && other[j - 1] == kAny;
  for (const char c : one) {
    std::vector<bool> next(other.size() + 1);
    next[0] = row[0] && c == kAny;
    for (size_t j = 1; j <= other.size(); ++j) {
      const char d = other[j - 1];
      next[j] = c == kAny || d == kAny ? row[j] || next[j - 1] : c == d && row[j - 1];
    }
    row = std::move(next);
  }
  return row[other.size()];
}

}  // namespace irsa::identity
