#include "irsa/audit/policy_facts.h"

#include <utility>

#include "irsa/mutation/annotations.h"
#include "irsa/mutation/skip_containers.h"

#include "json_fields.h"

namespace irsa::audit {

IdentityPolicy ReadIdentityPolicy(const Json& object) {
  IdentityPolicy policy{.param_kind = std::string(TextAt(object, {"spec", "paramKind", "apiVersion"})) + "/" +
                                      std::string(TextAt(object, {"spec", "paramKind", "kind"})),
                        .failure_policy = std::string(TextAt(object, {"spec", "failurePolicy"})),
                        .reinvocation_policy = std::string(TextAt(object, {"spec", "reinvocationPolicy"})),
                        .mutations = ListAt(object, {"spec", "mutations"}).size(),
                        .created = TimeAt(object, {"metadata", "creationTimestamp"}),
                        .namespaces = ReadLabelSelector(At(object, {"spec", "matchConstraints", "namespaceSelector"})),
                        .objects = ReadLabelSelector(At(object, {"spec", "matchConstraints", "objectSelector"})),
                        .variables = {}};
  for (const Json& variable : ListAt(object, {"spec", "variables"})) {
    policy.variables.emplace(TextAt(variable, {"name"}), TextAt(variable, {"expression"}));
  }
  return policy;
}

PolicyBinding ReadPolicyBinding(const Json& object) {
  return {.name = std::string(TextAt(object, {"metadata", "name"})),
          .policy_name = std::string(TextAt(object, {"spec", "policyName"})),
          .param_name = std::string(TextAt(object, {"spec", "paramRef", "name"})),
          .when_not_found = std::string(TextAt(object, {"spec", "paramRef", "parameterNotFoundAction"})),
          .namespaces = ReadLabelSelector(At(object, {"spec", "matchResources", "namespaceSelector"})),
          .objects = ReadLabelSelector(At(object, {"spec", "matchResources", "objectSelector"}))};
}

WebhookConfiguration ScopeOf(const PolicyFacts& facts) {
  WebhookConfiguration scope;
  scope.kind = "MutatingAdmissionPolicy";
  if (!facts.policy) return scope;
  scope.created = facts.policy->created;
  for (const PolicyBinding& binding : facts.bindings) {
    WebhookEntry entry;
    entry.name = binding.name;
    entry.failure_policy = facts.policy->failure_policy;
    entry.sees_pods = true;
    entry.namespaces = Both(facts.policy->namespaces, binding.namespaces);
    entry.objects = Both(facts.policy->objects, binding.objects);
    scope.entries.push_back(std::move(entry));
  }
  return scope;
}

std::string LeftByPolicy(const PodFacts& pod, const mutation::Settings& settings) {
  for (const mutation::Annotation& annotation : pod.view.annotations) {
    const auto name = mutation::AnnotationName(annotation.key, settings.annotation_prefix);
    if (name == mutation::kSkipContainersAnnotation) {
      if (annotation.value.find_first_of("\"\r\n") != std::string_view::npos) {
        return "its annotation skip-containers has a quote or a line break";
      }
      if (annotation.value.size() >= mutation::kMaxSkipContainersNames) {
        return "its annotation skip-containers has " + std::to_string(annotation.value.size()) + " bytes, of at most " +
               std::to_string(mutation::kMaxSkipContainersNames - 1);
      }
    }
    if (name == mutation::kTokenExpirationAnnotation && annotation.value.size() > kPolicyMaxExpirationLength) {
      return "its annotation token-expiration has " + std::to_string(annotation.value.size()) +
             " characters, of at most " + std::to_string(kPolicyMaxExpirationLength);
    }
  }
  const size_t containers = pod.view.init_containers.size() + pod.view.containers.size();
  if (containers > kPolicyMaxContainers) {
    return "it has " + std::to_string(containers) + " containers, of at most " + std::to_string(kPolicyMaxContainers);
  }
  if (pod.view.env_names.size() > kPolicyMaxVariables) {
    return "its containers have " + std::to_string(pod.view.env_names.size()) + " variables, of at most " +
           std::to_string(kPolicyMaxVariables);
  }
  return {};
}

}  // namespace irsa::audit
