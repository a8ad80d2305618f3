#include "irsa/identity/rules/pod_mutator.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/container_selection.h"
#include "irsa/identity/rules/mount_path.h"
#include "irsa/identity/rules/profiles.h"

#include "annotation_reading.h"
#include "container_environment.h"
#include "fitting.h"
#include "patch_builder.h"
#include "warning_writer.h"

namespace irsa::identity {
namespace {

constexpr std::string_view kLabelsJson = R"({"eks.amazonaws.com/pod-identity":"enabled"})";

void WarnOfUnknownAnnotations(const PodView& pod, const Settings& settings, WarningWriter& warnings) {
  const auto warn = [&](const Annotation& annotation, const KnownAnnotation* known) {
    if (known != nullptr) return;
    warnings.Add(WarningReason::kUnknownAnnotation, [&] {
      return UnknownAnnotation(annotation.key, settings.annotation_prefix, AnnotationHolder::kPod).text;
    });
  };
  ForEachAnnotation(pod.annotations, AnnotationHolder::kPod, settings, warn);
}

// What a container adds to a patch with the default settings, so that the text need not be moved while it grows.
constexpr size_t kContainerPatchBytes = 512;

// One pod's mutation under way.
class PodMutation {
 public:
  PodMutation(const PodView& pod, const Identity& identity, const Settings& settings,
              std::span<const ConfigMapKeys> config_maps, Mutation& result)
      : pod_(pod),
        identity_(identity),
        settings_(settings),
        known_config_maps_(settings.respects_env_from ? std::optional(config_maps) : std::nullopt),
        setup_(SetupOf(identity, settings)),
        volume_name_(ChooseTokenVolume(pod, setup_)),
        additions_(MakeContainerAdditions(identity, settings, volume_name_, pod)),
        given_config_(additions_.config.empty() ? std::nullopt
                                                : FindPodAnnotation(pod, kAwsConfigAnnotation, settings)),
        token_directory_(CleanMountPath(setup_.mount_path)),
        token_expiration_(identity.token_expiration),
        result_(result),
        warnings_(result),
        patch_(result.patch) {}

  void Run() {
    result_.patch.reserve(kContainerPatchBytes * (pod_.init_containers.size() + pod_.containers.size() + 1));
    WarnOfUnknownAnnotations(pod_, settings_, warnings_);
    ReadAnnotations();
    if (volume_name_.empty()) {
      Warn(WarningReason::kForeignVolume,
           {"all volume names from ", setup_.volume_name, " to ", TokenVolumeName(setup_.volume_name, kMaxTokenVolumes),
            " are taken; the pod gets no identity"});
      return;
    }
    MutateContainers(pod_.init_containers, "/spec/initContainers/", "init container ");
    MutateContainers(pod_.containers, "/spec/containers/", "container ");
    AddVolume();
    AddMetadata();
    patch_.Finish();
    if (result_.patch.size() > kMaxPatchBytes) {
      result_.is_too_large = true;
      std::string().swap(result_.patch);  // frees it, as clear() would not
    }
    WarnAboutNames();
    WarnAboutSessionName();
  }

 private:
  void ReadAnnotations() {
    const AccountTerms terms = ReadPodAnnotations(pod_, settings_, result_.warnings);
    if (terms.token_expiration) token_expiration_ = *terms.token_expiration;
    selection_.emplace(identity_.containers, terms.containers);
  }

  void WarnAboutNames() {
    selection_->ForEachUnmatched([this](std::string_view annotation, const std::string& name) {
      Warn(WarningReason::kUnmatchedSkipContainer,
           {settings_.annotation_prefix, "/", annotation, " names ", base::Quoted(name, kMaxQuotedBytes),
            ", which the pod does not have"});
    });
    if (!serves_container_ && selection_->names_included()) {
      Warn(WarningReason::kNoContainerServed,
           {kIncludeContainersAnnotation, " of the pod or its service account selects ",
            "no container; the pod gets no identity"});
    }
  }

  void WarnAboutSessionName() {
    if (!additions_.session_name_does_not_fit || !serves_container_) return;
    Warn(WarningReason::kSessionNameTooLong, {"role-session-name may not fit STS's 2 to 64 characters; ",
                                              Foreign(identity_.session_name.otherwise), " is used"});
  }

