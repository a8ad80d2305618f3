#include "irsa/sts/iam_registry.h"

#include <algorithm>
#include <utility>

#include "irsa/sts/key_source.h"

namespace irsa::sts {
namespace {

// Reading a file costs next to nothing, and whoever edits it wants to see the effect.
constexpr oidc::JwksCacheOptions kFileOptions{std::chrono::seconds(1), std::chrono::seconds(1)};

std::unique_ptr<oidc::JwksSource> MakeSource(const ConfiguredProvider& configured, const KeyAccess& access) {
  switch (configured.location) {
    case KeyLocation::kFile:
      return std::make_unique<FileKeySource>(access.files, configured.jwks);
    case KeyLocation::kUrl:
      return std::make_unique<UrlKeySource>(access.client, access.clock, configured.jwks);
    case KeyLocation::kDiscovery:
      break;
  }
  return std::make_unique<DiscoveryKeySource>(access.client, access.clock, configured.provider.issuer);
}

}  // namespace

IamRegistry::IamRegistry(StsConfig config, const KeyAccess& access)
    : roles_(std::move(config.roles)), administrators_(std::move(config.iam.administrators)) {
  for (ConfiguredProvider& configured : config.providers) {
    const oidc::JwksCacheOptions options =
        configured.location == KeyLocation::kFile ? kFileOptions : oidc::JwksCacheOptions();
    auto source = MakeSource(configured, access);
    auto cache = std::make_unique<oidc::JwksCache>(*source, access.clock, access.log, options);
    const Provider& provider = providers_.emplace_back(std::move(configured.provider));
    key_sets_[{provider.account, provider.issuer}] = {std::move(source), std::move(cache)};
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
