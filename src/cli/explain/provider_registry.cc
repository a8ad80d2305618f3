#include "provider_registry.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "irsa/base/files.h"
#include "irsa/iam/policy_document.h"
#include "irsa/iam/policy_text.h"
#include "irsa/iam/web_identity.h"
#include "irsa/sts/iam_api/entities.h"
#include "irsa/sts/sts_config.h"

#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

constexpr const char* kDefaultClientId = "sts.amazonaws.com";

Error NotLookedAt() { return {ErrorCode::kUnavailable, "the keys were not checked"}; }

std::string IssuerOf(const oidc::Jwt* token) {
  return token == nullptr ? std::string() : token->claims.issuer.value_or("");
}

// Whether it is the provider that vouches for the token.
bool NeedsKeys(const sts::Provider& provider, const oidc::Jwt* token, const std::string& role_arn) {
  const std::string account = sts::AccountOfRole(role_arn);
  return !account.empty() && token != nullptr && token->claims.issuer &&
         sts::FindProvider({&provider, 1}, account, *token->claims.issuer) != nullptr;
}

void NoteSkippedKeys(const oidc::JwkSet& keys, std::vector<std::string>& notices) {
  for (const oidc::SkippedJwk& skipped : keys.skipped) notices.push_back("key set: " + oidc::Describe(skipped));
}

// A file that cannot be read says nothing about the issuer, so it is an error; what cannot be fetched is what STS would
// find too.
Result<sts::KeySetResult> Fetch(const KeySetOptions& from, Quiet quiet, std::vector<std::string>& notices) {
  if (Status status = CheckTrustedCas(from); !status.ok()) return std::move(status).error();
  Result<oidc::JwkSet> keys = ReadKeySet(from, quiet);
  if (!keys.ok()) {
    if (from.IsFile()) return std::move(keys).error();
    return sts::KeySetResult(std::move(keys).error());
  }
  NoteSkippedKeys(*keys, notices);
  return sts::KeySetResult(std::make_shared<const oidc::JwkSet>(*std::move(keys)));
}

Result<Registry> FromConfig(const ExplainOptions& options, const oidc::Jwt* token, const std::string& role_arn) {
  const base::DiskFileReader files;
  Result<sts::StsConfig> config = sts::LoadStsConfig(files, options.provider_file);
  if (!config.ok()) return std::move(config).error();
  if (const std::string state = config->iam.state_path; !state.empty()) {
    const Result<sts::Entities> registered = sts::LoadEntities(files, state);
    if (!registered.ok()) return registered.error();
    config = sts::WithEntities(*std::move(config), *registered);
  }
  Registry registry{{}, NotLookedAt(), std::nullopt, std::move(config->warnings)};
  for (const sts::ConfiguredProvider& configured : config->providers) {
    registry.providers.push_back(configured.provider);
  }
  // The first one counts, as with `irsa sts`: the configuration may list what is registered too.
  const auto vouching = std::ranges::find_if(
      config->providers, [&](const auto& configured) { return NeedsKeys(configured.provider, token, role_arn); });
  if (vouching != config->providers.end()) {
    auto keys = Fetch({.jwks = vouching->jwks, .issuer = vouching->provider.issuer, .ca_file = options.key_set.ca_file},
                      QuietIf(options.quiet), registry.notices);
    if (!keys.ok()) return std::move(keys).error();
    registry.keys = *std::move(keys);
  }
  const auto role = std::ranges::find(config->roles, role_arn, &sts::ConfiguredRole::arn);
  if (role != config->roles.end()) registry.trust_policy = std::move(role->trust_policy);
  return registry;
}

// A policy of another role explains nothing about this one.
Status ReadTrustPolicy(const ExplainOptions& options, const std::string& role_arn, Registry& registry) {
  const std::string& file = options.trust_policy_file;
  const Result<std::string> text = ReadInput(file, iam::kMaxPolicyBytes);
  if (!text.ok()) return text.error();
  const std::string name = "trust policy " + InputName(file);
  Result<iam::PolicyDocument> document = iam::ReadPolicyDocument(*text);
  if (!document.ok()) return base::WithContext(std::move(document).error(), name);
  if (!document->role_arn.empty() && document->role_arn != role_arn) {
    return Error{ErrorCode::kInvalid, name + " belongs to " + document->role_arn + ", but the role to assume is " +
                                          role_arn + ": pass that role's trust policy, or another --role-arn"};
  }
  Result<iam::TrustPolicy> policy = iam::ParseTrustPolicy(document->text);
  if (!policy.ok()) return base::WithContext(std::move(policy).error(), name);
  registry.trust_policy = *std::move(policy);
  const size_t length = iam::CountedCharacters(document->text);
  if (length > iam::kTrustPolicyQuota) {
    registry.notices.push_back(name + " has " + std::to_string(length) +
                               " characters without white space; IAM stores at most " +
                               std::to_string(iam::kTrustPolicyQuota) + " unless the account's quota was increased");
  }
  return {};
}

// Where the issuer is not given, it is the token's, or what the cluster says.
std::string RegisteredIssuer(const ExplainOptions& options, const oidc::Jwt* token, const ClusterIssuer* cluster,
                             std::vector<std::string>& notices) {
  if (!options.key_set.issuer.empty()) return options.key_set.issuer;
  if (cluster != nullptr) {
    notices.push_back("assuming that the cluster's own issuer, " + cluster->issuer +
                      ", is registered in IAM; otherwise pass --issuer URL");
    return cluster->issuer;
  }
  notices.emplace_back("assuming that the token's issuer is registered in IAM; otherwise pass --issuer URL");
  return IssuerOf(token);
}

Result<Registry> FromOptions(const ExplainOptions& options, const oidc::Jwt* token, const std::string& role_arn,
                             const ClusterIssuer* cluster) {
  Registry registry{{}, NotLookedAt(), std::nullopt, {}};
  sts::Provider provider;
  provider.account = sts::AccountOfRole(role_arn);
  provider.issuer = RegisteredIssuer(options, token, cluster, registry.notices);
  provider.client_ids = options.client_ids;
  if (provider.client_ids.empty()) provider.client_ids.emplace_back(kDefaultClientId);
  // One that IAM cannot register is no provider.
  if (iam::CheckIssuer(provider.issuer).ok()) registry.providers.push_back(std::move(provider));
  if (Status status = ReadTrustPolicy(options, role_arn, registry); !status.ok()) {
    return std::move(status).error();
  }
  if (registry.providers.empty() || !NeedsKeys(registry.providers.front(), token, role_arn)) return registry;
  if (options.key_set.empty()) {
    if (cluster == nullptr) return registry;
    registry.notices.emplace_back(
        "using the keys that the apiserver publishes; pass --issuer URL to fetch the ones that STS uses");
    NoteSkippedKeys(*cluster->keys, registry.notices);
    registry.keys = cluster->keys;
    return registry;
  }
  auto keys = Fetch(options.key_set, QuietIf(options.quiet), registry.notices);
  if (!keys.ok()) return std::move(keys).error();
  registry.keys = *std::move(keys);
  return registry;
}

}  // namespace

Result<Registry> MakeRegistry(const ExplainOptions& options, const oidc::Jwt* token, const std::string& role_arn,
                              const ClusterIssuer* cluster) {
  if (!options.provider_file.empty()) return FromConfig(options, token, role_arn);
  return FromOptions(options, token, role_arn, cluster);
}

}  // namespace irsa::cli
