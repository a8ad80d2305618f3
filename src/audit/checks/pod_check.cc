#include "irsa/audit/checks/pod_check.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/mount_path.h"
#include "irsa/identity/rules/pod_mutator.h"

namespace irsa::audit {
namespace {

using base::At;
using base::Json;
using base::ListAt;
using base::TextAt;
using identity::ContainerView;
using identity::Identity;
using identity::Settings;

// Calls `take` for each container that is to carry the identity, init containers first.
template <typename Take>
void ForEachContainer(const PodFacts& pod, const Identity& identity, const Settings& settings, const Take& take) {
  identity::ContainerSelection selection = identity::SelectionOf(pod.view, identity, settings);
  for (const auto* containers : {&pod.view.init_containers, &pod.view.containers}) {
    for (const ContainerView& container : *containers) {
      if (selection.Takes(container.name)) take(container);
    }
  }
}

bool Sets(const PodFacts& pod, const ContainerView& container, std::string_view variable) {
  const auto env = pod.view.Env(container);
  return std::ranges::any_of(env, [variable](const identity::VariableView& each) { return each.name == variable; });
}

// Nothing when the container does not set it, or not to a text; the last one counts, as for the kubelet.
std::optional<std::string_view> ValueOf(const PodFacts& pod, const ContainerView& container,
                                        std::string_view variable) {
  std::optional<std::string_view> value;
  for (const std::string_view list : {"initContainers", "containers"}) {
    for (const Json& each : ListAt(*pod.object.json, {"spec", list})) {
      if (TextAt(each, {"name"}) != container.name) continue;
      for (const Json& entry : ListAt(each, {"env"})) {
        if (TextAt(entry, {"name"}) != variable) continue;
        value.reset();
        if (At(entry, {"valueFrom"}) == nullptr) value = TextAt(entry, {"value"});
      }
    }
  }
  return value;
}

// Whether the container sets both variables of one of the SDKs' providers. An account may use EKS Pod Identity by
// irsa's --watch-container-credentials-config, which nothing in the cluster shows, so that either will do.
bool HasCredentials(const PodFacts& pod, const ContainerView& container) {
  return (Sets(pod, container, identity::kRoleArnVariable) && Sets(pod, container, identity::kTokenFileVariable)) ||
         (Sets(pod, container, identity::kFullUriVariable) &&
          Sets(pod, container, identity::kAuthorizationTokenFileVariable));
}

// What its account has: "has the role arn:…".
std::string MethodText(const Identity& identity) {
  return identity.method == identity::Method::kPodIdentity ? "uses EKS Pod Identity"
                                                           : "has the role " + identity.role_arn;
}

std::string AccountText(const PodFacts& pod) {
  return std::string("service account ")
      .append(pod.object.namespace_name)
      .append("/")
      .append(pod.view.service_account_name);
}

// Collects the findings of one pod.
class PodCheck {
 public:
  PodCheck(const PodFacts& pod, const PodCircumstances& circumstances, const Settings& settings)
      : pod_(pod), circumstances_(circumstances), settings_(settings), workload_(WorkloadOf(pod)) {}

  std::vector<Finding> Run(const Identity* identity) {
    if (identity != nullptr && WantsIdentity(pod_)) {
      CheckPresence(*identity);
      CheckRole(*identity);
      CheckTokens(*identity);
    }
    CheckWarnings(identity);
    return std::move(findings_);
  }

 private:
  void Add(FindingKind kind, std::string what, std::string why, std::string fix) {
    findings_.push_back({kind, workload_, std::move(what), std::move(why), std::move(fix)});
  }

  std::string Restart() const { return RestartCommand(workload_); }

