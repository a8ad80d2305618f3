#include "irsa/audit/facts/installation_facts.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"

namespace irsa::audit {
namespace {

using base::At;
using base::IsTrueAt;
using base::Json;
using base::Keys;
using base::ListAt;
using base::TextAt;
using base::TimeAt;

bool Lists(const Json& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [text](const Json& item) { return item == text || item == "*"; });
}

bool RulesSee(const Json& webhook, std::string_view resource) {
  const Json& rules = ListAt(webhook, {"rules"});
  return std::any_of(rules.begin(), rules.end(), [resource](const Json& rule) {
    return Lists(ListAt(rule, {"operations"}), "CREATE") && Lists(ListAt(rule, {"apiGroups"}), "") &&
           Lists(ListAt(rule, {"apiVersions"}), "v1") && Lists(ListAt(rule, {"resources"}), resource);
  });
}

WebhookEntry ReadEntry(const Json& webhook) {
  return {.name = std::string(TextAt(webhook, {"name"})),
          .failure_policy = std::string(TextAt(webhook, {"failurePolicy"})),
          .service_name = std::string(TextAt(webhook, {"clientConfig", "service", "name"})),
          .ca_bundle = std::string(TextAt(webhook, {"clientConfig", "caBundle"})),
          .sees_pods = RulesSee(webhook, "pods"),
          .sees_service_accounts = RulesSee(webhook, "serviceaccounts"),
          .namespaces = ReadLabelSelector(At(webhook, {"namespaceSelector"})),
          .objects = ReadLabelSelector(At(webhook, {"objectSelector"}))};
}

int64_t NumberAt(const Json& object, Keys keys, int64_t otherwise = 0) {
  const Json* number = At(object, keys);
  return number != nullptr && number->is_number_integer() ? number->get<int64_t>() : otherwise;
}

std::string SelectorText(const Json& deployment) {
  std::string text;
  const Json* labels = At(deployment, {"spec", "selector", "matchLabels"});
  if (labels == nullptr || !labels->is_object()) return text;
  for (const auto& [key, value] : labels->items()) {
    if (value.is_string()) text.append(text.empty() ? "" : ",").append(key + "=" + value.get<std::string>());
  }
  return text;
}

}  // namespace

Installation InstallationNamed(const std::string& name) {
  Installation installation;
  installation.service_name = installation.mutating_configuration = installation.validating_configuration = name;
  installation.certificate_secret = name + "-tls";
  installation.guard_name = name + "-guard";
  installation.policy_name = name + "-identity";
  installation.account_label_name = name + "-account-label";
  return installation;
}

WebhookConfiguration ReadWebhookConfiguration(const Json& object, std::string kind) {
  WebhookConfiguration webhook{.kind = std::move(kind),
                               .name = std::string(TextAt(object, {"metadata", "name"})),
                               .created = TimeAt(object, {"metadata", "creationTimestamp"}),
                               .entries = {}};
  for (const Json& entry : ListAt(object, {"webhooks"})) webhook.entries.push_back(ReadEntry(entry));
  return webhook;
}

bool SeesPodsOf(const WebhookConfiguration& webhook, const Labels& namespace_labels) {
  return std::ranges::any_of(webhook.entries, [&](const WebhookEntry& entry) {
    return entry.sees_pods && entry.namespaces.Matches(namespace_labels);
  });
}

PodCircumstances CircumstancesOf(const PodFacts& pod, const WebhookConfiguration& webhook,
                                 const Labels* namespace_labels) {
  PodCircumstances circumstances;
  circumstances.webhook_since = webhook.created;
  std::string namespace_unmet;
  std::string labels_unmet;
  for (const WebhookEntry& entry : webhook.entries) {
    if (!entry.sees_pods) continue;
    const LabelRequirement* unmet =
        namespace_labels == nullptr ? nullptr : entry.namespaces.FirstUnmet(*namespace_labels);
    if (unmet != nullptr) {
      if (namespace_unmet.empty()) namespace_unmet = unmet->Text();
      continue;
    }
    unmet = entry.objects.FirstUnmet(pod.labels);
    if (unmet == nullptr) {
      circumstances.fails_closed = entry.failure_policy == "Fail";
      return circumstances;
    }
    if (labels_unmet.empty()) labels_unmet = unmet->Text();
  }
  if (labels_unmet.empty()) circumstances.namespace_unmet = std::move(namespace_unmet);
  circumstances.labels_unmet = std::move(labels_unmet);
  return circumstances;
}

size_t CountReadyEndpoints(const Json& endpoint_slice) {
  const Json& endpoints = ListAt(endpoint_slice, {"endpoints"});
  return static_cast<size_t>(std::count_if(endpoints.begin(), endpoints.end(), [](const Json& endpoint) {
    const Json* is_ready = At(endpoint, {"conditions", "ready"});
    return is_ready == nullptr || *is_ready != false;  // not known counts as ready, by the API's rule
  }));
}

RolloutFacts ReadRollout(const Json& deployment) {
  RolloutFacts rollout;
  rollout.deployment = {"Deployment", std::string(TextAt(deployment, {"metadata", "namespace"})),
                        std::string(TextAt(deployment, {"metadata", "name"}))};
  rollout.selector = SelectorText(deployment);
  rollout.desired = NumberAt(deployment, {"spec", "replicas"}, 1);
  rollout.updated = NumberAt(deployment, {"status", "updatedReplicas"});
  rollout.available = NumberAt(deployment, {"status", "availableReplicas"});
  rollout.is_observed =
      NumberAt(deployment, {"status", "observedGeneration"}) >= NumberAt(deployment, {"metadata", "generation"});
  rollout.is_paused = IsTrueAt(deployment, {"spec", "paused"});
  for (const Json& condition : ListAt(deployment, {"status", "conditions"})) {
    const std::string_view type = TextAt(condition, {"type"});
    const std::string_view status = TextAt(condition, {"status"});
    if (type == "Progressing" && status == "False") rollout.is_late = true;
    if (type == "ReplicaFailure" && status == "True") rollout.refusal = TextAt(condition, {"message"});
  }
  return rollout;
}

}  // namespace irsa::audit
