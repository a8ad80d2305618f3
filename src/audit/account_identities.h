// Which identity a service account has, by all that was read: its own annotations, irsa's ConfigMap, the default role
// of its namespace.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "irsa/audit/checks/account_check.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_index.h"

namespace irsa::audit {

// Pointers that it gives are valid as long as nothing more is read.
class AccountIdentities {
 public:
  // `settings` outlive it.
  explicit AccountIdentities(const identity::Settings& settings) : settings_(settings) {}

  // The annotated account of that name; null: there is none.
  const AccountFacts* FindFacts(std::string_view namespace_name, std::string_view name) const;

  // Null: the account has none.
  const identity::Identity* Find(std::string_view namespace_name, std::string_view name);
  const identity::Identity* FindInConfigMap(std::string_view namespace_name, std::string_view name) const;

  bool HasDefaultRole(std::string_view namespace_name) const;

  // What is read.
  AccountTable accounts;
  identity::IdentityIndex config_map;
  identity::IdentityIndex defaults;  // of namespaces, where default roles are used

 private:
  const identity::Identity* FindByDefault(std::string_view namespace_name, std::string_view name,
                                          const AccountFacts* account);

  const identity::Settings& settings_;
  // By namespace and name, as they are asked for: identities of accounts that have their namespace's role.
  std::map<std::pair<std::string, std::string>, identity::Identity> by_default_;
};

}  // namespace irsa::audit
