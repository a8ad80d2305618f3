#include "test/identity/pod_json.h"

#include <nlohmann/json.hpp>

namespace irsa::identity {
namespace {

const Json kNothing;

// The value at a chain of keys; null when any is missing.
const Json& At(const Json& value, std::initializer_list<const char*> keys) {
  const Json* at = &value;
  for (const char* key : keys) {
    const auto member = at->find(key);
    if (member == at->end()) return kNothing;
    at = &*member;
  }
  return *at;
}

std::string_view Text(const Json& value) {
  return value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : std::string_view();
}

std::vector<ContainerView> Containers(const Json& list, PodView& pod) {
  std::vector<ContainerView> containers;
  for (const Json& container : list) {
    const Json& env = At(container, {"env"});
    const Json& mounts = At(container, {"volumeMounts"});
    containers.push_back({.name = Text(At(container, {"name"})),
                          .first_env = pod.variables.size(),
                          .env_count = env.size(),
                          .first_mount = pod.mounts.size(),
                          .mount_count = mounts.size(),
                          .first_source = pod.sources.size(),
                          .source_count = 0});
    for (const Json& source : At(container, {"envFrom"})) {
      const Json& reference = At(source, {"configMapRef"});
      if (reference.is_null()) continue;
      pod.sources.push_back({Text(At(reference, {"name"})), Text(At(source, {"prefix"}))});
      ++containers.back().source_count;
    }
    for (const Json& variable : env) {
      OptionalSource source = OptionalSource::kNone;
      if (At(variable, {"valueFrom", "secretKeyRef", "optional"}) == true) source = OptionalSource::kSecret;
      if (At(variable, {"valueFrom", "configMapKeyRef", "optional"}) == true) source = OptionalSource::kConfigMap;
      pod.variables.push_back({Text(At(variable, {"name"})), source});
    }
    for (const Json& mount : mounts) {
      pod.mounts.push_back(
          {Text(At(mount, {"name"})), Text(At(mount, {"mountPath"})), At(mount, {"readOnly"}) == true});
    }
  }
  return containers;
}

void ReadVolume(const Json& volume, PodView& view) {
  VolumeView& read = view.volumes.emplace_back();
  read.name = Text(At(volume, {"name"}));
  for (const char* kind : {"projected", "secret", "configMap", "downwardAPI"}) {
    read.is_read_only |= !At(volume, {kind}).is_null();
  }
  read.first_token = view.tokens.size();
  for (const Json& source : At(volume, {"projected", "sources"})) {
    const Json& token = At(source, {"serviceAccountToken"});
    if (!token.is_null()) view.tokens.push_back({Text(At(token, {"audience"})), Text(At(token, {"path"}))});
  }
  read.token_count = view.tokens.size() - read.first_token;
  read.first_field_file = view.field_files.size();
  for (const Json& source : At(volume, {"projected", "sources"})) {
    for (const Json& item : At(source, {"downwardAPI", "items"})) {
      view.field_files.push_back({Text(At(item, {"fieldRef", "fieldPath"})), Text(At(item, {"path"}))});
    }
  }
  read.field_file_count = view.field_files.size() - read.first_field_file;
}

bool IsWindows(const Json& spec) {
  return Text(At(spec, {"os", "name"})) == "windows" ||
         Text(At(spec, {"nodeSelector", "kubernetes.io/os"})) == "windows" ||
         Text(At(spec, {"nodeSelector", "beta.kubernetes.io/os"})) == "windows";
}

}  // namespace

std::vector<Annotation> AnnotationsOf(const Json& object, std::string_view prefix) {
  std::vector<Annotation> found;
  const Json& annotations = At(object, {"metadata", "annotations"});
  for (auto item = annotations.begin(); item != annotations.end(); ++item) {
    if (AnnotationName(item.key(), prefix)) found.push_back({item.key(), Text(item.value())});
  }
  return found;
}

PodView ViewOf(const Json& pod, std::string_view annotation_prefix) {
  const Json& spec = At(pod, {"spec"});
  PodView view;
  view.service_account_name = Text(At(spec, {"serviceAccountName"}));
  if (view.service_account_name.empty()) view.service_account_name = "default";
  view.is_mirror = !At(pod, {"metadata", "annotations", "kubernetes.io/config.mirror"}).is_null();
  view.is_windows = IsWindows(spec);
  const Json& metadata = At(pod, {"metadata"});
  view.has_metadata = metadata.is_object();
  view.longest_name = Text(At(metadata, {"name"})).size();
  const Json& labels = At(metadata, {"labels"});
  view.has_labels = labels.is_object();
  if (view.has_labels && labels.contains(kPodIdentityLabel)) {
    view.pod_identity_label = Text(labels[std::string(kPodIdentityLabel)]);
  }
  view.has_annotations = At(metadata, {"annotations"}).is_object();
  view.annotations = AnnotationsOf(pod, annotation_prefix);
  view.init_containers = Containers(At(spec, {"initContainers"}), view);
  view.containers = Containers(At(spec, {"containers"}), view);
  for (const Json& volume : At(spec, {"volumes"})) ReadVolume(volume, view);
  return view;
}

Json Applied(const Json& pod, std::string_view patch) { return patch.empty() ? pod : pod.patch(Json::parse(patch)); }

}  // namespace irsa::identity
