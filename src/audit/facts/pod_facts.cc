#include "irsa/audit/facts/pod_facts.h"

#include <initializer_list>

#include <nlohmann/json.hpp>

#include "irsa/admission/review_reader.h"
#include "irsa/base/json.h"
#include "irsa/base/result.h"
#include "irsa/base/text.h"

namespace irsa::audit {
namespace {

using base::At;
using base::IsTrueAt;
using base::Json;
using base::ListAt;
using base::TextAt;
using base::TimeAt;

constexpr std::string_view kTemplateHashLabel = "pod-template-hash";

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// The pod without what no view has: its status, and the managedFields that are as long as all the rest.
std::string TextOf(const Json& pod) {
  Json metadata = Json::object();
  for (const std::string_view key : {"name", "generateName", "labels", "annotations"}) {
    if (const Json* member = At(pod, {"metadata", key}); member != nullptr) metadata[std::string(key)] = *member;
  }
  const Json* spec = At(pod, {"spec"});
  return R"({"metadata":)" + Dump(metadata) + R"(,"spec":)" + (spec == nullptr ? "null" : Dump(*spec)) + "}";
}

// What a view of a pod points into.
struct ViewText {
  ViewText(const Json& pod, const std::string& annotation_prefix)
      : text(TextOf(pod)), reader(annotation_prefix, admission::EnvFrom::kRead) {}

  std::string text;
  admission::ReviewReader reader;
};

void ReadView(const Json& json, std::string_view annotation_prefix, PodFacts& pod) {
  const auto text = std::make_shared<ViewText>(json, std::string(annotation_prefix));
  const Result<const identity::PodView*> view = text->reader.ReadPod(text->text);
  if (view.ok()) {
    pod.view = **view;
    pod.view_text = text;
  } else {
    pod.view.service_account_name = ServiceAccountOf(json);
    pod.view.is_mirror = At(json, {"metadata", "annotations", "kubernetes.io/config.mirror"}) != nullptr;
    pod.unreadable = view.error().message;
  }
}

void CountContainers(const Json& json, PodFacts& pod) {
  for (const std::string_view list : {"initContainers", "containers"}) {
    for (const Json& container : ListAt(json, {"spec", list})) {
      ++pod.container_count;
      pod.variable_count += ListAt(container, {"env"}).size();
    }
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
  ReadView(json, annotation_prefix, pod);
  CountContainers(json, pod);
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
