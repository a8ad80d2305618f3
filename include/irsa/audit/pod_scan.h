// The leader's periodic scan: finds and counts the pods that run without the identity of their service account, and
// writes Events on the pods, on their controllers, and on service accounts whose annotations are wrong.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "irsa/audit/checks/pod_check.h"
#include "irsa/audit/facts/installation_facts.h"
#include "irsa/audit/facts/pod_facts.h"
#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/event_recorder.h"
#include "irsa/kube/api/objects.h"

namespace irsa::audit {

// How many pods of a namespace lack their identity; namespaces without any are left out.
using UnidentifiedPods = std::map<std::string, size_t, std::less<>>;

struct PodScanOptions {
  identity::Settings settings;
  bool is_by_policy_alone = false;  // no webhook stands behind the identity policy (irsa controller)
  std::string webhook_name = {};    // of its MutatingWebhookConfiguration, which says why pods are missed; empty: none
};

// Reads pods and service accounts in pages: what it needs of memory does not depend on how many there are. Poll is for
// one thread at a time, and one that can wait: a scan takes a request for each hundred pods.
class PodScan {
 public:
  // What it works with; all of it outlives the scan.
  struct Parts {
    kube::ApiServer& server;
    identity::IdentitySource& identities;
    kube::EventRecorder& events;
    const base::Clock& clock;
    base::Log& log;
    // Takes the counts of each whole scan, and none when this process does not lead any more.
    std::function<void(const UnidentifiedPods& counts)> report;
    std::stop_token stop = {};  // ends a scan
  };

  PodScan(const Parts& parts, PodScanOptions options);

  // Scans when this process leads and the last scan began five minutes ago; a new leader begins at once. To be called
  // every few seconds. An error ends a scan, whose counts are then those of the one before; events that cannot be
  // written end none, they are logged once a scan.
  Status Poll(bool leads);

 private:
  Status Scan();
  void LookAtAccount(const kube::ObjectView& object);
  void LookAtPod(const kube::ObjectView& object, UnidentifiedPods& counts);
  void Tell(std::string_view key, const std::function<std::optional<kube::Event>()>& make);
  void NoteUnreadable(const PodFacts& pod);
  std::string NoteOn(const PodFacts& pod, const identity::Identity& identity);
  std::optional<base::SystemTime> RoleSetAt(const PodFacts& pod);
  std::optional<base::Json> Get(const std::string& path);
  const WebhookConfiguration* Webhook();
  const Labels* NamespaceLabels(std::string_view namespace_name);
  kube::EventSubject Controller(const PodFacts& pod, const ObjectName& workload);

  const Parts parts_;
  const PodScanOptions options_;
  const kube::ReadBounds bounds_;
  std::optional<base::SteadyTime> next_;  // none: at once
  bool has_reported_ = false;
  bool may_write_events_ = true;  // in this scan, as the next
  bool has_told_of_unreadable_ = false;
  // Nothing inside: it may not be read. Read when the first pod is found that lacks its identity.
  std::optional<std::optional<WebhookConfiguration>> webhook_;
  std::map<std::string, std::optional<Labels>, std::less<>> namespace_labels_;
};

}  // namespace irsa::audit
