// Identities of another source, with the default roles of namespaces where it has none.
#pragma once

#include <memory>
#include <string_view>

#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/identity/sources/namespace_source.h"

namespace irsa::identity {

// May be used from any thread.
class DefaultRoles final : public IdentitySource {
 public:
  // `accounts` and `namespaces` outlive this object.
  DefaultRoles(IdentitySource& accounts, NamespaceSource& namespaces, Settings settings);

  // As WithDefaults. The namespace is asked about only for an account without an identity.
  base::Result<std::shared_ptr<const AccountIdentity>> Find(std::string_view namespace_name,
                                                            std::string_view service_account,
                                                            base::SteadyTime deadline) override;

 private:
  IdentitySource& accounts_;
  NamespaceSource& namespaces_;
  const Settings settings_;
};

}  // namespace irsa::identity
