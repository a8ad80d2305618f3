// Where irsa learns which identity a service account has, which default role its namespace, and what the ConfigMaps of
// a pod carry.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/identity/rules/account_name.h"
#include "irsa/identity/rules/identity.h"
#include "irsa/identity/rules/pod_view.h"

namespace irsa::identity {

// What an account's annotations come to; null when they say nothing. Never changes.
using ResolvedAccount = std::shared_ptr<const AccountIdentity>;

// What the admission handler asks. Implementations may be called from any thread at once.
class IdentitySource {
 public:
  virtual ~IdentitySource() = default;

  // What the account's annotations come to; null when it is known to have none under the prefix, or not to exist.
  // kUnavailable when that cannot be known by `deadline`: the caller then must not guess.
  virtual Result<ResolvedAccount> Find(const AccountName& name, base::SteadyTime deadline) = 0;
};

// What a namespace's annotations come to; null when they say nothing. Never changes.
using ResolvedNamespace = std::shared_ptr<const NamespaceDefaults>;

// Where the default roles of namespaces are read (--default-role). Implementations may be called from any thread at
// once.
class NamespaceSource {
 public:
  virtual ~NamespaceSource() = default;

  // Null for a namespace whose annotations say nothing, or that does not exist. kUnavailable when that cannot be known
  // by `deadline`: the caller then must not guess.
  virtual Result<ResolvedNamespace> FindDefaults(std::string_view namespace_name, base::SteadyTime deadline) = 0;
};

// Where the ConfigMaps of containers' envFrom are read (--respect-env-from). Implementations may be called from any
// thread at once.
class ConfigMapSource {
 public:
  virtual ~ConfigMapSource() = default;

  // Not read where it may not be, or not by `deadline`. kUnavailable when that is for others who ask: the caller then
  // had better come again.
  virtual Result<ConfigMapKeys> Read(std::string_view namespace_name, std::string_view name,
                                     base::SteadyTime deadline) = 0;
};

// What irsa knows of a service account now, for people who look into it (--enable-debugging-handlers).
struct KnownAccount {
  ResolvedAccount account;                     // null: its pods get nothing
  std::string source = {};                     // where that stands: "annotations of the service account"
  std::optional<base::SystemTime> since = {};  // when it was learned, to the second; nothing: that is not kept
};

}  // namespace irsa::identity
