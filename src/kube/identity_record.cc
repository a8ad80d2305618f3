#include "irsa/kube/identity_record.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/dns_name.h"
#include "irsa/kube/object_view.h"
#include "irsa/mutation/warning.h"

namespace irsa::kube {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;
using base::Result;

constexpr const char* kGroupVersion = "irsa.dev/v1alpha1";

// As the schema has them (deploy/kustomize/components/guard/identity-map.yaml).
constexpr size_t kMaxRoleArnBytes = 2048;  // IAM's own limit
constexpr size_t kMaxAudienceBytes = 1024;
constexpr size_t kMaxRegionBytes = 64;

base::Status CheckLength(std::string_view what, std::string_view value, size_t max_bytes) {
  if (value.size() <= max_bytes) return {};
  return Error{ErrorCode::kInvalid, std::string(what) + " " + mutation::Quoted(value) + " has " +
                                        std::to_string(value.size()) + " bytes: at most " + std::to_string(max_bytes) +
                                        " can be recorded"};
}

// All members always, since a merge patch leaves those alone that it does not name.
Json EntryJson(const RecordedIdentity& identity) {
  return {{"roleArn", identity.role_arn},
          {"audience", identity.audience},
          {"tokenExpirationSeconds", identity.token_expiration.count()},
          {"region", identity.region},
          {"stsRegionalEndpoints", identity.regional_sts}};
}

Json EntriesJson(const RecordChange& change) {
  Json entries = Json::object();
  for (const auto& [account, identity] : change) entries[account] = identity ? EntryJson(*identity) : Json();
  return entries;
}

std::optional<RecordedIdentity> ReadEntry(const Json& entry) {
  auto role_arn = base::StringMember(entry, "roleArn");
  auto audience = base::StringMember(entry, "audience");
  auto region = base::StringMember(entry, "region");
  const Json* expiration = base::FindMember(entry, "tokenExpirationSeconds");
  const Json* regional_sts = base::FindMember(entry, "stsRegionalEndpoints");
  if (!role_arn.ok() || !audience.ok() || !region.ok()) return std::nullopt;
  if (expiration == nullptr || !expiration->is_number_integer()) return std::nullopt;
  if (regional_sts == nullptr || !regional_sts->is_boolean()) return std::nullopt;
  return RecordedIdentity{.role_arn = *std::move(role_arn),
                          .audience = *std::move(audience),
                          .token_expiration = std::chrono::seconds(expiration->get<int64_t>()),
                          .region = *std::move(region),
                          .regional_sts = regional_sts->get<bool>()};
}

// -1 when there is none.
int64_t Number(const Json* object, std::string_view key) {
  const Json* value = object == nullptr ? nullptr : base::FindMember(*object, key);
  return value != nullptr && value->is_number_integer() ? value->get<int64_t>() : -1;
}

}  // namespace

Result<RecordedIdentity> RecordIdentity(const mutation::Identity& identity, const mutation::Settings& settings) {
  for (const base::Status& checked : {CheckLength("role ARN", identity.role_arn, kMaxRoleArnBytes),
                                      CheckLength("audience", identity.audience, kMaxAudienceBytes),
                                      CheckLength("region", settings.default_region, kMaxRegionBytes)}) {
    if (!checked.ok()) return checked.error();
  }
  return RecordedIdentity{.role_arn = identity.role_arn,
                          .audience = identity.audience,
                          .token_expiration = identity.token_expiration,
                          .region = settings.default_region,
                          .regional_sts = identity.regional_sts};
}

Result<IdentityMap> ReadIdentityMap(const Json& object) {
  const Json* metadata = base::FindMember(object, "metadata");
  if (metadata == nullptr || !metadata->is_object()) {
    return Error{ErrorCode::kInvalid, "an identity map without metadata"};
  }
  const Json* status = base::FindMember(object, "status");
  IdentityMap map;
  map.resource_version = MetadataText(object, "resourceVersion");
  map.generation = Number(metadata, "generation");
  map.observed_generation = Number(status, "observedGeneration");
  map.observed_accounts = Number(status, "accounts");
  const Json* spec = base::FindMember(object, "spec");
  const Json* accounts = spec == nullptr ? nullptr : base::FindMember(*spec, "accounts");
  if (accounts == nullptr || !accounts->is_object()) return map;
  for (const auto& [account, entry] : accounts->items()) map.accounts.emplace(account, ReadEntry(entry));
  return map;
}

std::string RecordPatch(const RecordChange& change, std::string_view resource_version) {
  Json patch = {{"spec", {{"accounts", EntriesJson(change)}}}};
  if (!resource_version.empty()) patch["metadata"]["resourceVersion"] = resource_version;
  return patch.dump();
}

std::string NewIdentityMap(const RecordChange& change, std::string_view name) {
  RecordChange written;
  for (const auto& [account, identity] : change) {
    if (identity) written.emplace(account, identity);
  }
  const Json object = {{"apiVersion", kGroupVersion},
                       {"kind", "IdentityMap"},
                       {"metadata", {{"name", name}}},
                       {"spec", {{"accounts", EntriesJson(written)}}}};
  return object.dump();
}

std::string RecordStatusPatch(int64_t observed_generation, int64_t observed_accounts) {
  const Json patch = {{"status", {{"observedGeneration", observed_generation}, {"accounts", observed_accounts}}}};
  return patch.dump();
}

Result<std::string> IdentityMapCollection(std::string_view namespace_name) {
  if (!base::IsDnsLabel(namespace_name)) {
    return Error{ErrorCode::kInvalid, mutation::Quoted(namespace_name) + " is not a namespace's name"};
  }
  return std::string("/apis/") + kGroupVersion + "/namespaces/" + std::string(namespace_name) + "/identitymaps";
}

}  // namespace irsa::kube
