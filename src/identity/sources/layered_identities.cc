#include "irsa/identity/sources/layered_identities.h"

namespace irsa::identity {

base::Result<std::shared_ptr<const AccountIdentity>> LayeredIdentities::Find(std::string_view namespace_name,
                                                                             std::string_view service_account,
                                                                             base::SteadyTime deadline) {
  auto first = first_.Find(namespace_name, service_account, deadline);
  if (!first.ok() || (*first != nullptr && (*first)->identity)) return first;
  auto second = second_.Find(namespace_name, service_account, deadline);
  if (!second.ok() || *first == nullptr) return second;
  if (*second == nullptr) return first;
  AccountIdentity both = **second;
  both.warnings.insert(both.warnings.begin(), (*first)->warnings.begin(), (*first)->warnings.end());
  return std::make_shared<const AccountIdentity>(std::move(both));
}

}  // namespace irsa::identity
