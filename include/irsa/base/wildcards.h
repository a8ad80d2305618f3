// Patterns with a wildcard that stands for any text, none included.
#pragma once

#include <cstddef>
#include <string_view>

namespace irsa::base {

// Whether a pattern of `pattern_size` places matches a text of `text_size` bytes.
//
// `is_run(p)`: the pattern has that wildcard at p. `take(p, t)`: where the text goes on once p, which is none, has
// taken its share from t; t itself when it cannot. `next(t)`: where the character that begins at t ends.
//
// After a mismatch only the last such wildcard is made to take one more character, which finds a match if there is one,
// in at most as many steps as the product of the sizes.
template <typename IsRun, typename Take, typename Next>
bool MatchesRuns(size_t pattern_size, size_t text_size, IsRun is_run, Take take, Next next) {
  constexpr size_t kNone = static_cast<size_t>(-1);
  size_t p = 0;
  size_t t = 0;
  size_t after_run = kNone;
  size_t run_end = 0;
  while (t < text_size) {
    const bool runs = p < pattern_size && is_run(p);
    const size_t taken = runs || p == pattern_size ? t : take(p, t);
    if (runs) {
      after_run = ++p;
      run_end = t;
    } else if (taken > t) {
      ++p;
      t = taken;
    } else if (after_run != kNone) {
      p = after_run;
      t = run_end = next(run_end);
    } else {
      return false;
    }
  }
  while (p < pattern_size && is_run(p)) ++p;
  return p == pattern_size;
}

// The same for a pattern in which only `any` means something else than itself.
inline bool MatchesPattern(std::string_view pattern, char any, std::string_view text) {
  return MatchesRuns(
      pattern.size(), text.size(), [&](size_t p) { return pattern[p] == any; },
      [&](size_t p, size_t t) { return pattern[p] == text[t] ? t + 1 : t; }, [](size_t t) { return t + 1; });
}

}  // namespace irsa::base
