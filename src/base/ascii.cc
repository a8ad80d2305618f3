#include "irsa/base/ascii.h"

#include <algorithm>

namespace irsa::base {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), ToLower);
  return lower;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::ranges::equal(a, b, {}, ToLower, ToLower);
}

}  // namespace irsa::base
