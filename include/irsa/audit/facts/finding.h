// What an audit of a cluster finds: a kind of fault that has a name of its own, the object, what is wrong with it, why,
// and the command or step that fixes it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/kube/api/api_capabilities.h"

namespace irsa::audit {

// In the order of a report: what concerns all pods comes first.
enum class FindingKind : uint8_t {
  kWebhookMissing,
  kWebhookWithoutPods,
  kWebhookServiceMissing,
  kWebhookWithoutEndpoints,
  kRolloutStuck,
  kWebhookBlocksItself,
  kWebhookFailsOpen,  // a remark
  kAccountsWebhookFailsClosed,
  kCaBundleEmpty,
  kCaBundleMalformed,
  kCaExpired,
  kCaBundleMismatch,
  kCertificateMissing,
  kCertificateExpired,
  kCertificateExpiring,
  kCertificateNameMismatch,
  kCertificatePathRefused,
  kRightMissing,
  kGuardNotInstalled,  // a remark
  kGuardMissing,
  kGuardBindingMissing,
  kGuardAltered,
  kGuardScopeDiffers,
  kGuardWarnsOnly,  // a remark
  kClusterTooOld,
  kWebhookLeftOver,
  kPolicyMissing,
  kPolicyBindingMissing,
  kPolicyAltered,
  kPolicyScopeDiffers,
  kSelectorMissesAccounts,
  kPoliciesSlow,         // a remark
  kRoleOnlyInConfigMap,  // a remark
  kRoleArnMalformed,
  kAnnotationUnknown,
  kAnnotationValueIgnored,
  kAnnotationWithoutRole,
  kTokenExpirationAdjusted,  // a remark
  kAudienceWithoutProvider,
  kPodNamespaceOutOfScope,
  kPodLabelsOutOfScope,
  kPodBeforeWebhook,
  kPodBeforeAnnotation,
  kPodFailedOpen,
  kPodLeftByPolicy,
  kPodMissedByPolicy,
  kContainerWithoutIdentity,
  kPartialEnvironment,
  kTokenNotMounted,
  kPodOlderRole,
  kPodOlderAudience,
  kPodOlderProfiles,
  kStaticCredentials,
  kOptionalCredentials,   // a remark
  kContainerCredentials,  // a remark
  kOverridesPodIdentity,
  kForeignVolume,  // a remark
  kPodAnnotationIgnored,
  kReplicaSetBlocked,
};

inline constexpr size_t kFindingKinds = static_cast<size_t>(FindingKind::kReplicaSetBlocked) + 1;

enum class Severity : uint8_t {
  kFault,   // something is wrong
  kRemark,  // nothing is, but somebody may want to know
};

// "pod-failed-open", …: stable, for programs.
std::string_view FindingName(FindingKind kind);
// "Pods admitted without their identity": the heading over findings of that kind.
std::string_view FindingTitle(FindingKind kind);
Severity SeverityOf(FindingKind kind);

struct ObjectName {
  std::string kind;            // "Deployment"
  std::string namespace_name;  // empty for what is in none
  std::string name;

  bool operator==(const ObjectName&) const = default;
};

// "Deployment team-a/web".
std::string Text(const ObjectName& object);

struct Finding {
  FindingKind kind = FindingKind::kWebhookMissing;
  ObjectName object;
  std::string what;
  std::string why;
  std::string fix;
  // Where it is about several pods of one controller: how many, and the first of their names.
  size_t pod_count = 0;
  std::vector<std::string> pods = {};

  bool operator==(const Finding&) const = default;
};

// Something that could not be checked, and why. It is always reported.
struct Unread {
  std::string what;  // "the guard's policy"
  std::string why;   // the apiserver's words

  bool operator==(const Unread&) const = default;
};

// How much was checked, to back up a report without findings.
struct Counts {
  size_t pods = 0;
  size_t pods_with_role = 0;  // that are to carry an identity
  size_t service_accounts = 0;
  size_t accounts_with_role = 0;

  bool operator==(const Counts&) const = default;
};

// What gives pods their identity: nothing, the webhook, the identity policy and then the webhook, the policy alone.
enum class Mode : uint8_t { kNone, kWebhook, kFallback, kOnly };

// "none", "webhook", "fallback", "only".
std::string_view ModeName(Mode mode);
// What gives pods their identity: "the identity policy, then the webhook (fallback)".
std::string_view ModeMeaning(Mode mode);

// What of irsa runs in the cluster, as far as its Deployment says.
enum class Process : uint8_t {
  kServe,       // irsa serve, with its webhook for pods
  kController,  // irsa controller, without one
  kNone,        // there is no Deployment
  kUnknown,     // it cannot be read, or irsa runs elsewhere than in a Deployment
};

// "serve", "controller", "none"; empty for kUnknown.
std::string_view ProcessName(Process process);

// Which of irsa's modes the cluster supports, and which one is in use.
struct ClusterFacts {
  kube::ApiCapabilities capabilities;
  std::optional<Mode> mode;  // nothing when the objects that decide it could not be read
  Process process = Process::kUnknown;

  bool operator==(const ClusterFacts&) const = default;
};

struct Report {
  std::vector<Finding> findings;
  std::vector<Unread> unread;
  Counts counts;
  std::optional<ClusterFacts> cluster;  // nothing when it was not asked, or did not say

  size_t CountOf(Severity severity) const;
  // No fault, and everything was looked at.
  bool IsClean() const { return CountOf(Severity::kFault) == 0 && unread.empty(); }

  bool operator==(const Report&) const = default;
};

}  // namespace irsa::audit
