#include "irsa/audit/pod_scan.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/audit/checks/account_check.h"
#include "irsa/audit/facts/policy_facts.h"
#include "irsa/base/memory.h"

namespace irsa::audit {
namespace {

using base::LogLevel;
using kube::ObjectPath;

// Why an event was written: stable, for kubectl get events --field-selector reason=….
constexpr const char* kIdentityMissing = "IdentityMissing";
constexpr const char* kAnnotationWrong = "AnnotationWrong";

constexpr std::chrono::minutes kInterval{5};

std::string ApiVersionOf(std::string_view controller_kind) {
  if (controller_kind == "Job") return "batch/v1";
  return controller_kind == "ReplicationController" ? "v1" : "apps/v1";
}

std::string KeyOf(std::string_view reason, std::string_view about, std::string_view what = {}) {
  return std::string(reason).append("\n").append(about).append("\n").append(what);
}

}  // namespace

PodScan::PodScan(const Parts& parts, PodScanOptions options)
    : parts_(parts), options_(std::move(options)), bounds_{.stop = parts.stop} {}

Status PodScan::Poll(bool leads) {
  if (!leads) {
    next_.reset();
    if (std::exchange(has_reported_, false)) parts_.report({});
    return {};
  }
  const base::SteadyTime now = parts_.clock.SteadyNow();
  if (next_ && now < *next_) return {};
  next_ = now + kInterval;
  Status scanned = Scan();
  base::ReturnFreedMemory();  // of its pages, for minutes
  return scanned;
}

Status PodScan::Scan() {
  may_write_events_ = true;
  has_told_of_unreadable_ = false;
  webhook_.reset();
  namespace_labels_.clear();
  Status listed = kube::ListObjects(
      parts_.server, parts_.clock, {.path = "/api/v1/serviceaccounts", .query = {}},
      [this](const kube::ObjectView& object) { LookAtAccount(object); }, bounds_);
  if (!listed.ok()) return listed;
  UnidentifiedPods counts;
  listed = kube::ListObjects(
      parts_.server, parts_.clock, {.path = "/api/v1/pods", .query = {}},
      [&](const kube::ObjectView& object) { LookAtPod(object, counts); }, bounds_);
  if (!listed.ok()) return listed;
  parts_.report(counts);
  has_reported_ = true;
  return {};
}

void PodScan::Tell(std::string_view key, const std::function<std::optional<kube::Event>()>& make) {
  if (!may_write_events_) return;
  const auto told = parts_.events.Record(key, make);
  if (told.ok() || parts_.stop.stop_requested()) return;
  may_write_events_ = false;  // the next would fail alike
  parts_.log.Write(LogLevel::kWarning, "Events cannot be written: pods without their identity are not reported",
                   {{"reason", told.error().message}});
}

void PodScan::LookAtAccount(const kube::ObjectView& object) {
  const auto account = ReadAccountFacts(object, options_.settings);
  if (!account) return;
  for (const identity::Warning& warning : account->resolved.warnings) {
    if (warning.reason == identity::WarningReason::kExpirationOutOfRange) continue;  // what was asked for, nearly
    const std::string uid(base::TextAt(*object.json, {"metadata", "uid"}));
    Tell(KeyOf(kAnnotationWrong, uid, warning.text), [&] {
      return kube::Event{
          {"v1", "ServiceAccount", account->namespace_name, account->name, uid}, kAnnotationWrong, warning.text};
    });
  }
}

void PodScan::LookAtPod(const kube::ObjectView& object, UnidentifiedPods& counts) {
  // Not waited for: an account that is not known belongs to a pod whose account was deleted, or to one of this second.
  const auto found =
      parts_.identities.Find({object.namespace_name, ServiceAccountOf(*object.json)}, parts_.clock.SteadyNow());
  if (!found.ok() || *found == nullptr || !(*found)->identity) return;
  const identity::Identity& identity = *(*found)->identity;
  const PodFacts pod = ReadPodFacts(object, options_.settings.annotation_prefix);
  if (!WantsIdentity(pod)) return;
  if (!pod.unreadable.empty()) return NoteUnreadable(pod);
  if (ReadPodState(pod, identity, options_.settings).IsIdentified()) return;
  ++counts[std::string(object.namespace_name)];
  Tell(KeyOf(kIdentityMissing, pod.uid), [&] {
    return kube::Event{
        {"v1", "Pod", std::string(object.namespace_name), std::string(object.name), std::string(pod.uid)},
        kIdentityMissing,
        NoteOn(pod, identity)};
  });
  const ObjectName workload = WorkloadOf(pod);
  if (workload.kind == "Pod") return;
  Tell(KeyOf(kIdentityMissing, Text(workload)), [&] {
    return kube::Event{Controller(pod, workload), kIdentityMissing,
                       "pod " + std::string(object.name) + ": " + NoteOn(pod, identity)};
  });
}

// Once a scan: it may be the same with all pods of a controller.
void PodScan::NoteUnreadable(const PodFacts& pod) {
  if (std::exchange(has_told_of_unreadable_, true)) return;
  parts_.log.Write(LogLevel::kWarning, "Pod cannot be read: irsa does not know whether it has its identity",
                   {{"namespace", std::string(pod.object.namespace_name)},
                    {"pod", std::string(pod.object.name)},
                    {"reason", pod.unreadable}});
}

std::string PodScan::NoteOn(const PodFacts& pod, const identity::Identity& identity) {
  PodCircumstances circumstances;
  const WebhookConfiguration* webhook = Webhook();
  if (webhook != nullptr) circumstances = CircumstancesOf(pod, *webhook, NamespaceLabels(pod.object.namespace_name));
  circumstances.role_set_at = RoleSetAt(pod);
  const std::string lack = LackText(pod, ReadPodState(pod, identity, options_.settings), identity, options_.settings);
  if (options_.is_by_policy_alone) {
    const std::string left = LeftByPolicy(pod, &identity, options_.settings);
    if (!left.empty()) {
      return lack + ": " + left +
             ". The identity policy skips such pods, so new ones would get none either. Change that in the template "
             "of " +
             Text(WorkloadOf(pod)) + ".";
    }
  }
  const Cause cause = CauseOf(pod, circumstances);
  const bool is_out_of_scope =
      cause.kind == FindingKind::kPodNamespaceOutOfScope || cause.kind == FindingKind::kPodLabelsOutOfScope;
  if (is_out_of_scope) return lack + ": " + cause.why + ". New pods like it get none either.";
  std::string why = "nothing gave it to the pod when it was created; run irsa audit to find out why.";
  if (webhook != nullptr || cause.kind == FindingKind::kPodBeforeAnnotation) {
    why = cause.why;
    if (!why.ends_with('.')) why += '.';
  }
  return lack + ": " + why + " To fix it: " + RestartCommand(WorkloadOf(pod));
}

std::optional<base::Json> PodScan::Get(const std::string& path) {
  auto object = kube::GetObject(parts_.server, parts_.clock, path, bounds_);
  return object.ok() ? std::optional(*std::move(object)) : std::nullopt;
}

// Null where it is not known.
const WebhookConfiguration* PodScan::Webhook() {
  if (options_.webhook_name.empty()) return nullptr;
  if (!webhook_) {
    constexpr const char* kKind = "MutatingWebhookConfiguration";
    const auto object =
        Get("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/" + options_.webhook_name);
    webhook_.emplace(object ? std::optional(ReadWebhookConfiguration(*object, kKind)) : std::nullopt);
  }
  return *webhook_ ? &**webhook_ : nullptr;
}

// Null where they are not known. Of namespaces with pods that lack their identity, of which there are few.
const Labels* PodScan::NamespaceLabels(std::string_view namespace_name) {
  auto known = namespace_labels_.find(namespace_name);
  if (known == namespace_labels_.end()) {
    const auto object = Get(ObjectPath("api/v1", {}, "namespaces", namespace_name));
    known = namespace_labels_.emplace(namespace_name, object ? std::optional(ReadLabels(*object)) : std::nullopt).first;
  }
  return known->second ? &*known->second : nullptr;
}

// Nothing where the account cannot be read now: the note then says less.
std::optional<base::SystemTime> PodScan::RoleSetAt(const PodFacts& pod) {
  const auto object =
      Get(ObjectPath("api/v1", pod.object.namespace_name, "serviceaccounts", pod.view.service_account_name));
  if (!object) return std::nullopt;
  const auto view = kube::ViewObject(*object);
  const auto account = view.ok() ? ReadAccountFacts(*view, options_.settings) : std::nullopt;
  return account ? account->changed_at : std::nullopt;
}

// The workload, or where its uid cannot be had, the pod's own controller.
kube::EventSubject PodScan::Controller(const PodFacts& pod, const ObjectName& workload) {
  if (workload.kind == "Deployment") {
    const auto deployment = Get(ObjectPath("apis/apps/v1", workload.namespace_name, "deployments", workload.name));
    if (deployment) {
      return {"apps/v1", workload.kind, workload.namespace_name, workload.name,
              std::string(base::TextAt(*deployment, {"metadata", "uid"}))};
    }
  }
  return {ApiVersionOf(pod.owner_kind), std::string(pod.owner_kind), workload.namespace_name,
          std::string(pod.owner_name), std::string(pod.owner_uid)};
}

}  // namespace irsa::audit
