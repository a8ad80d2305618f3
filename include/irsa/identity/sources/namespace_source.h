// Where the default roles of namespaces are read (--default-role).
#pragma once

#include <memory>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/namespace_defaults.h"

namespace irsa::identity {

// Implementations may be called from any thread at once.
class NamespaceSource {
 public:
  virtual ~NamespaceSource() = default;

  // Null for a namespace whose annotations say nothing, or that does not exist. kUnavailable when that cannot be known
  // by `deadline`: the caller then must not guess.
  virtual base::Result<std::shared_ptr<const NamespaceDefaults>> FindDefaults(std::string_view namespace_name,
                                                                              base::SteadyTime deadline) = 0;
};

}  // namespace irsa::identity