  void CheckPresence(const Identity& identity) {
    const PodState state = ReadPodState(pod_, identity, settings_);
    const identity::ProviderSetup setup = identity::SetupOf(identity, settings_);
    PodState with_none{.lacking = {}, .identified = state.identified};
    ForEachContainer(pod_, identity, settings_, [&](const ContainerView& container) {
      if (HasCredentials(pod_, container)) return;
      const bool has_source = Sets(pod_, container, setup.source_variable);
      if (has_source || Sets(pod_, container, setup.token_file_variable)) {
        AddPartial(container, setup, has_source);
      } else {
        with_none.lacking.push_back(container.name);
      }
    });
    if (with_none.lacking.empty()) return;
    const std::string what = LackText(pod_, with_none, identity, settings_);
    if (state.identified > 0) {
      Add(FindingKind::kContainerWithoutIdentity, what,
          "it was added after irsa had seen the pod, perhaps by another webhook, or was removed from skip-containers",
          "keep reinvocationPolicy: IfNeeded in " + GiverOf(circumstances_) + ", then: " + Restart());
      return;
    }
    const Cause cause = CauseOf(pod_, circumstances_);
    Add(cause.kind, what, cause.why, FixOf(cause.kind));
  }

  void AddPartial(const ContainerView& container, const identity::ProviderSetup& setup, bool has_source) {
    const std::string_view present = has_source ? setup.source_variable : setup.token_file_variable;
    const std::string_view absent = has_source ? setup.token_file_variable : setup.source_variable;
    Add(FindingKind::kPartialEnvironment,
        std::string("container ")
                .append(container.name)
                .append(" sets ")
                .append(present)
                .append(" but not ")
                .append(absent) +
            ": SDKs need both, and use neither",
        "the pod's template sets one of them, and irsa did not see the pod to add the other",
        std::string("remove ").append(present).append(" from the template, and irsa sets both; or: ") + Restart());
  }

  std::string FixOf(FindingKind cause) const {
    const std::string namespace_name(pod_.object.namespace_name);
    if (cause == FindingKind::kPodNamespaceOutOfScope) {
      return "add to the namespace the labels that " + GiverOf(circumstances_) +
             "'s namespaceSelector requires (kubectl label namespace " + namespace_name + " ...), then: " + Restart();
    }
    if (cause == FindingKind::kPodLabelsOutOfScope) {
      return "add to the pods the labels that " + GiverOf(circumstances_) +
             "'s objectSelector requires, in the template of " + Text(workload_);
    }
    if (cause == FindingKind::kPodLeftByPolicy) {
      return "change that in the template of " + Text(workload_) +
             ", or install the webhook again, which mutates such pods too (mode fallback, docs/policy.md)";
    }
    if (cause == FindingKind::kPodMissedByPolicy && !circumstances_.role_unknown.empty()) {
      return "first fix what irsa audit --only policy reports, then: " + Restart();
    }
    return Restart();
  }

  void CheckRole(const Identity& identity) {
    ForEachContainer(pod_, identity, settings_, [&](const ContainerView& container) {
      const auto role = ValueOf(pod_, container, identity::kRoleArnVariable);
      if (!role || identity::IsRoleOf(identity, *role, settings_.composition)) return;
      if (identity.method == identity::Method::kPodIdentity && Sets(pod_, container, identity::kFullUriVariable))
        return;
      Add(FindingKind::kPodOlderRole,
          std::string("container ").append(container.name).append(" runs as ") + base::Quoted(*role, 120) + ", but " +
              AccountText(pod_) + " " + MethodText(identity),
          pod_.WasCreatedBefore(circumstances_.role_set_at)
              ? "the account's role was changed at " + base::FormatRfc3339(*circumstances_.role_set_at) +
                    ", after the pod was created"
              : "the account's role has changed since, or the pod's template sets AWS_ROLE_ARN itself",
          Restart());
    });
  }

