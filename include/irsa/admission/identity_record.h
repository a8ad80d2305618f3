// Where it is written down that a service account has an identity, before the account is admitted.
#pragma once

#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/mutation/identity.h"

namespace irsa::admission {

// Implementations may be called from any thread at once.
class IdentityRecord {
 public:
  virtual ~IdentityRecord() = default;

  // Ok when the record has that entry, be it from before. The error says why it has not, for whoever wanted the
  // account.
  virtual base::Status Write(std::string_view namespace_name, std::string_view service_account,
                             const mutation::Identity& identity, base::SteadyTime deadline) = 0;
};

}  // namespace irsa::admission
