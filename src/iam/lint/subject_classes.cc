#include "subject_classes.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "irsa/base/text.h"
#include "irsa/iam/web_identity.h"

namespace irsa::iam {
namespace {

constexpr size_t kMaxStates = 4000;
constexpr size_t kMaxSteps = 200'000;  // states times patterns: some 100 service accounts are far below

// Where a text stands that is to become a subject, behind kSubjectPrefix.
enum class Place : char { kNamespaceStart, kNamespace, kNamespaceHyphen, kNameStart, kName, kNameHyphen };

// Whether `c` may follow; moves `place` on if so.
bool Advance(char c, Place& place) {
  const bool in_namespace = place <= Place::kNamespaceHyphen;
  const bool after_letter = place == Place::kNamespace || place == Place::kName;
  if (base::IsLowerOrDigit(c)) {
    place = in_namespace ? Place::kNamespace : Place::kName;
  } else if (c == '-' && place != Place::kNamespaceStart && place != Place::kNameStart) {
    place = in_namespace ? Place::kNamespaceHyphen : Place::kNameHyphen;
  } else if ((c == ':' && in_namespace && after_letter) || (c == '.' && !in_namespace && after_letter)) {
    place = Place::kNameStart;
  } else {
    return false;
  }
  return true;
}

// The characters that need to be tried: those of the patterns, and one letter that stands for all others.
std::string Alphabet(const std::vector<Pattern>& patterns) {
  std::set<char> used{':', '-', '.'};
  for (const Pattern& pattern : patterns) {
    for (const char c : pattern.LiteralBytes()) {
      if (base::IsLowerOrDigit(c)) used.insert(c);
    }
  }
  for (const char c : std::string_view("xyzwvutsrqponmlkjihgfedcba0123456789")) {
    if (used.insert(c).second) break;
  }
  return {used.begin(), used.end()};
}

struct State {
  Place place = Place::kNamespaceStart;
  std::vector<Pattern::Places> patterns;
  std::string text;  // the shortest that leads here

  // All that decides what may follow.
  std::string Key() const {
    std::string key(1, static_cast<char>(place));
    for (const Pattern::Places& places : patterns) {
      for (const uint16_t at : places) {
        key.push_back(static_cast<char>(at & 0xff));
        key.push_back(static_cast<char>(at >> 8));
      }
      key.append("\xff\xff", 2);
    }
    return key;
  }
};

}  // namespace

std::string_view NamespaceIn(std::string_view pattern) {
  if (!pattern.starts_with(kSubjectPrefix)) return {};
  pattern.remove_prefix(kSubjectPrefix.size());
  const size_t colon = pattern.find(':');
  if (colon == std::string_view::npos || HasWildcards(pattern.substr(0, colon))) return {};
  return pattern.substr(0, colon);
}

bool IsServiceAccountSubject(std::string_view text) {
  if (!text.starts_with(kSubjectPrefix)) return false;
  text.remove_prefix(kSubjectPrefix.size());
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && base::IsDnsLabel(text.substr(0, colon)) &&
         base::IsDnsSubdomain(text.substr(colon + 1));
}

// Breadth first over the product of the grammar and the patterns, so that each class is found by a shortest subject.
SubjectClasses ClassesOf(const std::vector<Pattern>& patterns) {
  const std::string alphabet = Alphabet(patterns);
  State first;
  first.text = kSubjectPrefix;
  for (const Pattern& pattern : patterns) {
    Pattern::Places places = pattern.Start();
    for (const char c : kSubjectPrefix) places = pattern.After(places, c);
    first.patterns.push_back(std::move(places));
  }
  SubjectClasses classes;
  std::unordered_set<std::string> seen{first.Key()};
  std::set<std::vector<bool>> found;
  std::vector<State> states{std::move(first)};
  for (size_t i = 0; i < states.size(); ++i) {
    if (states[i].place == Place::kName) {
      std::vector<bool> matched;
      for (size_t p = 0; p < patterns.size(); ++p) matched.push_back(patterns[p].EndsAt(states[i].patterns[p]));
      if (IsServiceAccountSubject(states[i].text) && found.insert(std::move(matched)).second) {
        classes.subjects.push_back(states[i].text);
      }
    }
    for (const char c : alphabet) {
      State next;
      next.place = states[i].place;
      if (!Advance(c, next.place)) continue;
      for (size_t p = 0; p < patterns.size(); ++p) next.patterns.push_back(patterns[p].After(states[i].patterns[p], c));
      if (!seen.insert(next.Key()).second) continue;
      if (states.size() == kMaxStates || states.size() * patterns.size() > kMaxSteps) {
        classes.complete = false;
        continue;
      }
      next.text = states[i].text + c;
      states.push_back(std::move(next));
    }
  }
  return classes;
}

}  // namespace irsa::iam
