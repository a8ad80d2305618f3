#include "irsa/mutation/annotations.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "irsa/base/likely_meant.h"

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

const Known* FindKnown(std::string_view name) {
  const auto* known = std::find_if(kKnown.begin(), kKnown.end(), [name](const Known& one) { return one.name == name; });
  return known == kKnown.end() ? nullptr : known;
}

const Known* Closest(std::string_view name) {
  std::array<std::string_view, kKnown.size()> names;
  std::transform(kKnown.begin(), kKnown.end(), names.begin(), [](const Known& known) { return known.name; });
  return FindKnown(base::LikelyMeant(name, names));
}

}  // namespace

std::optional<std::string_view> AnnotationName(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || !key.substr(prefix.size()).starts_with('/')) return std::nullopt;
  return key.substr(prefix.size() + 1);
}

bool HasMeaningOn(std::string_view name, AnnotationHolder holder) {
  const Known* known = FindKnown(name);
  return known != nullptr && known->BelongsOn(holder);
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
