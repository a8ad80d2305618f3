// Service accounts as an audit sees them, and what is wrong with their annotations.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/audit/facts/finding.h"
#include "irsa/base/clock.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/kube/api/objects.h"

namespace irsa::audit {

struct AccountFacts {
  std::string namespace_name;
  std::string name;
  identity::AccountIdentity resolved;
  // When its annotations under the prefix were last changed: what managedFields say, or else, as the earliest moment,
  // when the account was created.
  std::optional<base::SystemTime> changed_at;
  std::vector<std::string> annotations;  // keys under the prefix that are not empty
};

// Nothing for an account without annotations under the prefix, as most are.
std::optional<AccountFacts> ReadAccountFacts(const kube::ObjectView& object, const identity::Settings& settings);

// By namespace, then name.
using AccountTable = std::map<std::string, std::map<std::string, AccountFacts, std::less<>>, std::less<>>;

// The client ids that the IAM OIDC providers have which the roles trust; none: AWS's usual one, and for roles in China
// also the one that is written there.
struct ClientIds {
  std::vector<std::string> ids;

  bool Accept(std::string_view audience, std::string_view role_arn) const;
};

// All that is wrong with an account. `has_other_role`: an identity comes from elsewhere (the ConfigMap).
std::vector<Finding> CheckAccount(const AccountFacts& account, bool has_other_role, const ClientIds& client_ids,
                                  const identity::Settings& settings);

}  // namespace irsa::audit
