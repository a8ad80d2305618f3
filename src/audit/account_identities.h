// Which identity a service account has, by all that was read: its own annotations, irsa's ConfigMap, the default role
// of its namespace.
#pragma once

#include <optional>
#include <string_view>

#include "irsa/audit/checks/account_check.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_index.h"

namespace irsa::audit {

class AccountIdentities {
 public:
  // `settings` outlive it.
  explicit AccountIdentities(const identity::Settings& settings) : settings_(settings) {}

  // The annotated account of that name; null: there is none. Valid as long as nothing more is read, as the next.
  const AccountFacts* FindFacts(std::string_view namespace_name, std::string_view name) const;
  const identity::Identity* FindInConfigMap(std::string_view namespace_name, std::string_view name) const;

  // Nothing: the account has none.
  std::optional<identity::Identity> Find(std::string_view namespace_name, std::string_view name) const;

  bool HasDefaultRole(std::string_view namespace_name) const;

  // What is read.
  AccountTable accounts;
  identity::IdentityIndex config_map;
  identity::IdentityIndex defaults;  // of namespaces, where default roles are used

 private:
  const identity::Settings& settings_;
};

}  // namespace irsa::audit
