#include "irsa/sts/iam_registry.h"

#include <algorithm>
#include <utility>

namespace irsa::sts {
namespace {

// Reading a file costs next to nothing, and whoever edits it wants to see the effect.
constexpr oidc::JwksCacheOptions kFileOptions{std::chrono::seconds(1), std::chrono::seconds(1)};

}  // namespace

IamRegistry::IamRegistry(StsConfig config, const KeyAccess& access, base::Log& log, const IamRegistry* previous)
    : roles_(std::move(config.roles)), administrators_(std::move(config.iam.administrators)) {
  for (ConfiguredProvider& configured : config.providers) {
    const Provider& provider = providers_.emplace_back(std::move(configured.provider));
    const std::pair name(provider.account, provider.issuer);
    KeySet& keys = key_sets_[name];
    if (previous != nullptr && previous->key_sets_.contains(name)) keys = previous->key_sets_.at(name);
    if (keys.cache != nullptr && keys.jwks == configured.jwks) continue;
    keys.jwks = std::move(configured.jwks);
    keys.cache = std::make_shared<oidc::JwksCache>(
        [access, issuer = provider.issuer, jwks = keys.jwks] { return FetchKeys(access, issuer, jwks); }, access.clock,
        log, IsKeyFile(keys.jwks) ? kFileOptions : oidc::JwksCacheOptions());
  }
}

const ConfiguredRole* IamRegistry::FindRole(std::string_view arn) const {
  const auto found = std::ranges::find(roles_, arn, &ConfiguredRole::arn);
  return found == roles_.end() ? nullptr : &*found;
}

const Administrator* IamRegistry::FindAdministrator(std::string_view access_key_id) const {
  return sts::FindAdministrator(administrators_, access_key_id);
}

KeySetResult IamRegistry::Keys(const Provider& provider, std::optional<std::string_view> key_id) const {
  return key_sets_.at({provider.account, provider.issuer}).cache->Get(key_id);
}

}  // namespace irsa::sts
