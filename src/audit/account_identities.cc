#include "account_identities.h"

namespace irsa::audit {

const AccountFacts* AccountIdentities::FindFacts(std::string_view namespace_name, std::string_view name) const {
  const auto in_namespace = accounts.find(namespace_name);
  if (in_namespace == accounts.end()) return nullptr;
  const auto account = in_namespace->second.find(name);
  return account == in_namespace->second.end() ? nullptr : &account->second;
}

std::optional<identity::Identity> AccountIdentities::Find(std::string_view namespace_name,
                                                          std::string_view name) const {
  const AccountFacts* account = FindFacts(namespace_name, name);
  if (account != nullptr && account->resolved.identity) return account->resolved.identity;
  if (const identity::Identity* in_config_map = FindInConfigMap(namespace_name, name)) return *in_config_map;
  if (!HasDefaultRole(namespace_name)) return std::nullopt;
  return identity::RoleIdentityOf({namespace_name, name}, defaults.FindDefaults(namespace_name)->role_arn,
                                  account == nullptr ? identity::AccountTerms() : account->resolved.terms, settings_);
}

const identity::Identity* AccountIdentities::FindInConfigMap(std::string_view namespace_name,
                                                             std::string_view name) const {
  const identity::IdentityIndex::Entry* entry = config_map.Find({namespace_name, name});
  return entry != nullptr && *entry != nullptr && (*entry)->identity ? &*(*entry)->identity : nullptr;
}

bool AccountIdentities::HasDefaultRole(std::string_view namespace_name) const {
  const auto found = defaults.FindDefaults(namespace_name);
  return found != nullptr && !found->role_arn.empty();
}

}  // namespace irsa::audit
