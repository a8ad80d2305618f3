#include "irsa/mutation/pod_mutator.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "irsa/mutation/additions.h"
#include "irsa/mutation/patch_builder.h"
#include "irsa/mutation/skip_containers.h"

#include "fitting.h"

namespace irsa::mutation {
namespace {

constexpr std::string_view kAccessKeyIdVariable = "AWS_ACCESS_KEY_ID";
constexpr std::string_view kProfileVariable = "AWS_PROFILE";

// What a container adds to a patch with the default settings, so that the text need not be moved while it grows.
constexpr size_t kContainerPatchBytes = 512;

// Which of the variables that matter a container sets.
struct Environment {
  bool sts_regional_endpoints = false;
  bool region = false;  // either of the two
  bool role_arn = false;
  bool token_file = false;
  bool access_key_id = false;
  bool profile = false;
};

Environment ReadEnvironment(std::span<const std::string_view> names) {
  Environment found;
  for (const std::string_view name : names) {
    if (!name.starts_with("AWS_")) continue;
    found.sts_regional_endpoints |= name == kStsRegionalEndpointsVariable;
    found.region |= name == kDefaultRegionVariable || name == kRegionVariable;
    found.role_arn |= name == kRoleArnVariable;
    found.token_file |= name == kTokenFileVariable;
    found.access_key_id |= name == kAccessKeyIdVariable;
    found.profile |= name == kProfileVariable;
  }
  return found;
}

bool IsTokenMount(const MountView& mount) { return mount.volume_name == kTokenVolume; }

// Writes warnings for as long as there is room in an answer, the one that goes over it included: by it the answer's
// writer knows that some are missing.
class WarningWriter {
 public:
  explicit WarningWriter(Mutation& result) : result_(result) {}

  // `make` returns the text; not called when that would only be counted.
  template <typename MakeText>
  void Add(WarningReason reason, const MakeText& make) {
    if (bytes_ > kMaxWarningBytes) {
      result_.untold.push_back(reason);
      return;
    }
    result_.warnings.push_back({reason, make()});
    bytes_ += result_.warnings.back().text.size();
  }

  void Add(WarningReason reason, std::initializer_list<std::string_view> parts) {
    Add(reason, [parts] {
      std::string text;
      for (const std::string_view part : parts) text.append(part);
      return text;
    });
  }

 private:
  Mutation& result_;
  size_t bytes_ = 0;
};

void WarnOfUnknownAnnotations(const PodView& pod, const Settings& settings, WarningWriter& warnings) {
  for (const Annotation& annotation : pod.annotations) {
    const auto name = AnnotationName(annotation.key, settings.annotation_prefix);
    if (!name || annotation.value.empty()) continue;
    if (*name == kTokenExpirationAnnotation || *name == kSkipContainersAnnotation) continue;
    warnings.Add(WarningReason::kUnknownAnnotation, [&] {
      return UnknownAnnotation(annotation.key, settings.annotation_prefix, AnnotationHolder::kPod).text;
    });
  }
}

// One pod's mutation under way.
class PodMutation {
 public:
  PodMutation(const PodView& pod, const Identity& identity, const Settings& settings, Mutation& result)
      : pod_(pod),
        identity_(identity),
        settings_(settings),
        additions_(MakeContainerAdditions(identity, settings, pod.is_windows)),
        token_expiration_(identity.token_expiration),
        result_(result),
        warnings_(result),
        patch_(result.patch) {}

  void Run() {
    const size_t likely = kContainerPatchBytes * (pod_.init_containers.size() + pod_.containers.size() + 1);
    result_.patch.reserve(std::min(likely, kMaxPatchBytes));
    WarnOfUnknownAnnotations(pod_, settings_, warnings_);
    ReadAnnotations();
    MutateContainers(pod_.init_containers, "/spec/initContainers/", "init container ");
    MutateContainers(pod_.containers, "/spec/containers/", "container ");
    AddVolume();
    patch_.Finish();
    if (result_.patch.size() > kMaxPatchBytes) {
      result_.is_too_large = true;
      std::string().swap(result_.patch);  // frees it, as clear() would not
    }
    WarnAboutUnmatchedNames();
  }

 private:
  void ReadAnnotations() {
    for (const Annotation& annotation : pod_.annotations) {
      const auto name = AnnotationName(annotation.key, settings_.annotation_prefix);
      if (!name || annotation.value.empty()) continue;
      if (*name == kTokenExpirationAnnotation) {
        token_expiration_ =
            ParseTokenExpiration(annotation.key, annotation.value, result_.warnings).value_or(token_expiration_);
      } else if (*name == kSkipContainersAnnotation) {
        ReadSkipContainers(annotation);
      }
    }
  }

  void ReadSkipContainers(const Annotation& annotation) {
    const auto names = ParseSkipContainers(annotation.value);
    if (!names) {
      constexpr std::string_view kWhat = " is no CSV record of up to 2000 names; no container is skipped";
      Warn(WarningReason::kMalformedSkipContainers,
           {annotation.key, " ", QuotedToFit(annotation.value, annotation.key.size() + kWhat.size() + 1), kWhat});
      return;
    }
    for (const std::string& name : *names) skipped_.emplace(name, false);
  }

