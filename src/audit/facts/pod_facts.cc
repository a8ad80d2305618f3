#include "irsa/audit/facts/pod_facts.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "irsa/admission/review_reader.h"
#include "irsa/audit/facts/json_fields.h"
#include "irsa/base/text.h"

namespace irsa::audit {
namespace {

constexpr std::string_view kMirrorAnnotation = "kubernetes.io/config.mirror";
constexpr std::string_view kTemplateHashLabel = "pod-template-hash";

identity::OptionalSource OptionalSourceOf(const Json& variable) {
  if (IsTrueAt(variable, {"valueFrom", "secretKeyRef", "optional"})) return identity::OptionalSource::kSecret;
  if (IsTrueAt(variable, {"valueFrom", "configMapKeyRef", "optional"})) return identity::OptionalSource::kConfigMap;
  return identity::OptionalSource::kNone;
}

std::vector<identity::ContainerView> ReadContainers(const Json& list, PodFacts& pod) {
  std::vector<identity::ContainerView> containers;
  identity::PodView& view = pod.view;
  for (const Json& container : list) {
    const Json& env = ListAt(container, {"env"});
    const Json& mounts = ListAt(container, {"volumeMounts"});
    const size_t first_source = view.sources.size();
    for (const Json& source : ListAt(container, {"envFrom"})) {
      const Json* reference = At(source, {"configMapRef"});
      if (reference != nullptr) view.sources.push_back({TextAt(*reference, {"name"}), TextAt(source, {"prefix"})});
    }
    containers.push_back({.name = TextAt(container, {"name"}),
                          .first_env = view.variables.size(),
                          .env_count = env.size(),
                          .first_mount = view.mounts.size(),
                          .mount_count = mounts.size(),
                          .first_source = first_source,
                          .source_count = view.sources.size() - first_source});
    for (const Json& variable : env) {
      view.variables.push_back({TextAt(variable, {"name"}), OptionalSourceOf(variable)});
      pod.env_values.push_back(At(variable, {"valueFrom"}) == nullptr
                                   ? std::optional<std::string_view>(TextAt(variable, {"value"}))
                                   : std::nullopt);
    }
    for (const Json& mount : mounts) {
      view.mounts.push_back({TextAt(mount, {"name"}), TextAt(mount, {"mountPath"}), IsTrueAt(mount, {"readOnly"})});
    }
  }
  return containers;
}

bool IsWindowsTerm(const Json& term) {
  const Json& expressions = ListAt(term, {"matchExpressions"});
  return std::any_of(expressions.begin(), expressions.end(), [](const Json& expression) {
    const std::string_view key = TextAt(expression, {"key"});
    const Json& values = ListAt(expression, {"values"});
    return (key == "kubernetes.io/os" || key == "beta.kubernetes.io/os") && TextAt(expression, {"operator"}) == "In" &&
           !values.empty() &&
           std::all_of(values.begin(), values.end(), [](const Json& value) { return value == "windows"; });
  });
}

bool IsWindows(const Json& json) {
  const Json& terms = ListAt(json, {"spec", "affinity", "nodeAffinity",
                                    "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"});
  if (!terms.empty() && std::all_of(terms.begin(), terms.end(), IsWindowsTerm)) return true;
  return TextAt(json, {"spec", "os", "name"}) == "windows" ||
         TextAt(json, {"spec", "nodeSelector", "kubernetes.io/os"}) == "windows" ||
         TextAt(json, {"spec", "nodeSelector", "beta.kubernetes.io/os"}) == "windows";
}

void ReadAnnotations(const Json& json, std::string_view prefix, identity::PodView& view) {
  const Json* annotations = At(json, {"metadata", "annotations"});
  view.has_annotations = annotations != nullptr && annotations->is_object();
  view.is_mirror = view.has_annotations && annotations->contains(kMirrorAnnotation);
  view.annotations = identity::AnnotationsIn(json, prefix);
}

void ReadLabel(const Json& json, identity::PodView& view) {
  view.has_metadata = At(json, {"metadata"}) != nullptr;
  const Json* labels = At(json, {"metadata", "labels"});
  view.has_labels = labels != nullptr && labels->is_object();
  if (!view.has_labels) return;
  const auto label = labels->find(identity::kPodIdentityLabel);
  if (label != labels->end() && label->is_string()) view.pod_identity_label = label->get_ref<const std::string&>();
}

void ReadVolumes(const Json& json, PodFacts& pod) {
  for (const Json& volume : ListAt(json, {"spec", "volumes"})) {
    identity::VolumeView& read = pod.view.volumes.emplace_back();
    read.name = TextAt(volume, {"name"});
    for (const char* kind : {"projected", "secret", "configMap", "downwardAPI"}) {
      read.is_read_only |= At(volume, {kind}) != nullptr;
    }
    read.first_token = pod.view.tokens.size();
    read.first_field_file = pod.view.field_files.size();
    for (const Json& source : ListAt(volume, {"projected", "sources"})) {
      const Json* token = At(source, {"serviceAccountToken"});
      if (token != nullptr) pod.view.tokens.push_back({TextAt(*token, {"audience"}), TextAt(*token, {"path"})});
      for (const Json& item : ListAt(source, {"downwardAPI", "items"})) {
        pod.view.field_files.push_back({TextAt(item, {"fieldRef", "fieldPath"}), TextAt(item, {"path"})});
      }
    }
    read.token_count = pod.view.tokens.size() - read.first_token;
    read.field_file_count = pod.view.field_files.size() - read.first_field_file;
  }
}

void ReadOwner(const Json& json, PodFacts& pod) {
  for (const Json& owner : ListAt(json, {"metadata", "ownerReferences"})) {
    if (!IsTrueAt(owner, {"controller"})) continue;
    pod.owner_kind = TextAt(owner, {"kind"});
    pod.owner_name = TextAt(owner, {"name"});
    pod.owner_uid = TextAt(owner, {"uid"});
  }
}

}  // namespace

std::string_view ServiceAccountOf(const Json& pod) {
  const std::string_view name = TextAt(pod, {"spec", "serviceAccountName"});
  return name.empty() ? "default" : name;
}

PodFacts ReadPodFacts(const kube::ObjectView& object, std::string_view annotation_prefix) {
  const Json& json = *object.json;
  PodFacts pod;
  pod.object = object;
  pod.uid = base::TextAt(json, {"metadata", "uid"});
  pod.view.service_account_name = ServiceAccountOf(json);
  pod.view.is_windows = IsWindows(json);
  ReadAnnotations(json, annotation_prefix, pod.view);
  ReadLabel(json, pod.view);
  pod.view.init_containers = ReadContainers(ListAt(json, {"spec", "initContainers"}), pod);
  pod.view.containers = ReadContainers(ListAt(json, {"spec", "containers"}), pod);
  ReadVolumes(json, pod);
  pod.created = TimeAt(json, {"metadata", "creationTimestamp"});
  pod.labels = ReadLabels(json);
  pod.opts_out = pod.labels.contains(admission::kOptOutLabel);
  const std::string_view phase = TextAt(json, {"status", "phase"});
  pod.is_over = phase == "Succeeded" || phase == "Failed" || At(json, {"metadata", "deletionTimestamp"}) != nullptr;
  ReadOwner(json, pod);
  return pod;
}

ObjectName WorkloadOf(const PodFacts& pod) {
  const std::string namespace_name(pod.object.namespace_name);
  if (pod.owner_kind.empty()) return {"Pod", namespace_name, std::string(pod.object.name)};
  if (pod.owner_kind == "ReplicaSet") {
    // A Deployment names its ReplicaSets by itself and the hash that all their pods have as a label.
    const auto hash = pod.labels.find(kTemplateHashLabel);
    if (hash != pod.labels.end() && !hash->second.empty()) {
      const std::string suffix = "-" + hash->second;
      if (pod.owner_name.ends_with(suffix) && pod.owner_name.size() > suffix.size()) {
        return {"Deployment", namespace_name,
                std::string(pod.owner_name.substr(0, pod.owner_name.size() - suffix.size()))};
      }
    }
  }
  return {std::string(pod.owner_kind), namespace_name, std::string(pod.owner_name)};
}

std::string RestartCommand(const ObjectName& workload) {
  const std::string in = " -n " + workload.namespace_name;
  const std::string& kind = workload.kind;
  if (kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet") {
    return "kubectl rollout restart " + base::LowerCase(kind) + "/" + workload.name + in;
  }
  if (kind == "Pod") {
    return "create it again: kubectl get pod " + workload.name + in +
           " -o yaml shows its manifest; a controller would create it again automatically";
  }
  if (kind == "Job") return "let it finish, or delete and re-create it: kubectl delete job " + workload.name + in;
  return "delete its pods; it creates new ones";
}

std::string GiverOf(const PodCircumstances& circumstances) {
  return circumstances.is_by_policy_alone ? "the identity policy" : "the webhook";
}

}  // namespace irsa::audit
