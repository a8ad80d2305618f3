// Comparing, matching and quoting the strings that policies are made of.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace irsa::iam {

// Orders condition keys, whose names are not case-sensitive.
struct KeyLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

// The quoted texts as `"a", "b" or "c"`; empty for none.
std::string QuotedList(const std::vector<std::string>& texts);

// A text with wildcards, put together piece by piece because a policy variable's value is never a wildcard, whatever
// characters it holds.
class Pattern {
 public:
  void AppendLiteral(std::string_view text);
  // `*` stands for any run of characters, the empty one too, and `?` for exactly one.
  void AppendWildcards(std::string_view text);

  // Takes at most (length of the text) x (length of the pattern) steps, whatever the pattern.
  bool Matches(std::string_view text) const;
  bool MatchesIgnoringCase(std::string_view text) const;

  // The pattern as an automaton over bytes, for finding out which texts match: the places at which it may stand before
  // any byte, those after one more, whether it may end at one of them, and the bytes that it tells apart. Without a
  // place it matches nothing that begins with what was read.
  using Places = std::vector<uint16_t>;
  Places Start() const;
  Places After(const Places& places, char byte) const;
  bool EndsAt(const Places& places) const;
  std::string LiteralBytes() const;

  // Cut at the first `count` - 1 literal occurrences of `separator`: at most `count` patterns, at least one.
  std::vector<Pattern> Split(char separator, size_t count) const;

 private:
  using Atom = uint16_t;  // a byte, or one of the two wildcards
  static constexpr Atom kAnyRun = 256;
  static constexpr Atom kAnyOne = 257;

  Places WithRuns(Places places) const;
  template <typename SameByte>
  bool Match(std::string_view text, SameByte same_byte) const;

  std::vector<Atom> atoms_;
};

// Whether `text` matches `pattern`, whose `*` and `?` are wildcards.
bool MatchesWildcards(std::string_view pattern, std::string_view text);
bool MatchesWildcardsIgnoringCase(std::string_view pattern, std::string_view text);

// What IAM's quotas count of a policy: its characters, but for white space between JSON's tokens.
size_t CountedCharacters(std::string_view text);

// The pattern with that letter for each wildcard.
std::string WithWildcardsAs(char letter, std::string_view pattern);

inline bool HasWildcards(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

}  // namespace irsa::iam
