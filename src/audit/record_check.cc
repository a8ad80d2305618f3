#include "irsa/audit/record_check.h"

#include <utility>

namespace irsa::audit {
namespace {

constexpr const char* kInstallGuard = "apply deploy/kustomize with components/guard again (docs/guard.md)";
constexpr const char* kDefinition = "identitymaps.irsa.dev";
// kube-system and irsa's own namespace are out of the guard on purpose, as is one that says so itself.
constexpr const char* kSystemNamespace = "kube-system";
constexpr const char* kGuardLabel = "irsa.dev/guard";

ObjectName MapName(std::string_view namespace_name) {
  return {"IdentityMap", std::string(namespace_name), std::string(kube::kIdentityMapName)};
}

std::string EntryText(const kube::RecordedIdentity& identity) {
  std::string text = "role " + identity.role_arn + ", audience " + identity.audience + ", " +
                     std::to_string(identity.token_expiration.count()) + " s";
  if (!identity.region.empty()) text += ", region " + identity.region;
  if (identity.regional_sts) text += ", regional STS";
  return text;
}

// What is left to do by hand: entries are the leader's.
std::string MendStep(const Installation& installation) {
  return "the leader of irsa serve --identity-record mends it within about a minute; if it has not, see why: "
         "kubectl logs -n " +
         installation.namespace_name + " deployment/" + installation.service_name;
}

Finding MissingEntry(const AccountFacts& account, const RecordSetup& setup) {
  Finding finding{FindingKind::kRecordEntryMissing,
                  {"ServiceAccount", account.namespace_name, account.name},
                  "it has the role " + account.resolved.identity->role_arn + ", and " +
                      Text(MapName(account.namespace_name)) + " has no entry for it",
                  "it was annotated while nothing recorded it, or the entry was taken out by hand; until then "
                  "kube-apiserver's policies do not know that its pods need a role",
                  MendStep(setup.installation)};
  if (const auto wanted = kube::RecordIdentity(*account.resolved.identity, setup.settings); !wanted.ok()) {
    finding.why = "it cannot be on record, so kube-apiserver's policies do not know of it: " + wanted.error().message;
    finding.fix = "shorten the value; until then only the webhook gives its pods the role";
  }
  return finding;
}

void CheckMap(std::string_view namespace_name, const kube::IdentityMap& map, const FindIdentity& find,
              const RecordSetup& setup, std::vector<Finding>& findings) {
  for (const auto& [account, entry] : map.accounts) {
    const mutation::Identity* identity = find(namespace_name, account);
    const std::string named = "its entry for " + account;
    if (identity == nullptr) {
      findings.push_back({FindingKind::kRecordEntryStale, MapName(namespace_name),
                          named + " has the role " + (entry ? entry->role_arn : "that cannot be read") +
                              ", but no such service account has one",
                          "the guard would refuse the account's pods for a role that nobody gives them",
                          MendStep(setup.installation)});
      continue;
    }
    const auto wanted = kube::RecordIdentity(*identity, setup.settings);
    if (!wanted.ok() || (entry && *entry == *wanted)) continue;
    findings.push_back({FindingKind::kRecordEntryWrong, MapName(namespace_name),
                        named + (entry ? " says " + EntryText(*entry) : " is not as irsa writes them") +
                            ", but the account has " + EntryText(*wanted),
                        "somebody edited it, or it was not reconciled since", MendStep(setup.installation)});
  }
}

void CheckScope(const GuardPolicy& policy, const Installation& installation, const WebhookConfiguration& webhook,
                const Namespaces& namespaces, const std::function<void(std::string what, std::string why)>& add) {
  for (const auto& [name, labels] : namespaces) {
    const bool is_seen = SeesPodsOf(webhook, labels);
    const bool is_guarded = policy.namespaces.Matches(labels);
    if (is_guarded && !is_seen) {
      add("it looks at pods of namespace " + name + ", and the webhook does not",
          "pods of accounts with a role are held to be without it although nothing went wrong");
    }
    const auto label = labels.find(kGuardLabel);
    const bool is_out_on_purpose = name == kSystemNamespace || name == installation.namespace_name ||
                                   (label != labels.end() && label->second == "off");
    if (is_seen && !is_guarded && !is_out_on_purpose) {
      add("it does not look at pods of namespace " + name + ", and the webhook does",
          "there, pods can start without their identity and nobody is told");
    }
  }
  for (const WebhookEntry& entry : webhook.entries) {
    if (!entry.sees_pods || entry.objects == policy.objects) continue;
    add("its objectSelector is not the one of the webhook's entry " + entry.name,
        "one of them looks at pods that the other leaves out");
  }
}

}  // namespace

std::vector<Finding> CheckRecord(const RecordedMaps& maps, const AccountTable& accounts, const FindIdentity& find,
                                 const RecordSetup& setup) {
  std::vector<Finding> findings;
  for (const auto& [namespace_name, named] : accounts) {
    if (!setup.is_guarded(namespace_name)) continue;
    const auto map = maps.find(namespace_name);
    for (const auto& [name, account] : named) {
      if (!account.resolved.identity) continue;
      if (map != maps.end() && map->second.accounts.contains(name)) continue;
      findings.push_back(MissingEntry(account, setup));
    }
  }
  for (const auto& [namespace_name, map] : maps) CheckMap(namespace_name, map, find, setup, findings);
  return findings;
}

std::vector<Finding> CheckRecordWebhook(const WebhookConfiguration* webhook, const Installation& installation) {
  if (webhook != nullptr) {
    for (const WebhookEntry& entry : webhook->entries) {
      if (entry.sees_service_accounts) return {};
    }
  }
  return {{FindingKind::kRecordWebhookMissing,
           {"ValidatingWebhookConfiguration", "", installation.validating_configuration},
           webhook == nullptr ? "it does not exist" : "it has no entry for service accounts",
           "an account is recorded only when the leader comes by, and its first pods may start before the guard knows",
           kInstallGuard}};
}

std::vector<Finding> CheckGuard(const GuardFacts& guard, const Installation& installation,
                                const WebhookConfiguration* webhook, const Namespaces* namespaces) {
  std::vector<Finding> findings;
  const ObjectName policy_name{"ValidatingAdmissionPolicy", "", installation.guard_name};
  const ObjectName binding_name{"ValidatingAdmissionPolicyBinding", "", installation.guard_name};
  const auto add = [&findings](FindingKind kind, const ObjectName& object, std::string what, std::string why,
                               std::string fix) {
    findings.push_back({kind, object, std::move(what), std::move(why), std::move(fix)});
  };
  if (!guard.policy && !guard.binding && !guard.has_definition && !installation.keeps_record) {
    add(FindingKind::kGuardNotInstalled, policy_name, "it does not exist",
        "pods that are admitted while irsa is away start without their identity, and nobody is told",
        "docs/guard.md: the component guard, first as a warning");
    return findings;
  }
  if (!guard.has_definition) {
    add(FindingKind::kGuardMissing, {"CustomResourceDefinition", "", kDefinition}, "it does not exist",
        "without it there is no record, and the guard refuses nothing", kInstallGuard);
  }
  if (!guard.policy) {
    add(FindingKind::kGuardMissing, policy_name, "it does not exist",
        installation.has_webhook
            ? "nothing looks at pods that were admitted without their identity"
            : "there is no webhook for pods, so nothing else is left to tell of pods that the "
              "identity policy leaves, or that come before it knows of their account (docs/policy.md)",
        kInstallGuard);
    return findings;
  }
  if (guard.policy->param_kind != kRecordKind || guard.policy->validations == 0) {
    add(FindingKind::kGuardAltered, policy_name,
        guard.policy->validations == 0 ? "it has no validations" : "its paramKind is " + guard.policy->param_kind,
        "as it is it refuses nothing", kInstallGuard);
  }
  for (const ObjectName& missing : guard.unseen) {
    add(FindingKind::kSeenPolicyMissing, missing, "it does not exist",
        "irsa admits an account as soon as it is on record, and its first pods may start before kube-apiserver's "
        "policies know of it",
        kInstallGuard);
  }
  if (webhook != nullptr && namespaces != nullptr) {
    CheckScope(*guard.policy, installation, *webhook, *namespaces, [&](std::string what, std::string why) {
      add(FindingKind::kGuardScopeDiffers, policy_name, std::move(what), std::move(why),
          std::string("give both the same scope: ") + kInstallGuard);
    });
  }
  if (!guard.binding) {
    add(FindingKind::kGuardBindingMissing, binding_name, "it does not exist",
        "a policy without a binding is looked at by nobody", kInstallGuard);
    return findings;
  }
  if (guard.binding->policy_name != installation.guard_name || guard.binding->param_name != kube::kIdentityMapName ||
      guard.binding->when_not_found != "Allow" || guard.binding->is_narrowed) {
    add(FindingKind::kGuardAltered, binding_name,
        "it binds " + guard.binding->policy_name + " to parameter " + guard.binding->param_name + " (" +
            guard.binding->when_not_found + " without it)" +
            (guard.binding->is_narrowed ? ", and only some namespaces" : ""),
        "as it is, pods are refused that should not be, or not looked at", kInstallGuard);
  }
  if (!guard.binding->denies) {
    add(FindingKind::kGuardWarnsOnly, binding_name, "validationActions has no Deny",
        installation.has_webhook
            ? "pods without their identity are admitted with a warning"
            : "pods without their identity are admitted with a warning, and there is no webhook for "
              "pods that would do what the identity policy leaves",
        "when its warnings have stayed away for a while: components/guard-deny (docs/guard.md)");
  }
  return findings;
}

}  // namespace irsa::audit
