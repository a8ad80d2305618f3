#include "irsa/iam/policy_text.h"

#include <algorithm>

#include "irsa/base/ascii.h"
#include "irsa/base/text.h"

namespace irsa::iam {
namespace {

using base::ContinuesCharacter;
using base::ToLower;

}  // namespace

bool KeyLess::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return ToLower(x) < ToLower(y); });
}

std::string QuotedList(const std::vector<std::string>& texts) {
  std::string list;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) list.append(i + 1 == texts.size() ? " or " : ", ");
    list.append(base::Quoted(texts[i]));
  }
  return list;
}

void Pattern::AppendLiteral(std::string_view text) {
  for (const char c : text) atoms_.push_back(static_cast<unsigned char>(c));
}

void Pattern::AppendWildcards(std::string_view text) {
  for (const char c : text) {
    atoms_.push_back(c == '*' ? kAnyRun : c == '?' ? kAnyOne : static_cast<unsigned char>(c));
  }
}

// Greedy: after a mismatch only the last `*` is made to take one more character, which finds a match if there is one.
template <typename SameByte>
bool Pattern::Match(std::string_view text, SameByte same_byte) const {
  constexpr size_t kNone = static_cast<size_t>(-1);
  size_t p = 0;
  size_t t = 0;
  size_t last_run = kNone;  // the place after the last `*` in the pattern, and what it has to match from
  size_t run_end = 0;
  const auto next_character = [&text](size_t from) {
    size_t end = from + 1;
    while (end < text.size() && ContinuesCharacter(text[end])) ++end;
    return end;
  };
  while (t < text.size()) {
    if (p < atoms_.size() && atoms_[p] == kAnyRun) {
      last_run = ++p;
      run_end = t;
    } else if (p < atoms_.size() && atoms_[p] == kAnyOne) {
      ++p;
      t = next_character(t);
    } else if (p < atoms_.size() && same_byte(static_cast<char>(atoms_[p]), text[t])) {
      ++p;
      ++t;
    } else if (last_run != kNone) {
      p = last_run;
      t = run_end = next_character(run_end);
    } else {
      return false;
    }
  }
  return std::all_of(atoms_.begin() + static_cast<std::ptrdiff_t>(p), atoms_.end(),
                     [](Atom atom) { return atom == kAnyRun; });
}

bool Pattern::Matches(std::string_view text) const {
  return Match(text, [](char a, char b) { return a == b; });
}

bool Pattern::MatchesIgnoringCase(std::string_view text) const {
  return Match(text, [](char a, char b) { return ToLower(a) == ToLower(b); });
}

// Also at what follows a `*`, and no longer at what precedes the last one: from there on it decides alone.
Pattern::Places Pattern::WithRuns(Places places) const {
  size_t last_run = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] >= atoms_.size() || atoms_[places[i]] != kAnyRun) continue;
    last_run = places[i];
    places.push_back(static_cast<uint16_t>(places[i] + 1));
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  places.erase(places.begin(), std::lower_bound(places.begin(), places.end(), last_run));
  return places;
}

Pattern::Places Pattern::Start() const { return WithRuns({0}); }

Pattern::Places Pattern::After(const Places& places, char byte) const {
  Places after;
  for (const uint16_t place : places) {
    if (place >= atoms_.size()) continue;
    if (atoms_[place] == kAnyRun) {
      after.push_back(place);
    } else if (atoms_[place] == kAnyOne || atoms_[place] == static_cast<unsigned char>(byte)) {
      after.push_back(static_cast<uint16_t>(place + 1));
    }
  }
  return WithRuns(std::move(after));
}

bool Pattern::EndsAt(const Places& places) const {
  return std::find(places.begin(), places.end(), atoms_.size()) != places.end();
}

std::string Pattern::LiteralBytes() const {
  std::string bytes;
  for (const Atom atom : atoms_) {
    if (atom < kAnyRun) bytes.push_back(static_cast<char>(atom));
  }
  return bytes;
}

std::vector<Pattern> Pattern::Split(char separator, size_t count) const {
  std::vector<Pattern> parts(1);
  for (const Atom atom : atoms_) {
    if (atom == static_cast<unsigned char>(separator) && parts.size() < count) {
      parts.emplace_back();
    } else {
      parts.back().atoms_.push_back(atom);
    }
  }
  return parts;
}

bool MatchesWildcards(std::string_view pattern, std::string_view text) {
  Pattern compiled;
  compiled.AppendWildcards(pattern);
  return compiled.Matches(text);
}

bool MatchesWildcardsIgnoringCase(std::string_view pattern, std::string_view text) {
  Pattern compiled;
  compiled.AppendWildcards(pattern);
  return compiled.MatchesIgnoringCase(text);
}

}  // namespace irsa::iam