  // `list` is the list's JSON pointer with a slash; `noun`, with a space, what one of its items is called.
  void MutateContainers(const std::vector<ContainerView>& containers, std::string_view list, std::string_view noun) {
    std::string pointer;
    for (size_t i = 0; i < containers.size() && result_.patch.size() <= kMaxPatchBytes; ++i) {
      const ContainerView& container = containers[i];
      if (!selection_->Takes(container.name)) continue;
      serves_container_ = true;
      pointer.assign(list).append(std::to_string(i));
      const ContainerEnvironment found = ReadEnvironment(pod_, container, setup_, additions_, known_config_maps_);
      AddVariables(container, found, pointer);
      WarnAboutVariables(container, found, noun);
      WarnAboutUnread(container, found, noun);
      AddMount(container, found, pointer, noun);
    }
  }

  void AddVariables(const ContainerView& container, const ContainerEnvironment& found, std::string_view pointer) {
    patch_.BeginList(pointer, "/env", container.env_count > 0);
    for (size_t i = 0; i < additions_.variables.size(); ++i) {
      if ((found.blocked >> i & 1) == 0) {
        patch_.Append(additions_.variables[i].json);
      } else if (i >= additions_.provider && i < additions_.provider + found.references.size()) {
        const KeyReference& reference = found.references[i - additions_.provider];
        if (reference.config_map.empty()) continue;
        patch_.Append(ConfigMapVariableJson(additions_.variables[i].name, reference.config_map, reference.key));
      }
    }
  }

  void WarnAboutUnread(const ContainerView& container, const ContainerEnvironment& found, std::string_view noun) {
    const uint32_t all = (uint32_t{1} << additions_.variables.size()) - 1;
    if (found.unread.empty() || (found.blocked & all) == all) return;
    Warn(WarningReason::kUnreadConfigMap, {noun, Foreign(container.name), " has envFrom ConfigMap ",
                                           Foreign(found.unread), ", not read; irsa overrides its variables"});
  }

  void WarnAboutVariables(const ContainerView& container, const ContainerEnvironment& found, std::string_view noun) {
    if (found.source != found.token_file) {
      std::string_view present = setup_.source_variable;
      std::string_view added = setup_.token_file_variable;
      if (found.token_file) std::swap(present, added);
      const TextPart name = Foreign(container.name);
      WarnFitting(WarningReason::kPartialEnvironment, {noun, name, " sets only ", present, "; ", added, " is added"},
                  {noun, name, " sets only ", present, "; the other one is added"});
    }
    WarnAboutCredentials(container, kAccessKeyIdVariable, found.access_key_id, noun);
    WarnAboutCredentials(container, kProfileVariable, found.profile, noun);
    if (found.rival != nullptr) {
      WarnAboutVariable(found.rival->reason, container, noun, found.rival->name, found.rival->effect);
    }
    // In a pod that was mutated before, the variable is irsa's.
    if (!additions_.config.empty() && !given_config_ && (found.blocked >> (additions_.variables.size() - 1) & 1) != 0) {
      WarnAboutVariable(WarningReason::kProfilesNotGiven, container, noun,
                        found.source ? setup_.source_variable : kConfigFileVariable, "; it gets no profiles");
    }
  }

  void WarnAboutCredentials(const ContainerView& container, std::string_view variable, const VariableSetting& setting,
                            std::string_view noun) {
    if (setting.is_certain) {
      WarnAboutVariable(WarningReason::kStaticCredentials, container, noun, variable,
                        ", which SDKs prefer to the role");
    } else if (setting.optional_source != OptionalSource::kNone) {
      WarnAboutVariable(WarningReason::kOptionalCredentials, container, noun, variable,
                        setting.optional_source == OptionalSource::kSecret
                            ? ", which may override the role if the Secret exists"
                            : ", which may override the role if the ConfigMap exists");
    }
  }

  void WarnAboutVariable(WarningReason reason, const ContainerView& container, std::string_view noun,
                         std::string_view variable, std::string_view what) {
    Warn(reason, {noun, Foreign(container.name), " sets ", variable, what});
  }

