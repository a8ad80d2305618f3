#include "irsa/audit/facts/policy_facts.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/container_selection.h"
#include "irsa/identity/rules/mount_path.h"

namespace irsa::audit {

using base::At;
using base::Json;
using base::ListAt;
using base::TextAt;
using base::TimeAt;

AdmissionPolicy ReadAdmissionPolicy(const Json& object) {
  AdmissionPolicy policy{
      .param_kind = std::string(TextAt(object, {"spec", "paramKind", "kind"})),
      .failure_policy = std::string(TextAt(object, {"spec", "failurePolicy"})),
      .reinvocation_policy = std::string(TextAt(object, {"spec", "reinvocationPolicy"})),
      .effects = ListAt(object, {"spec", "validations"}).size() + ListAt(object, {"spec", "mutations"}).size(),
      .created = TimeAt(object, {"metadata", "creationTimestamp"}),
      .namespaces = ReadLabelSelector(At(object, {"spec", "matchConstraints", "namespaceSelector"})),
      .objects = ReadLabelSelector(At(object, {"spec", "matchConstraints", "objectSelector"})),
      .variables = {}};
  if (!policy.param_kind.empty()) {
    policy.param_kind.insert(0, std::string(TextAt(object, {"spec", "paramKind", "apiVersion"})) + "/");
  }
  for (const Json& variable : ListAt(object, {"spec", "variables"})) {
    policy.variables.emplace(TextAt(variable, {"name"}), TextAt(variable, {"expression"}));
  }
  return policy;
}

PolicyBinding ReadPolicyBinding(const Json& object, std::string_view kind) {
  const Json& actions = ListAt(object, {"spec", "validationActions"});
  return {.object = {std::string(kind), "", std::string(TextAt(object, {"metadata", "name"}))},
          .policy_name = std::string(TextAt(object, {"spec", "policyName"})),
          .has_params = At(object, {"spec", "paramRef"}) != nullptr,
          .param_name = std::string(TextAt(object, {"spec", "paramRef", "name"})),
          .param_namespace = std::string(TextAt(object, {"spec", "paramRef", "namespace"})),
          .when_not_found = std::string(TextAt(object, {"spec", "paramRef", "parameterNotFoundAction"})),
          .accounts = ReadLabelSelector(At(object, {"spec", "paramRef", "selector"})),
          .namespaces = ReadLabelSelector(At(object, {"spec", "matchResources", "namespaceSelector"})),
          .objects = ReadLabelSelector(At(object, {"spec", "matchResources", "objectSelector"})),
          .denies = std::find(actions.begin(), actions.end(), "Deny") != actions.end()};
}

std::string MisboundText(const PolicyBinding& binding, std::string_view policy_name) {
  if (binding.policy_name != policy_name) return "it binds the policy " + binding.policy_name;
  if (!binding.has_params) return "it has no paramRef";
  if (!binding.param_name.empty()) return "its paramRef takes only the object " + binding.param_name;
  if (!binding.param_namespace.empty()) {
    return "its paramRef takes service accounts of namespace " + binding.param_namespace;
  }
  if (binding.when_not_found != "Allow") return "its parameterNotFoundAction is " + binding.when_not_found;
  return {};
}

bool SelectsByAccountLabel(const LabelSelector& accounts) {
  const LabelRequirement by_label{std::string(kAccountLabel), "In", {std::string(kAccountLabelValue)}};
  return accounts.requirements == std::vector<LabelRequirement>{by_label};
}

WebhookConfiguration ScopeOf(const PolicyFacts& facts) {
  WebhookConfiguration scope;
  scope.kind = "MutatingAdmissionPolicy";
  if (!facts.policy) return scope;
  scope.created = facts.policy->created;
  for (const PolicyBinding& binding : facts.bindings) {
    WebhookEntry entry;
    entry.name = binding.object.name;
    entry.failure_policy = facts.policy->failure_policy;
    entry.sees_pods = true;
    entry.namespaces = Both(facts.policy->namespaces, binding.namespaces);
    entry.objects = Both(facts.policy->objects, binding.objects);
    scope.entries.push_back(std::move(entry));
  }
  return scope;
}

std::string MissedBySelector(const PolicyFacts& facts, const Labels& namespace_labels, const Labels& account_labels) {
  std::string missed;
  for (const PolicyBinding& binding : facts.bindings) {
    if (!facts.policy || !Both(facts.policy->namespaces, binding.namespaces).Matches(namespace_labels)) continue;
    const LabelRequirement* unmet = binding.accounts.FirstUnmet(account_labels);
    if (unmet == nullptr) return {};
    missed = "binding " + binding.object.name + " takes only accounts with " + unmet->Text();
  }
  return missed;
}

namespace {

// Of these, CEL cannot tell which are numbers to irsa, 64-bit integers.
bool IsNegativeOf19Digits(std::string_view text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(std::min(text.find_first_not_of('0', 1), text.size()));
  return text.size() == 19 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// What may be the token's path, but only a runtime's cleaning would tell.
bool NeedsCleaning(std::string_view path, std::string_view token_path) {
  if (path.find(token_path.substr(token_path.rfind('/') + 1)) == std::string_view::npos) return false;
  return path.find('\\') != std::string_view::npos || identity::CleanMountPath(path) != path;
}

bool TakesAllNames(const identity::PodView& pod) {
  for (size_t number = 1; number <= identity::kMaxTokenVolumes; ++number) {
    const std::string name = identity::TokenVolumeName(identity::kTokenVolume, number);
    if (std::ranges::none_of(pod.volumes,
                             [&name](const identity::VolumeView& volume) { return volume.name == name; })) {
      return false;
    }
  }
  return true;
}

// Whether a list's text must have had quotes, or is as long as CEL does not read it.
bool NeedsCsvReader(const std::optional<std::vector<std::string>>& names) {
  if (!names) return false;
  size_t bytes = names->size() - 1;  // its commas
  for (const std::string& name : *names) {
    if (name.find_first_of(",\"\r\n") != std::string::npos) return true;
    bytes += name.size();
  }
  return bytes >= identity::kMaxSkipContainersNames;
}

std::string AccountLeftByPolicy(const identity::Identity& identity, const identity::Settings& settings) {
  if (identity.method == identity::Method::kPodIdentity) return "its service account uses EKS Pod Identity";
  if (identity::IsRoleWithoutAccount(identity.role_arn, settings.composition)) {
    return "its role is given without an ARN, and the policy's awsPartition and awsAccountId are empty";
  }
  if (!identity.profiles.empty()) return "its service account has profiles";
  if (NeedsCsvReader(identity.containers.skipped) || NeedsCsvReader(identity.containers.included)) {
    return "skip-containers or include-containers of its service account has quotes, or 2000 characters";
  }
  return {};
}

}  // namespace

std::string LeftByPolicy(const PodFacts& pod, const identity::Identity* account, const identity::Settings& settings) {
  if (account != nullptr) {
    std::string left = AccountLeftByPolicy(*account, settings);
    if (!left.empty()) return left;
  }
  for (const identity::Annotation& annotation : pod.view.annotations) {
    const auto name = identity::AnnotationName(annotation.key, settings.annotation_prefix);
    if (name == identity::kSkipContainersAnnotation || name == identity::kIncludeContainersAnnotation) {
      if (annotation.value.find_first_of("\"\r\n") != std::string_view::npos) {
        return "its annotation " + std::string(*name) + " has a quote or a line break";
      }
      if (annotation.value.size() >= identity::kMaxSkipContainersNames) {
        return "its annotation " + std::string(*name) + " has " + std::to_string(annotation.value.size()) +
               " bytes, of at most " + std::to_string(identity::kMaxSkipContainersNames - 1);
      }
    }
    if (name == identity::kTokenExpirationAnnotation && IsNegativeOf19Digits(annotation.value)) {
      return "its annotation token-expiration is a negative number of 19 digits";
    }
  }
  for (const identity::MountView& mount : pod.view.mounts) {
    if (NeedsCleaning(mount.path, settings.token_mount_path)) {
      return "its mount path " + base::Quoted(mount.path) + " must be normalized before it can be compared";
    }
  }
  if (TakesAllNames(pod.view)) return "its volumes use all names that irsa's volume may have";
  if (settings.respects_env_from && !pod.view.sources.empty()) {
    return "a container has a ConfigMap in envFrom, which the policy cannot read (--respect-env-from)";
  }
  if (pod.container_count > kPolicyMaxContainers) {
    return "it has " + std::to_string(pod.container_count) + " containers, of at most " +
           std::to_string(kPolicyMaxContainers);
  }
  if (pod.variable_count > kPolicyMaxVariables) {
    return "its containers have " + std::to_string(pod.variable_count) + " variables, of at most " +
           std::to_string(kPolicyMaxVariables);
  }
  return {};
}

}  // namespace irsa::audit
