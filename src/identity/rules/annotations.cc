#include "irsa/identity/rules/annotations.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"
#include "irsa/identity/rules/container_selection.h"

#include "annotation_reading.h"
#include "fitting.h"

namespace irsa::identity {
namespace {

// On accounts and namespaces, under different names.
void ReadRoleArn(const Annotation& annotation, AnnotationReading& reading) {
  const RoleComposition& composition = reading.settings.composition;
  std::string composed = ComposeRoleArn(annotation.value, composition);
  if (IsRoleWithoutAccount(composed, composition) && composed.size() <= kMaxRoleArnBytes) {
    reading.role_arn = std::move(composed);
    return;
  }
  if (auto arn = ParseRoleArn(annotation.key, composed, reading.warnings)) reading.role_arn = *std::move(arn);
}

void ReadAudience(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.audience = ParseAudience(annotation.key, annotation.value, reading.warnings);
}

// A value that is neither true nor false is ignored, with a warning that says what holds.
std::optional<bool> ReadBool(const Annotation& annotation, bool otherwise, std::vector<Warning>& warnings) {
  const auto value = ParseGoBool(annotation.value);
  if (!value) {
    warnings.push_back(AboutValue(WarningReason::kIgnoredValue, annotation.key, annotation.value,
                                  otherwise ? "is not true or false; the default is used, true"
                                            : "is not true or false; the default is used, false"));
  }
  return value;
}

void ReadRegionalSts(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.regional_sts = ReadBool(annotation, reading.settings.regional_sts, reading.warnings);
}

void ReadPodIdentity(const Annotation& annotation, AnnotationReading& reading) {
  reading.uses_pod_identity = ReadBool(annotation, false, reading.warnings).value_or(false);
}

void ReadUseFips(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.use_fips = ReadBool(annotation, false, reading.warnings).value_or(false);
}

void ReadRegion(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.region = ParseRegion(annotation.key, annotation.value, reading.warnings).value_or("");
}

void ReadSessionName(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.session_name =
      ParseSessionName(reading.name, annotation.key, annotation.value, reading.warnings).value_or(SessionName());
}

void ReadProfiles(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.profiles =
      ParseProfiles(annotation.key, annotation.value, reading.settings.composition, reading.warnings);
}

void ReadExpiration(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.token_expiration = ParseTokenExpiration(annotation.key, annotation.value, reading.warnings);
}

std::optional<std::vector<std::string>> ReadNames(const Annotation& annotation, std::vector<Warning>& warnings) {
  auto record = ParseSkipContainers(annotation.value);
  if (!record) {
    warnings.push_back(AboutValue(WarningReason::kMalformedSkipContainers, annotation.key, annotation.value,
                                  "is not a CSV record of up to 2000 names; ignored"));
    return std::nullopt;
  }
  if (record->has_more_records) {
    warnings.push_back(
        {WarningReason::kIgnoredValue,
         std::string(annotation.key) + " has more than one line; only the first is read: put commas between names"});
  }
  return std::move(record->names);
}

void ReadSkipContainers(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.containers.skipped = ReadNames(annotation, reading.warnings);
}

void ReadIncludeContainers(const Annotation& annotation, AnnotationReading& reading) {
  reading.terms.containers.included = ReadNames(annotation, reading.warnings);
}

constexpr auto kAccounts = static_cast<uint8_t>(AnnotationHolder::kServiceAccount);
constexpr auto kPods = static_cast<uint8_t>(AnnotationHolder::kPod);
constexpr auto kNamespaces = static_cast<uint8_t>(AnnotationHolder::kNamespace);

// A new annotation is a line here and, if it is about pods, one where it is patched (additions.cc for a variable).
constexpr std::array kKnown = {
    KnownAnnotation{kRoleArnAnnotation, kAccounts, ReadRoleArn, "ARN of the IAM role that pods of the account get"},
    KnownAnnotation{kAudienceAnnotation, kAccounts, ReadAudience, "audience of the token; overrides --token-audience"},
    KnownAnnotation{kStsRegionalEndpointsAnnotation, kAccounts, ReadRegionalSts,
                    "true or false: whether SDKs call the regional STS endpoint; overrides --sts-regional-endpoint"},
    KnownAnnotation{kTokenExpirationAnnotation, kAccounts | kPods, ReadExpiration,
                    "lifetime of the token in seconds; overrides --token-expiration; the pod's takes precedence"},
    KnownAnnotation{kPodIdentityAnnotation, kAccounts, ReadPodIdentity,
                    "true: pods of the account use EKS Pod Identity, regardless of role-arn"},
    KnownAnnotation{"region", kAccounts, ReadRegion, "region of the pods; overrides --aws-default-region"},
    KnownAnnotation{"use-fips", kAccounts, ReadUseFips, "true: SDKs call FIPS endpoints (AWS_USE_FIPS_ENDPOINT)"},
    KnownAnnotation{"role-session-name", kAccounts, ReadSessionName,
                    "name of the STS session, with the placeholders {namespace}, {service-account} and {pod}"},
    KnownAnnotation{kIncludeContainersAnnotation, kAccounts | kPods, ReadIncludeContainers,
                    "comma-separated names of the only containers to mutate; the pod's takes precedence"},
    KnownAnnotation{kSkipContainersAnnotation, kAccounts | kPods, ReadSkipContainers,
                    "comma-separated names of containers to leave unchanged; the pod's takes precedence"},
    KnownAnnotation{
        kProfilesAnnotation, kAccounts, ReadProfiles,
        "more roles, as profiles of an AWS config file: NAME=ROLE_ARN or NAME=ROLE_ARN from NAME, separated by "
        "commas"},
    KnownAnnotation{kAwsConfigAnnotation, kPods, nullptr,
                    "text of the AWS config file with the profiles of its service account; irsa writes it"},
    KnownAnnotation{kDefaultRoleArnAnnotation, kNamespaces, ReadRoleArn,
                    "with --default-role: ARN of the role that pods of accounts without an identity of their own get"},
};

// "It belongs …": where an annotation has a meaning.
std::string_view HolderOf(const KnownAnnotation& known) {
  if (known.BelongsOn(AnnotationHolder::kServiceAccount)) return "on the service account";
  return known.BelongsOn(AnnotationHolder::kPod) ? "on pods" : "on the namespace";
}

std::string_view Noun(AnnotationHolder holder) {
  switch (holder) {
    case AnnotationHolder::kServiceAccount:
      return "service account";
    case AnnotationHolder::kPod:
      return "pod";
    case AnnotationHolder::kNamespace:
      break;
  }
  return "namespace";
}

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

std::vector<Annotation> AnnotationsIn(const base::Json& object, std::string_view prefix) {
  std::vector<Annotation> found;
  const base::Json* annotations = base::At(object, {"metadata", "annotations"});
  if (annotations == nullptr || !annotations->is_object()) return found;
  for (const auto& [key, value] : annotations->get_ref<const base::Json::object_t&>()) {
    if (!AnnotationName(key, prefix)) continue;
    found.push_back(
        {key, value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : std::string_view()});
  }
  return found;
}

Warning UnknownAnnotation(std::string_view key, std::string_view prefix, AnnotationHolder holder) {
  const std::string_view name = key.substr(prefix.size() + 1);
  const std::string quoted = base::Quoted(key, prefix.size() + 1 + kMaxQuotedBytes);  // the prefix is ours
  const KnownAnnotation* known = Closest(name);
  std::string text;
  if (known == nullptr) {
    text = "unknown annotation " + quoted + " is ignored";
  } else if (known->name == name) {
    text = "annotation " + quoted + " has no effect on a " + std::string(Noun(holder)) + ": it belongs " +
           std::string(HolderOf(*known));
  } else {
    text = "unknown annotation " + quoted + " is ignored: did you mean " + std::string(known->name) +
           (known->BelongsOn(holder) ? "?" : ", " + std::string(HolderOf(*known)) + "?");
  }
  return {WarningReason::kUnknownAnnotation, std::move(text)};
}

void ReadAnnotations(std::span<const Annotation> annotations, AnnotationHolder holder, AnnotationReading& reading) {
  ForEachAnnotation(
      annotations, holder, reading.settings, [&](const Annotation& annotation, const KnownAnnotation* known) {
        if (known != nullptr) {
          known->read(annotation, reading);
        } else {
          reading.warnings.push_back(UnknownAnnotation(annotation.key, reading.settings.annotation_prefix, holder));
        }
      });
}

AccountTerms ReadPodAnnotations(const PodView& pod, const Settings& settings, std::vector<Warning>& warnings) {
  AnnotationReading reading{.warnings = warnings, .settings = settings};
  const auto read = [&](const Annotation& annotation, const KnownAnnotation* known) {
    if (known != nullptr && known->read != nullptr) known->read(annotation, reading);
  };
  ForEachAnnotation(pod.annotations, AnnotationHolder::kPod, settings, read);
  return std::move(reading.terms);
}

std::optional<std::string_view> FindPodAnnotation(const PodView& pod, std::string_view name, const Settings& settings) {
  for (const Annotation& annotation : pod.annotations) {
    if (AnnotationName(annotation.key, settings.annotation_prefix) == name) return annotation.value;
  }
  return std::nullopt;
}

}  // namespace irsa::identity