  // What a container finds where it looks for its token.
  void CheckTokens(const Identity& identity) {
    const identity::ProviderSetup setup = identity::SetupOf(identity, settings_);
    const std::string mount_path(setup.mount_path);
    bool has_other_audience = false;
    ForEachContainer(pod_, identity, settings_, [&](const ContainerView& container) {
      const auto file = ValueOf(pod_, container, setup.token_file_variable);
      if (!file) return;
      const std::string path = identity::CleanMountPath(*file, pod_.view.is_windows);
      const std::optional<Mounted> mounted = FindMounted(container, path);
      if (!mounted) {
        Add(FindingKind::kTokenNotMounted, LooksFor(container, *file) + ", where nothing is mounted",
            "the template sets " + std::string(setup.token_file_variable) + " itself, or mounts something else at " +
                mount_path,
            "remove the variable and the mount from the template of " + Text(workload_) + ": irsa adds its own");
        return;
      }
      const std::optional<std::string_view> audience = AudienceOf(*mounted, identity.audience);
      if (audience && *audience != identity.audience) {
        if (!std::exchange(has_other_audience, true)) AddOtherAudience(*audience, identity);
      } else if (!audience && path == identity::CleanMountPath(mount_path) + "/" + std::string(setup.token_path)) {
        Add(FindingKind::kTokenNotMounted,
            LooksFor(container, *file) + ", where volume " + base::Quoted(mounted->volume_name) +
                " is mounted, which has no token there",
            "the template mounts it at " + mount_path +
                ", or an older version of irsa mistook it for its own because of its name",
            "remove the mount at that path from the template of " + Text(workload_) + ", then: " + Restart());
      }
    });
  }

  static std::string LooksFor(const ContainerView& container, std::string_view file) {
    return std::string("container ").append(container.name).append(" looks for its token in ") +
           base::Quoted(file, 120);
  }

  void AddOtherAudience(std::string_view audience, const Identity& identity) {
    Add(FindingKind::kPodOlderAudience,
        "its token is for " + base::Quoted(audience) + ", but the token of " + AccountText(pod_) + " should be for " +
            base::Quoted(identity.audience),
        "the audience has changed since, or the pod's template mounts a token of its own", Restart());
  }

  // A file in a volume.
  struct Mounted {
    std::string_view volume_name;
    std::string file;  // within the volume
  };

  // Of the mounts that `path` is in, the innermost, and of several there the last.
  std::optional<Mounted> FindMounted(const ContainerView& container, const std::string& path) const {
    std::optional<Mounted> found;
    for (const identity::MountView& mount : pod_.view.Mounts(container)) {
      std::string at = identity::CleanMountPath(mount.path, pod_.view.is_windows);
      if (mount.path.empty() || !path.starts_with(at)) continue;
      if (at == "/") at.clear();
      if (path.size() != at.size() && path[at.size()] != '/') continue;
      std::string file = path.substr(std::min(at.size() + 1, path.size()));
      if (!found || file.size() <= found->file.size()) found = Mounted{mount.volume_name, std::move(file)};
    }
    return found;
  }

  // Whom the token in that file is for: `wanted` if there is one for it. Nothing when the volume has no token there.
  std::optional<std::string_view> AudienceOf(const Mounted& mounted, std::string_view wanted) const {
    std::optional<std::string_view> found;
    for (const identity::VolumeView& volume : pod_.view.volumes) {
      if (volume.name != mounted.volume_name) continue;
      for (const identity::TokenView& token : pod_.view.Tokens(volume)) {
        if (token.path == mounted.file && (!found || token.audience == wanted)) found = token.audience;
      }
    }
    return found;
  }

