// What IAM would know of providers and roles: the configuration at work, with each provider's keys.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "irsa/base/log.h"
#include "irsa/oidc/jwks_cache.h"
#include "irsa/sts/assume_role_check.h"
#include "irsa/sts/key_source.h"
#include "irsa/sts/sts_config.h"

namespace irsa::sts {

// May be used from any thread.
class IamRegistry {
 public:
  // Of `previous`, the registry that this one replaces (null: none), it takes over the keys of issuers that are
  // registered in the same account with their keys in the same place; those are still fetched by the access of the
  // registry that began to. What `access` refers to and the log outlive all of these registries.
  IamRegistry(StsConfig config, const KeyAccess& access, base::Log& log, const IamRegistry* previous);

  std::span<const Provider> providers() const { return providers_; }

  // Null when there is none. Role ARNs are compared exactly.
  const ConfiguredRole* FindRole(std::string_view arn) const;

  // Null when there is none with that access key.
  const Administrator* FindAdministrator(std::string_view access_key_id) const;

  // The keys of one of providers(), read anew where oidc::JwksCache has it: every few minutes and, at a bounded rate,
  // for a key id that they lack. Those in a file are read anew within a second.
  KeySetResult Keys(const Provider& provider, std::optional<std::string_view> key_id) const;

 private:
  struct KeySet {
    std::string jwks;  // where they are, as FetchKeys takes it
    std::shared_ptr<oidc::JwksCache> cache;
  };

  std::vector<Provider> providers_;
  std::map<std::pair<std::string, std::string>, KeySet> key_sets_;  // by the provider's account and issuer
  std::vector<ConfiguredRole> roles_;
  std::vector<Administrator> administrators_;
};

}  // namespace irsa::sts
