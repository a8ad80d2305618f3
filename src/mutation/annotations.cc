#include "irsa/mutation/annotations.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace irsa::mutation {
namespace {

struct Known {
  std::string_view name;
  bool on_service_account;
  bool on_pod;

  bool BelongsOn(AnnotationHolder holder) const {
    return holder == AnnotationHolder::kPod ? on_pod : on_service_account;
  }
};

constexpr std::array kKnown = {
    Known{kRoleArnAnnotation, true, false},
    Known{kAudienceAnnotation, true, false},
    Known{kStsRegionalEndpointsAnnotation, true, false},
    Known{kTokenExpirationAnnotation, true, true},
    Known{kSkipContainersAnnotation, false, true},
};

constexpr size_t kMaxEdits = 2;  // with three, "audience" would be meant by most short words

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Whether at most `edits` insertions, removals, replacements and swaps of neighbours make `b` of `a`.
bool IsWithin(std::string_view a, std::string_view b, size_t edits) {
  while (!a.empty() && !b.empty() && Lower(a.front()) == b.front()) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() || b.empty()) return std::max(a.size(), b.size()) <= edits;
  if (edits == 0) return false;
  const bool swapped = a.size() > 1 && b.size() > 1 && Lower(a[0]) == b[1] && Lower(a[1]) == b[0];
  return (swapped && IsWithin(a.substr(2), b.substr(2), edits - 1)) || IsWithin(a.substr(1), b.substr(1), edits - 1) ||
         IsWithin(a.substr(1), b, edits - 1) || IsWithin(a, b.substr(1), edits - 1);
}

const Known* Closest(std::string_view name) {
  for (size_t edits = 0; edits <= kMaxEdits; ++edits) {
    for (const Known& known : kKnown) {
      if (IsWithin(name, known.name, edits)) return &known;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<std::string_view> AnnotationName(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || !key.substr(prefix.size()).starts_with('/')) return std::nullopt;
  return key.substr(prefix.size() + 1);
}

Warning UnknownAnnotation(std::string_view key, std::string_view prefix, AnnotationHolder holder) {
  const std::string_view name = key.substr(prefix.size() + 1);
  const std::string quoted = Quoted(key, prefix.size() + 1 + kMaxQuotedBytes);  // the prefix is ours
  const bool on_pod = holder == AnnotationHolder::kPod;
  const std::string elsewhere = on_pod ? "on the service account" : "on pods";
  const Known* known = Closest(name);
  std::string text;
  if (known == nullptr) {
    text = "unknown annotation " + quoted + " is ignored";
  } else if (known->name == name) {
    text = "annotation " + quoted + " has no effect on a " + (on_pod ? "pod" : "service account") + ": it belongs " +
           elsewhere;
  } else {
    text = "unknown annotation " + quoted + " is ignored: did you mean " + std::string(known->name) +
           (known->BelongsOn(holder) ? "?" : ", " + elsewhere + "?");
  }
  return {WarningReason::kUnknownAnnotation, std::move(text)};
}

}  // namespace irsa::mutation
