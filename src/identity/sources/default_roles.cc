#include "irsa/identity/sources/default_roles.h"

#include <utility>

namespace irsa::identity {

DefaultRoles::DefaultRoles(IdentitySource& accounts, NamespaceSource& namespaces, Settings settings)
    : accounts_(accounts), namespaces_(namespaces), settings_(std::move(settings)) {}

base::Result<std::shared_ptr<const AccountIdentity>> DefaultRoles::Find(std::string_view namespace_name,
                                                                        std::string_view service_account,
                                                                        base::SteadyTime deadline) {
  auto account = accounts_.Find(namespace_name, service_account, deadline);
  if (!account.ok() || (*account != nullptr && (*account)->identity)) return account;
  const auto defaults = namespaces_.FindDefaults(namespace_name, deadline);
  if (!defaults.ok()) return defaults.error();
  return WithDefaults({namespace_name, service_account}, *std::move(account), defaults->get(), settings_);
}

}  // namespace irsa::identity
