#include "irsa/identity/rules/annotations.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "irsa/base/likely_meant.h"
#include "irsa/identity/rules/skip_containers.h"

#include "annotation_reading.h"
#include "fitting.h"

namespace irsa::identity {
namespace {

void ReadRoleArn(const Annotation& annotation, AccountReading& reading) {
  if (auto arn = ParseRoleArn(annotation.key, annotation.value, reading.warnings)) reading.role_arn = *std::move(arn);
}

void ReadAudience(const Annotation& annotation, AccountReading& reading) {
  reading.audience = ParseAudience(annotation.key, annotation.value, reading.warnings);
}

void ReadRegionalSts(const Annotation& annotation, AccountReading& reading) {
  if (const auto regional = ParseBool(annotation.value)) {
    reading.terms.regional_sts = *regional;
    return;
  }
  reading.warnings.push_back(AboutValue(WarningReason::kIgnoredValue, annotation.key, annotation.value,
                                        reading.settings.regional_sts
                                            ? "is not true or false; the default is used, true"
                                            : "is not true or false; the default is used, false"));
}

void ReadExpirationOfAccount(const Annotation& annotation, AccountReading& reading) {
  reading.terms.token_expiration = ParseTokenExpiration(annotation.key, annotation.value, reading.warnings);
}

void ReadPodIdentity(const Annotation& annotation, AccountReading& reading) {
  if (const auto uses_it = ParseBool(annotation.value)) {
    reading.uses_pod_identity = *uses_it;
    return;
  }
  reading.warnings.push_back(AboutValue(WarningReason::kIgnoredValue, annotation.key, annotation.value,
                                        "is not true or false; the default is used, false"));
}

void ReadExpirationOfPod(const Annotation& annotation, PodReading& reading) {
  reading.token_expiration = ParseTokenExpiration(annotation.key, annotation.value, reading.warnings);
}

void ReadSkipContainers(const Annotation& annotation, PodReading& reading) {
  auto skipped = ParseSkipContainers(annotation.value);
  if (!skipped) {
    reading.warnings.push_back(AboutValue(WarningReason::kMalformedSkipContainers, annotation.key, annotation.value,
                                          "is no CSV record of up to 2000 names; no container is skipped"));
    return;
  }
  reading.skipped = *std::move(skipped);
  if (!reading.skipped.has_more_records) return;
  reading.warnings.push_back(
      {WarningReason::kIgnoredValue,
       std::string(annotation.key) + " has more than one line; only the first is read: put commas between names"});
}

constexpr std::array kKnown = {
    KnownAnnotation{kRoleArnAnnotation, ReadRoleArn, nullptr, "ARN of the IAM role that pods of the account get"},
    KnownAnnotation{kAudienceAnnotation, ReadAudience, nullptr, "audience of the token, over --token-audience"},
    KnownAnnotation{kStsRegionalEndpointsAnnotation, ReadRegionalSts, nullptr,
                    "true or false: whether SDKs call STS in their region, over --sts-regional-endpoint"},
    KnownAnnotation{kTokenExpirationAnnotation, ReadExpirationOfAccount, ReadExpirationOfPod,
                    "lifetime of the token in seconds, over --token-expiration; the pod's wins"},
    KnownAnnotation{kPodIdentityAnnotation, ReadPodIdentity, nullptr,
                    "true: pods of the account use EKS Pod Identity, whatever role-arn says"},
    KnownAnnotation{kSkipContainersAnnotation, nullptr, ReadSkipContainers,
                    "names of containers to leave alone, separated by commas"},
};

const KnownAnnotation* Closest(std::string_view name) {
  std::array<std::string_view, kKnown.size()> names;
  std::transform(kKnown.begin(), kKnown.end(), names.begin(), [](const KnownAnnotation& known) { return known.name; });
  return FindAnnotation(base::LikelyMeant(name, names));
}

}  // namespace

std::span<const KnownAnnotation> KnownAnnotations() { return kKnown; }

const KnownAnnotation* FindAnnotation(std::string_view name) {
  const auto* known =
      std::find_if(kKnown.begin(), kKnown.end(), [name](const KnownAnnotation& one) { return one.name == name; });
  return known == kKnown.end() ? nullptr : known;
}

std::optional<std::string_view> AnnotationName(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || !key.substr(prefix.size()).starts_with('/')) return std::nullopt;
  return key.substr(prefix.size() + 1);
}

Warning UnknownAnnotation(std::string_view key, std::string_view prefix, AnnotationHolder holder) {
  const std::string_view name = key.substr(prefix.size() + 1);
  const std::string quoted = Quoted(key, prefix.size() + 1 + kMaxQuotedBytes);  // the prefix is ours
  const bool on_pod = holder == AnnotationHolder::kPod;
  const std::string elsewhere = on_pod ? "on the service account" : "on pods";
  const KnownAnnotation* known = Closest(name);
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

}  // namespace irsa::identity