  // A mount of the token's volume counts at the token's path, and anywhere in a container that says itself where its
  // token is.
  void AddMount(const ContainerView& container, const ContainerEnvironment& found, std::string_view pointer,
                std::string_view noun) {
    const auto mounts = pod_.Mounts(container);
    const bool has_mount = std::any_of(mounts.begin(), mounts.end(), [&](const MountView& mount) {
      return IsTokenMount(mount) && (found.token_file || Place(mount) == MountPlace::kAtDirectory);
    });
    for (const MountView& mount : mounts) {
      if (IsTokenMount(mount)) continue;
      const MountPlace place = Place(mount);
      if (place == MountPlace::kAtDirectory) {
        if (has_mount) continue;
        WarnAboutMount(container, mount, noun, " at the token's path; the token is not mounted");
        return;
      }
      if (place == MountPlace::kAbove && (mount.is_read_only || IsReadOnlyVolume(mount.volume_name))) {
        WarnAboutMount(container, mount, noun, " read-only above the token's path; the container may not start");
      } else if (place == MountPlace::kAtFile) {
        WarnAboutMount(container, mount, noun, " over the token's file; SDKs read that instead");
      } else if (place == MountPlace::kBelow) {
        WarnAboutMount(container, mount, noun, " below the token's path, which is read-only");
      }
    }
    if (has_mount) return;
    patch_.BeginList(pointer, "/volumeMounts", container.mount_count > 0);
    patch_.Append(additions_.mount);
    mount_added_ = true;
  }

  bool IsTokenMount(const MountView& mount) const { return mount.volume_name == volume_name_; }

  MountPlace Place(const MountView& mount) const {
    // What most mounts are, without cleaning.
    if (mount.path == token_directory_) return MountPlace::kAtDirectory;
    return PlaceOf(CleanMountPath(mount.path, pod_.is_windows), token_directory_, setup_.token_path);
  }

  bool IsReadOnlyVolume(std::string_view name) const {
    return std::any_of(pod_.volumes.begin(), pod_.volumes.end(),
                       [name](const VolumeView& volume) { return volume.name == name && volume.is_read_only; });
  }

  // Without the path, which is long and the same everywhere.
  void WarnAboutMount(const ContainerView& container, const MountView& mount, std::string_view noun,
                      std::string_view what) {
    Warn(WarningReason::kMountConflict, {noun, Foreign(container.name), " mounts ", Foreign(mount.volume_name), what});
  }

  // Also when only the pod's author mounts the volume, be it in a skipped container.
  void AddVolume() {
    const auto is_token_mount = [this](const MountView& mount) { return IsTokenMount(mount); };
    if (!mount_added_ && std::none_of(pod_.mounts.begin(), pod_.mounts.end(), is_token_mount)) return;
    WarnAboutForeignVolumes();
    const auto& volumes = pod_.volumes;
    if (std::any_of(volumes.begin(), volumes.end(),
                    [this](const VolumeView& volume) { return volume.name == volume_name_; })) {
      return;
    }
    patch_.BeginList("/spec", "/volumes", !volumes.empty());
    patch_.Append(
        TokenVolumeJson(volume_name_, {setup_.audience, setup_.token_path}, token_expiration_,
                        additions_.config.empty() ? std::string() : ConfigFileField(settings_.annotation_prefix)));
  }

  // Of each name before the one that is used.
  void WarnAboutForeignVolumes() {
    for (size_t number = 1; number <= kMaxTokenVolumes; ++number) {
      const std::string name = TokenVolumeName(setup_.volume_name, number);
      if (name == volume_name_) return;
      WarnFitting(WarningReason::kForeignVolume,
                  {"volume ", name, " holds no file \"", setup_.token_path, "\" for ", Foreign(setup_.audience), "; ",
                   volume_name_, " is used instead"},
                  {"volume ", name, " holds another file or token; ", volume_name_, " is used instead"});
    }
  }

  // To a pod of which some container is served. What the pod has stays as it is, whatever its value.
  void AddMetadata() {
    if (!serves_container_) return;
    WarnAboutLabel();
    WarnAboutConfig();
    PatchMetadata();
  }

