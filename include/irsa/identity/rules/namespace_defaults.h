// The defaults in a namespace's annotations, for its accounts without an identity of their own (--default-role).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "irsa/identity/rules/account_name.h"
#include "irsa/identity/rules/annotations.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

struct NamespaceDefaults {
  std::string role_arn = {};  // empty: none
  std::vector<Warning> warnings = {};

  bool operator==(const NamespaceDefaults&) const = default;
};

// By the rules of ResolveIdentity.
NamespaceDefaults ResolveNamespace(std::span<const Annotation> annotations, const Settings& settings);

// Whether the annotations change anything for the namespace's accounts.
bool SaysAnything(const NamespaceDefaults& defaults);

// `account` itself if it has an identity, or `defaults` say nothing; else it with the namespace's role and warnings.
// What the account says of its pods (region, lifetime, …) holds for that role too. Both may be null.
std::shared_ptr<const AccountIdentity> WithDefaults(const AccountName& name,
                                                    std::shared_ptr<const AccountIdentity> account,
                                                    const NamespaceDefaults* defaults, const Settings& settings);

}  // namespace irsa::identity
