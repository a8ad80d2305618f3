// What irsa knows of a service account now, for people who look into it (--enable-debugging-handlers).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/identity/rules/identity.h"

namespace irsa::identity {

struct KnownAccount {
  std::shared_ptr<const AccountIdentity> account;  // null: its pods get nothing
  std::string source = {};                         // where that stands: "annotations of the service account"
  std::optional<base::SystemTime> since = {};      // when it was learned, to the second; nothing: that is not kept
};

}  // namespace irsa::identity