  void PatchMetadata() {
    const bool adds_label = setup_.labels_pods && !pod_.pod_identity_label;
    std::string config;
    if (!given_config_ && !additions_.config.empty()) base::AppendJsonString(additions_.config, config);
    std::string annotations;
    if (!config.empty()) {
      annotations.append("{\"").append(settings_.annotation_prefix).append("/").append(kAwsConfigAnnotation);
      annotations.append("\":").append(config).append("}");
    }
    if (!pod_.has_metadata) {
      std::string metadata;
      if (adds_label) metadata.append(R"("labels":)").append(kLabelsJson);
      if (!config.empty()) metadata.append(metadata.empty() ? "" : ",").append(R"("annotations":)").append(annotations);
      if (!metadata.empty()) patch_.AddMember("/metadata", "{" + metadata + "}");
      return;
    }
    if (adds_label && pod_.has_labels) {
      patch_.AddMember("/metadata/labels/eks.amazonaws.com~1pod-identity", R"("enabled")");
    } else if (adds_label) {
      patch_.AddMember("/metadata/labels", kLabelsJson);
    }
    if (config.empty()) return;
    if (!pod_.has_annotations) return patch_.AddMember("/metadata/annotations", annotations);
    std::string pointer = "/metadata/annotations/";  // a prefix is a DNS name, in which nothing has to be escaped
    patch_.AddMember(pointer.append(settings_.annotation_prefix).append("~1").append(kAwsConfigAnnotation), config);
  }

  void WarnAboutLabel() {
    if (!setup_.labels_pods || pod_.pod_identity_label.value_or(kPodIdentityLabelValue) == kPodIdentityLabelValue)
      return;
    Warn(WarningReason::kForeignLabel, {"label ", kPodIdentityLabel, "=", Foreign(*pod_.pod_identity_label),
                                        " is kept; EKS Pod Identity uses \"enabled\""});
  }

  void WarnAboutConfig() {
    if (identity_.profiles.empty()) return;
    if (additions_.config.empty()) {
      Warn(WarningReason::kProfilesNotGiven,
           {"volume ", Foreign(volume_name_), " has no AWS config file; the pod gets no profiles"});
    } else if (given_config_.value_or(additions_.config) != additions_.config) {
      Warn(WarningReason::kForeignAnnotation, {"annotation ", settings_.annotation_prefix, "/", kAwsConfigAnnotation,
                                               " is kept, but the service account has other profiles"});
    }
  }

  void Warn(WarningReason reason, TextParts parts) { warnings_.Add(reason, parts); }

  // `shorter` where the other text would leave too little of a foreign value.
  void WarnFitting(WarningReason reason, TextParts parts, TextParts shorter) {
    Warn(reason, LeavesRoom(parts) ? parts : shorter);
  }

  const PodView& pod_;
  const Identity& identity_;
  const Settings& settings_;
  const std::optional<std::span<const ConfigMapKeys>> known_config_maps_;  // nothing: envFrom does not matter
  const ProviderSetup setup_;
  const std::string volume_name_;  // empty: none is free
  const ContainerAdditions additions_;
  const std::optional<std::string_view> given_config_;  // the annotation of that name, if there are profiles
  const std::string token_directory_;                   // clean
  std::chrono::seconds token_expiration_;
  std::optional<ContainerSelection> selection_;
  bool mount_added_ = false;
  bool serves_container_ = false;  // some container gets the identity
  Mutation& result_;
  WarningWriter warnings_;
  PatchBuilder patch_;
};

}  // namespace

std::string ChooseTokenVolume(const PodView& pod, const ProviderSetup& setup) {
  const auto is_foreign = [&](const VolumeView& volume) {
    const auto tokens = pod.Tokens(volume);
    return std::none_of(tokens.begin(), tokens.end(), [&](const TokenView& token) {
      return token.path == setup.token_path && token.audience == setup.audience;
    });
  };
  for (size_t number = 1; number <= kMaxTokenVolumes; ++number) {
    std::string name = TokenVolumeName(setup.volume_name, number);
    if (std::none_of(pod.volumes.begin(), pod.volumes.end(),
                     [&](const VolumeView& volume) { return volume.name == name && is_foreign(volume); })) {
      return name;
    }
  }
  return {};
}

ContainerSelection SelectionOf(const PodView& pod, const Identity& identity, const Settings& settings) {
  std::vector<Warning> warnings;
  return {identity.containers, ReadPodAnnotations(pod, settings, warnings).containers};
}

Mutation MutatePod(const PodView& pod, const Identity& identity, const Settings& settings,
                   std::span<const ConfigMapKeys> config_maps) {
  Mutation mutation;
  if (pod.is_mirror) return mutation;
  PodMutation(pod, identity, settings, config_maps, mutation).Run();
  return mutation;
}

Mutation CheckPodAnnotations(const PodView& pod, const Settings& settings) {
  Mutation mutation;
  if (pod.is_mirror) return mutation;
  WarningWriter warnings(mutation);
  WarnOfUnknownAnnotations(pod, settings, warnings);
  return mutation;
}

}  // namespace irsa::identity
