// How irsa is installed in a cluster: the names of its objects, its webhook configurations, and its Service.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/label_selector.h"
#include "irsa/audit/facts/pod_facts.h"
#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/kube/api/account_requests.h"

namespace irsa::audit {

// What a Deployment has its process ask of the apiserver.
struct ProcessDuties {
  kube::AccountReference account;    // that it runs under
  std::string role_name;             // what the names of its roles in deploy/ begin with
  bool watches_accounts = true;      // not with --service-accounts FILE
  bool manages_certificate = false;  // --tls-self-managed
  bool manages_validating = false;   // and with it --validating-webhook-configuration
  bool reports_pods = false;         // --report-pods, or irsa controller
};

// How the rollout of irsa's own Deployment goes.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
struct RolloutFacts {
  ObjectName deployment;
  std::string selector;  // of its pods, as kubectl takes it: "app=irsa,tier=x"
  int64_t desired = 1;
  int64_t updated = 0;       // replicas of the current template
  int64_t available = 0;     // of any
  bool is_observed = false;  // the controller has seen the current template
  bool is_paused = false;
  bool is_late = false;                // no progress for progressDeadlineSeconds
  std::optional<std::string> refusal;  // why pods cannot be created
};

RolloutFacts ReadRollout(const base::Json& deployment);

// Where it is installed, and under which names. Those of deploy/kustomize; docs/audit.md says how others are found.
struct Installation {
  std::string namespace_name = "irsa-system";
  std::string service_name = "irsa";
  std::string mutating_configuration = "irsa";
  std::string validating_configuration = "irsa";
  std::string certificate_secret = "irsa-tls";            // empty: the certificate is in no Secret
  std::string guard_name = "irsa-guard";                  // of the policy and its binding
  std::string policy_name = "irsa-identity";              // of the identity policy; its bindings add a suffix
  std::string account_label_name = "irsa-account-label";  // of the policy that labels accounts, and its binding
  std::string config_map_name = "pod-identity-webhook";   // the name that the established webhook gave it
  Process process = Process::kServe;
  bool watches_config_map = false;  // irsa serve --watch-config-map
  bool uses_default_roles = false;  // --default-role, with accounts of the cluster
  bool respects_env_from = false;   // --respect-env-from
  Labels pod_labels = {};           // of its own pods
  // Nothing where no Deployment says it, or where the process does not log in as its service account (--kubeconfig).
  std::optional<ProcessDuties> duties = {};
  std::optional<RolloutFacts> rollout = {};  // nothing where there is no Deployment
};

// Installed under another name, as by Helm: `name` is that of the Deployment and the webhook configurations, and what
// the others begin with.
Installation InstallationNamed(const std::string& name);

struct WebhookEntry {
  std::string name;
  std::string failure_policy;
  std::string service_name;            // empty: it is called by a URL
  std::string ca_bundle;               // base64
  bool sees_pods = false;              // called when pods are created
  bool sees_service_accounts = false;  // called when service accounts are created and updated
  LabelSelector namespaces;
  LabelSelector objects;
};

struct WebhookConfiguration {
  std::string kind;  // "MutatingWebhookConfiguration"
  std::string name;
  std::optional<base::SystemTime> created;
  std::vector<WebhookEntry> entries;
};

WebhookConfiguration ReadWebhookConfiguration(const base::Json& object, std::string kind);

// Whether one of the entries that see pods also sees those of a namespace with these labels.
bool SeesPodsOf(const WebhookConfiguration& webhook, const Labels& namespace_labels);

// What the webhook's configuration says about why a pod would not have been seen. `namespace_labels` is null when they
// are not known.
PodCircumstances CircumstancesOf(const PodFacts& pod, const WebhookConfiguration& webhook,
                                 const Labels* namespace_labels);

struct ServiceFacts {
  bool is_external = false;  // leads out of the cluster, so that nothing is known of what is behind it
  size_t ready_endpoints = 0;
};

// Of EndpointSlices, how many endpoints are ready.
size_t CountReadyEndpoints(const base::Json& endpoint_slice);

}  // namespace irsa::audit
