// The part of a pod that an audit reads: what the mutation reads, and the state of the pod.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/label_selector.h"
#include "irsa/base/clock.h"
#include "irsa/identity/rules/pod_view.h"
#include "irsa/kube/api/objects.h"

namespace irsa::audit {

// All string_views point into the JSON of the object it was read from, but those of `view` into what `view_text` holds.
struct PodFacts {
  kube::ObjectView object;
  std::string_view uid;
  identity::PodView view;  // as the webhook sees it, with the ConfigMaps of envFrom
  std::shared_ptr<const void> view_text;
  // Why the webhook could not read it either: such a pod has more in its lists than irsa reads. `view` then has nothing
  // but the account's name, and says nothing of what the pod lacks. Empty: it can be read.
  std::string unreadable;
  // Of all containers, init containers among them, however many.
  size_t container_count = 0;
  size_t variable_count = 0;
  std::optional<base::SystemTime> created;
  Labels labels;
  bool is_over = false;         // has ended, or is being deleted: nothing can be mended about it
  bool opts_out = false;        // has the label by which a pod wants no identity
  std::string_view owner_kind;  // of its controller; empty: none
  std::string_view owner_name;
  std::string_view owner_uid;

  // False where either is not known.
  bool WasCreatedBefore(const std::optional<base::SystemTime>& time) const {
    return created && time && *created < *time;
  }
};

// What is missing counts as absent.
PodFacts ReadPodFacts(const kube::ObjectView& object, std::string_view annotation_prefix);

// The service account of a pod, without reading the rest.
std::string_view ServiceAccountOf(const base::Json& pod);

// What a person would change: the pod's controller, for a ReplicaSet of a Deployment that Deployment, or the pod
// itself.
ObjectName WorkloadOf(const PodFacts& pod);

// How such a workload gets new pods: a command, or a step where there is no command for it.
std::string RestartCommand(const ObjectName& workload);

// What may be known of why a pod lacks its identity. Where the identity policy alone gives it, what is said of the
// webhook is about the policy.
struct PodCircumstances {
  // When the account's role was set, as far as can be told.
  std::optional<base::SystemTime> role_set_at = {};
  // Of the webhook: since when it is registered, and why it would not see the pod.
  std::optional<base::SystemTime> webhook_since = {};
  std::string namespace_unmet = {};  // the requirement of its namespace selectors; empty: it is met, or not known
  std::string labels_unmet = {};     // the same of its object selectors
  bool is_registered = true;
  bool fails_closed = false;
  // Of the identity policy: whether there is one, whether there is no webhook beside it, why it leaves the pod by its
  // own rules, and why it does not know the account's role (empty: it does not leave it, and knows the role).
  bool has_policy = false;
  bool is_by_policy_alone = false;
  std::string left_by_policy = {};
  std::string role_unknown = {};
};

// Who gives pods their identity: "the webhook" or "the identity policy".
std::string GiverOf(const PodCircumstances& circumstances);

}  // namespace irsa::audit
