// What is wrong with the record of identities and the guard that reads it. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/audit/account_check.h"
#include "irsa/audit/finding.h"
#include "irsa/audit/installation_facts.h"
#include "irsa/audit/webhook_check.h"
#include "irsa/kube/identity_record.h"
#include "irsa/mutation/identity.h"
#include "irsa/mutation/settings.h"

namespace irsa::audit {

// What policies take as their parameter: group, version and kind.
inline constexpr std::string_view kRecordKind = "irsa.dev/v1alpha1/IdentityMap";

using RecordedMaps = std::map<std::string, kube::IdentityMap, std::less<>>;  // by namespace

// The identity that the webhook gives an account's pods, from wherever; null for none.
using FindIdentity =
    std::function<const mutation::Identity*(std::string_view namespace_name, std::string_view service_account)>;

struct RecordSetup {
  const Installation& installation;
  const mutation::Settings& settings;
  // Whether a policy looks at pods there, so that an account has to be on record.
  std::function<bool(std::string_view namespace_name)> is_guarded;
};

// The record against the accounts.
std::vector<Finding> CheckRecord(const RecordedMaps& maps, const AccountTable& accounts, const FindIdentity& find,
                                 const RecordSetup& setup);

// Whether something writes identities to the record before their accounts are admitted; null: it is not registered.
std::vector<Finding> CheckRecordWebhook(const WebhookConfiguration* webhook, const Installation& installation);

// What is known of the guard; a part that does not exist is empty.
struct GuardFacts {
  bool has_definition = false;  // of the IdentityMap
  std::optional<GuardPolicy> policy;
  std::optional<GuardBinding> binding;
  std::vector<ObjectName> unseen = {};  // what is missing of irsa-record-seen and its binding
};

// `webhook` and `namespaces` are null when they are not known.
std::vector<Finding> CheckGuard(const GuardFacts& guard, const Installation& installation,
                                const WebhookConfiguration* webhook, const Namespaces* namespaces);

}  // namespace irsa::audit