  void CheckWarnings(const Identity* identity) {
    // Irsa gave it Pod Identity by its list, in spite of the account's role.
    const bool is_listed = identity != nullptr && identity->method == identity::Method::kWebIdentity &&
                           pod_.view.pod_identity_label == identity::kPodIdentityLabelValue;
    const identity::Mutation mutation = identity == nullptr || is_listed || pod_.opts_out
                                            ? identity::CheckPodAnnotations(pod_.view, settings_)
                                            : identity::MutatePod(pod_.view, *identity, settings_);
    for (const identity::Warning& warning : mutation.warnings) {
      switch (warning.reason) {
        case identity::WarningReason::kStaticCredentials:
          Add(FindingKind::kStaticCredentials, warning.text,
              "SDKs look for static keys and profiles before they look for a role",
              "remove the variable from the template of " + Text(workload_) + "; the role needs no keys");
          break;
        case identity::WarningReason::kOptionalCredentials:
          Add(FindingKind::kOptionalCredentials, warning.text,
              "SDKs look for static keys and profiles before they look for a role; the pod also starts without them",
              "make sure that it does not exist, or remove the variable from the template of " + Text(workload_));
          break;
        case identity::WarningReason::kContainerCredentials:
          Add(FindingKind::kContainerCredentials, warning.text,
              "SDKs look for AWS_WEB_IDENTITY_TOKEN_FILE before they look for such an endpoint",
              "if you want the endpoint's credentials, remove the role from " + AccountText(pod_));
          break;
        case identity::WarningReason::kOverridesPodIdentity:
          Add(FindingKind::kOverridesPodIdentity, warning.text,
              "SDKs look for AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONTAINER_CREDENTIALS_RELATIVE_URI before they look "
              "for EKS Pod Identity",
              "remove the variable from the template of " + Text(workload_) + ", or EKS Pod Identity from " +
                  AccountText(pod_));
          break;
        case identity::WarningReason::kSessionNameTooLong:
          Add(FindingKind::kAnnotationValueIgnored, warning.text,
              "with its placeholders filled in, it is shorter or longer than STS accepts",
              "correct role-session-name on " + AccountText(pod_));
          break;
        case identity::WarningReason::kForeignAnnotation:
        case identity::WarningReason::kProfilesNotGiven:
          if (!AreProfilesKnown(identity)) break;
          Add(FindingKind::kPodOlderProfiles, warning.text,
              "the account's profiles have changed since the pod was created, or its template already has this",
              "remove the annotation, variable or volume from the template of " + Text(workload_) +
                  " if it has them, then: " + Restart());
          break;
        case identity::WarningReason::kForeignVolume:
          Add(FindingKind::kForeignVolume, warning.text, "the pod's template has a volume of that name",
              "nothing to do; a different volume name would avoid the confusion");
          break;
        case identity::WarningReason::kUnknownAnnotation:
        case identity::WarningReason::kIgnoredValue:
        case identity::WarningReason::kMalformedSkipContainers:
        case identity::WarningReason::kUnmatchedSkipContainer:
        case identity::WarningReason::kNoContainerServed:
          Add(FindingKind::kPodAnnotationIgnored, warning.text,
              "irsa does not know this annotation or value, so it does nothing",
              "correct the annotation in the template of " + Text(workload_));
          break;
        default:
          break;  // looked at above, or harmless
      }
    }
  }

  // Whether the roles of the profiles are known as the webhook knows them.
  bool AreProfilesKnown(const Identity* identity) const {
    const auto lacks_account = [this](std::string_view role) {
      return !role.empty() && identity::IsRoleWithoutAccount(role, settings_.composition);
    };
    return identity != nullptr && !lacks_account(identity->role_arn) &&
           std::ranges::none_of(identity->profiles,
                                [&](const identity::Profile& profile) { return lacks_account(profile.role_arn); });
  }

  const PodFacts& pod_;
  const PodCircumstances& circumstances_;
  const Settings& settings_;
  const ObjectName workload_;
  std::vector<Finding> findings_;
};

}  // namespace

bool WantsIdentity(const PodFacts& pod) { return !pod.view.is_mirror && !pod.opts_out && !pod.is_over; }

PodState ReadPodState(const PodFacts& pod, const Identity& identity, const Settings& settings) {
  PodState state;
  ForEachContainer(pod, identity, settings, [&](const ContainerView& container) {
    if (HasCredentials(pod, container)) {
      ++state.identified;
    } else {
      state.lacking.push_back(container.name);
    }
  });
  return state;
}

std::string LackText(const PodFacts& pod, const PodState& state, const Identity& identity,
                     const identity::Settings& settings) {
  const identity::ProviderSetup setup = identity::SetupOf(identity, settings);
  const auto& names = state.lacking;
  std::string text = names.size() == 1 ? "container " : "containers ";
  for (size_t i = 0; i < names.size(); ++i) text.append(i == 0 ? "" : ", ").append(names[i]);
  text.append(names.size() == 1 ? " lacks " : " lack ")
      .append(setup.source_variable)
      .append(" and ")
      .append(setup.token_file_variable);
  return text.append(", but ").append(AccountText(pod)).append(" ").append(MethodText(identity));
}

std::vector<Finding> CheckPod(const PodFacts& pod, const Identity* identity, const PodCircumstances& circumstances,
                              const Settings& settings) {
  if (pod.is_over || pod.view.is_mirror || !pod.unreadable.empty()) return {};
  return PodCheck(pod, circumstances, settings).Run(identity);
}

}  // namespace irsa::audit
