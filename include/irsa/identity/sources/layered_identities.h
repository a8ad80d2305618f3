// Sources of identities made of others: one source before another, and one before the default roles of namespaces.
#pragma once

#include <memory>
#include <string_view>

#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_source.h"

namespace irsa::identity {

// Two sources, one before the other. May be used from any thread.
class LayeredIdentities final : public IdentitySource {
 public:
  // Both outlive this object.
  LayeredIdentities(IdentitySource& first, IdentitySource& second) : first_(first), second_(second) {}

  // The first's identity, or else the second's; with the first's warnings in any case. Where one that counts cannot
  // know, its error.
  Result<ResolvedAccount> Find(const AccountName& name, base::SteadyTime deadline) override;

 private:
  IdentitySource& first_;
  IdentitySource& second_;
};

// Identities of another source, with the default roles of namespaces where it has none. May be used from any thread.
class DefaultRoles final : public IdentitySource {
 public:
  // `accounts` and `namespaces` outlive this object.
  DefaultRoles(IdentitySource& accounts, NamespaceSource& namespaces, Settings settings);

  // As WithDefaults. The namespace is asked about only for an account without an identity.
  Result<ResolvedAccount> Find(const AccountName& name, base::SteadyTime deadline) override;

 private:
  IdentitySource& accounts_;
  NamespaceSource& namespaces_;
  const Settings settings_;
};

}  // namespace irsa::identity
