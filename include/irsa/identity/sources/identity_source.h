// Where the admission handler learns which identity a service account has.
#pragma once

#include <memory>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/identity.h"

namespace irsa::identity {

// Implementations may be called from any thread at once.
class IdentitySource {
 public:
  virtual ~IdentitySource() = default;

  // What the account's annotations come to; null when it is known to have none under the prefix, or not to exist.
  // kUnavailable when that cannot be known by `deadline`: the caller then must not guess.
  virtual base::Result<std::shared_ptr<const AccountIdentity>> Find(std::string_view namespace_name,
                                                                    std::string_view service_account,
                                                                    base::SteadyTime deadline) = 0;
};

}  // namespace irsa::identity
