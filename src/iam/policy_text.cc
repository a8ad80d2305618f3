#include "irsa/iam/policy_text.h"

#include <algorithm>

#include "irsa/base/text.h"
#include "irsa/base/wildcards.h"

namespace irsa::iam {

using base::ContinuesCharacter;
using base::ToLower;

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

template <typename SameByte>
bool Pattern::Match(std::string_view text, SameByte same_byte) const {
  const auto next_character = [text](size_t from) {
    size_t end = from + 1;
    while (end < text.size() && ContinuesCharacter(text[end])) ++end;
    return end;
  };
  const auto take = [&](size_t p, size_t t) {
    if (atoms_[p] == kAnyOne) return next_character(t);
    return same_byte(static_cast<char>(atoms_[p]), text[t]) ? t + 1 : t;
  };
  return base::MatchesRuns(
      atoms_.size(), text.size(), [this](size_t p) { return atoms_[p] == kAnyRun; }, take, next_character);
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
  std::ranges::sort(places);
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

bool Pattern::EndsAt(const Places& places) const { return std::ranges::find(places, atoms_.size()) != places.end(); }

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

size_t CountedCharacters(std::string_view text) {
  size_t count = 0;
  bool in_string = false;
  bool escaped = false;
  for (const char c : text) {
    const bool white_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if ((in_string || !white_space) && !base::ContinuesCharacter(c)) ++count;
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = in_string && c == '\\' && !escaped;
  }
  return count;
}

std::string WithWildcardsAs(char letter, std::string_view pattern) {
  std::string text(pattern);
  std::ranges::replace_if(
      text, [](char c) { return c == '*' || c == '?'; }, letter);
  return text;
}

}  // namespace irsa::iam
