// The mutation of pods in manifests: what `irsa mutate` does, but for reading and printing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_index.h"
#include "irsa/manifest/manifest.h"

namespace irsa::cli {

// An object whose pod, or pod template, was changed.
struct MutatedObject {
  std::string title;  // for people: "deployment/web (team-a)"
  std::string kind;
  std::string namespace_name;
  std::string name;       // or generateName, where it has none
  manifest::Value patch;  // RFC 6902, from the object's root
  manifest::Value before;
  manifest::Value after;
};

struct MutationReport {
  std::vector<MutatedObject> mutated;  // in the manifests' order
  // What people should know, each beginning with the object: "deployment/web in team-a: warning: …", "…: note: …".
  std::vector<std::string> notices;
  std::vector<Error> errors;  // of objects that could not be mutated, each beginning with its place
};

// What is known of accounts beside the objects.
struct OtherAccounts {
  const identity::IdentityIndex& identities;      // of accounts that are not among the objects
  const identity::IdentityIndex& pod_identities;  // accounts that use EKS Pod Identity, whatever else is said of them
};

// Mutates the pods among the objects in place: those themselves, and the templates of Deployments, StatefulSets,
// DaemonSets, ReplicaSets, ReplicationControllers, Jobs and CronJobs, by the same code as the webhook, but for pods
// with kOptOutLabel, which a cluster's webhook is never sent: they are left as they are, with a notice. Their service
// accounts are looked for among the objects first, then in `others`. Objects without a namespace are in
// `default_namespace`. Mutating the result again changes nothing.
MutationReport MutateObjects(std::span<const manifest::Object> objects, const OtherAccounts& others,
                             std::string_view default_namespace, const identity::Settings& settings);

}  // namespace irsa::cli