  bool IsSkipped(const ContainerView& container) {
    const auto skipped = skipped_.find(container.name);
    if (skipped == skipped_.end()) return false;
    skipped->second = true;
    return true;
  }

  void WarnAboutUnmatchedNames() {
    for (const auto& [name, is_matched] : skipped_) {
      if (is_matched) continue;
      Warn(WarningReason::kUnmatchedSkipContainer, {settings_.annotation_prefix, "/", kSkipContainersAnnotation,
                                                    " names ", Quoted(name), ", which is no container of the pod"});
    }
  }

  // `list` is the list's JSON pointer with a slash; `noun`, with a space, what one of its items is called.
  void MutateContainers(const std::vector<ContainerView>& containers, std::string_view list, std::string_view noun) {
    std::string pointer;
    for (size_t i = 0; i < containers.size() && result_.patch.size() <= kMaxPatchBytes; ++i) {
      const ContainerView& container = containers[i];
      if (IsSkipped(container)) continue;
      pointer.assign(list).append(std::to_string(i));
      const Environment found = ReadEnvironment(pod_.Env(container));
      AddVariables(container, found, pointer);
      WarnAboutVariables(container, found, noun);
      AddMount(container, pointer, noun);
    }
  }

  void AddVariables(const ContainerView& container, const Environment& found, std::string_view pointer) {
    patch_.BeginList(pointer, "/env", container.env_count > 0);
    if (identity_.regional_sts && !found.sts_regional_endpoints) patch_.Append(additions_.sts_regional_endpoints);
    if (!settings_.default_region.empty() && !found.region) {
      patch_.Append(additions_.default_region);
      patch_.Append(additions_.region);
    }
    if (!found.role_arn) patch_.Append(additions_.role_arn);
    if (!found.token_file) patch_.Append(additions_.token_file);
  }

  void WarnAboutVariables(const ContainerView& container, const Environment& found, std::string_view noun) {
    if (found.role_arn != found.token_file) {
      Warn(WarningReason::kPartialEnvironment,
           {noun, Quoted(container.name), " sets only ", found.role_arn ? kRoleArnVariable : kTokenFileVariable, "; ",
            found.role_arn ? kTokenFileVariable : kRoleArnVariable, " is added"});
    }
    const auto warn_static = [&](std::string_view variable) {
      Warn(WarningReason::kStaticCredentials,
           {noun, Quoted(container.name), " sets ", variable, ", which SDKs prefer to the role"});
    };
    if (found.access_key_id) warn_static(kAccessKeyIdVariable);
    if (found.profile) warn_static(kProfileVariable);
  }

  void AddMount(const ContainerView& container, std::string_view pointer, std::string_view noun) {
    const auto mounts = pod_.Mounts(container);
    if (std::any_of(mounts.begin(), mounts.end(), IsTokenMount)) return;
    const auto other = std::find_if(mounts.begin(), mounts.end(), [this](const MountView& mount) {
      return mount.path == settings_.token_mount_path;
    });
    if (other != mounts.end()) {
      // Without the path, which is long and the same everywhere.
      constexpr std::string_view kWhat = " at the token's path; the token is not mounted";
      constexpr std::string_view kMounts = " mounts ";
      const size_t other_bytes = noun.size() + kMounts.size() + kWhat.size();
      Warn(WarningReason::kMountConflict, {noun, QuotedToFit(container.name, other_bytes, 2), kMounts,
                                           QuotedToFit(other->volume_name, other_bytes, 2), kWhat});
      return;
    }
    patch_.BeginList(pointer, "/volumeMounts", container.mount_count > 0);
    patch_.Append(additions_.mount);
    mount_added_ = true;
  }

  // Also when only the pod's author mounts the volume, be it in a skipped container.
  void AddVolume() {
    const auto& volumes = pod_.volume_names;
    if (!mount_added_ && std::none_of(pod_.mounts.begin(), pod_.mounts.end(), IsTokenMount)) return;
    if (std::find(volumes.begin(), volumes.end(), kTokenVolume) != volumes.end()) return;
    patch_.BeginList("/spec", "/volumes", !volumes.empty());
    patch_.Append(TokenVolumeJson(identity_.audience, token_expiration_));
  }

  void Warn(WarningReason reason, std::initializer_list<std::string_view> parts) { warnings_.Add(reason, parts); }

  const PodView& pod_;
  const Identity& identity_;
  const Settings& settings_;
  const ContainerAdditions additions_;
  std::chrono::seconds token_expiration_;
  // Name to whether a container has it. A map, because whoever may create pods could make both lists long.
  std::map<std::string, bool, std::less<>> skipped_;
  bool mount_added_ = false;
  Mutation& result_;
  WarningWriter warnings_;
  PatchBuilder patch_;
};

}  // namespace

Mutation MutatePod(const PodView& pod, const Identity& identity, const Settings& settings) {
  Mutation mutation;
  if (pod.is_mirror) return mutation;
  PodMutation(pod, identity, settings, mutation).Run();
  return mutation;
}

Mutation CheckPodAnnotations(const PodView& pod, const Settings& settings) {
  Mutation mutation;
  if (pod.is_mirror) return mutation;
  WarningWriter warnings(mutation);
  WarnOfUnknownAnnotations(pod, settings, warnings);
  return mutation;
}

}  // namespace irsa::mutation
