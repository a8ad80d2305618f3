// Whether a pod carries the identity that its service account has, and what else is wrong with it: the same for a
// command that looks once and for a leader that looks every few minutes. All of it is pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/audit/facts/finding.h"
#include "irsa/audit/facts/pod_facts.h"
#include "irsa/base/clock.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::audit {

// What a pod has of its service account's identity.
struct PodState {
  // Containers, init containers among them, that should have both variables of a credential provider, IRSA's or EKS Pod
  // Identity's, and lack one or both. The guard refuses a pod that has any.
  std::vector<std::string_view> lacking;
  size_t identified = 0;  // containers that have both of one

  bool IsIdentified() const { return lacking.empty(); }
};

// Whether the pod is to carry an identity at all, its account having one: not a mirror pod, not one that opted out, not
// one that is over.
bool WantsIdentity(const PodFacts& pod);

// Of a pod that wants one and can be read. Containers that are not to get it do not count.
PodState ReadPodState(const PodFacts& pod, const identity::Identity& identity, const identity::Settings& settings);

// Why the pod has no identity: one of kPodNamespaceOutOfScope, kPodLabelsOutOfScope, kPodBeforeWebhook,
// kPodBeforeAnnotation, kPodFailedOpen, kPodLeftByPolicy and kPodMissedByPolicy, with a sentence.
struct Cause {
  FindingKind kind = FindingKind::kPodFailedOpen;
  std::string why;
};
Cause CauseOf(const PodFacts& pod, const PodCircumstances& circumstances);

// What a state lacks, in words: "container app has neither AWS_ROLE_ARN nor AWS_WEB_IDENTITY_TOKEN_FILE, but service
// account team-a/app has the role arn:…".
std::string LackText(const PodFacts& pod, const PodState& state, const identity::Identity& identity,
                     const identity::Settings& settings);

// All that is wrong with a pod that is not over; `identity` is null when its account has none. Each finding is about
// the workload of the pod, and would be the same for every pod like it, but for those about the length of its name.
// None about a pod that cannot be read.
std::vector<Finding> CheckPod(const PodFacts& pod, const identity::Identity* identity,
                              const PodCircumstances& circumstances, const identity::Settings& settings);

}  // namespace irsa::audit
