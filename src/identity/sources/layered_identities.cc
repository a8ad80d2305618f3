#include "irsa/identity/sources/layered_identities.h"

#include <utility>

namespace irsa::identity {

Result<ResolvedAccount> LayeredIdentities::Find(const AccountName& name, base::SteadyTime deadline) {
  auto first = first_.Find(name, deadline);
  if (!first.ok() || (*first != nullptr && (*first)->identity)) return first;
  auto second = second_.Find(name, deadline);
  if (!second.ok() || *first == nullptr) return second;
  if (*second == nullptr) return first;
  AccountIdentity both = **second;
  both.warnings.insert(both.warnings.begin(), (*first)->warnings.begin(), (*first)->warnings.end());
  return std::make_shared<const AccountIdentity>(std::move(both));
}

DefaultRoles::DefaultRoles(IdentitySource& accounts, NamespaceSource& namespaces, Settings settings)
    : accounts_(accounts), namespaces_(namespaces), settings_(std::move(settings)) {}

Result<ResolvedAccount> DefaultRoles::Find(const AccountName& name, base::SteadyTime deadline) {
  auto account = accounts_.Find(name, deadline);
  if (!account.ok() || (*account != nullptr && (*account)->identity)) return account;
  const auto defaults = namespaces_.FindDefaults(name.namespace_name, deadline);
  if (!defaults.ok()) return defaults.error();
  return WithDefaults(name, *std::move(account), defaults->get(), settings_);
}

}  // namespace irsa::identity
