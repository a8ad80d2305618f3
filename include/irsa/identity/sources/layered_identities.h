// Two sources of identities, one before the other.
#pragma once

#include <memory>
#include <string_view>

#include "irsa/identity/sources/identity_source.h"

namespace irsa::identity {

// May be used from any thread.
class LayeredIdentities final : public IdentitySource {
 public:
  // Both outlive this object.
  LayeredIdentities(IdentitySource& first, IdentitySource& second) : first_(first), second_(second) {}

  // The first's identity, or else the second's; with the first's warnings in any case. Where one that counts cannot
  // know, its error.
  base::Result<std::shared_ptr<const AccountIdentity>> Find(std::string_view namespace_name,
                                                            std::string_view service_account,
                                                            base::SteadyTime deadline) override;

 private:
  IdentitySource& first_;
  IdentitySource& second_;
};

}  // namespace irsa::identity
