// The record of who gets which identity (docs/design.md section 8): in each namespace one custom resource, the
// IdentityMap "identities", with an entry for each service account that has a role. kube-apiserver's own policies read
// it, so it holds what an identity has come to, not the annotations that it came from.
//
// Entries are changed one by one, with JSON merge patches (RFC 7386) of a map by account name: the apiserver carries
// each out on what is there at that moment, so replicas writing at once lose nothing of each other's, and one that says
// what is there already is no change at all. Everything in this file is pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/json.h"
#include "irsa/base/result.h"
#include "irsa/mutation/identity.h"
#include "irsa/mutation/settings.h"

namespace irsa::kube {

inline constexpr std::string_view kIdentityMapName = "identities";
// A map that never exists: its creation, as a dry run, is refused while the apiserver's policies have not seen the
// entries in it (deploy/kustomize/components/guard/record-policy.yaml).
inline constexpr std::string_view kDryRunMapName = "dry-run";
// All identity maps of the cluster; what a reflector follows.
inline constexpr std::string_view kIdentityMapsPath = "/apis/irsa.dev/v1alpha1/identitymaps";
inline constexpr std::string_view kIdentityRecordFieldManager = "irsa-identity-record";

// One entry: all that decides what a pod of the account is given, but for what the pod itself says.
struct RecordedIdentity {
  std::string role_arn;
  std::string audience;
  std::chrono::seconds token_expiration{};
  std::string region;  // empty: none is set
  bool regional_sts = false;

  bool operator==(const RecordedIdentity&) const = default;
};

// kInvalid, naming the value, for what the resource's schema refuses: a role ARN or audience that nobody could use for
// its length. Where one entry is refused all of a patch is, so it must not get that far.
base::Result<RecordedIdentity> RecordIdentity(const mutation::Identity& identity, const mutation::Settings& settings);

using RecordedIdentities = std::map<std::string, RecordedIdentity, std::less<>>;  // by service account
using RecordedCluster = std::map<std::string, RecordedIdentities, std::less<>>;   // by namespace

// A map as it is in the cluster. An entry that is not as irsa writes them (a person's, an older version's) has no
// value.
struct IdentityMap {
  std::map<std::string, std::optional<RecordedIdentity>, std::less<>> accounts;
  std::string resource_version;
  // Of the entries, and what the leader last said of them; -1 where there is none.
  int64_t generation = -1;
  int64_t observed_generation = -1;
  int64_t observed_accounts = -1;

  bool operator==(const IdentityMap&) const = default;
};

// kInvalid for what is no object with a metadata.
base::Result<IdentityMap> ReadIdentityMap(const base::Json& object);

// Entries to write, and without a value those to remove.
using RecordChange = std::map<std::string, std::optional<RecordedIdentity>, std::less<>>;

// The merge patch that makes the change. With a resource version the apiserver answers 409 when the map is not at that
// version any more; without, it makes the change whatever else there is.
std::string RecordPatch(const RecordChange& change, std::string_view resource_version = {});

// A new map with the entries that the change writes.
std::string NewIdentityMap(const RecordChange& change, std::string_view name = kIdentityMapName);

// The merge patch for the map's status.
std::string RecordStatusPatch(int64_t observed_generation, int64_t observed_accounts);

// "/apis/irsa.dev/v1alpha1/namespaces/NAMESPACE/identitymaps". kInvalid for what is not a namespace's name: it comes
// from reviews, which anybody who reaches the port may send.
base::Result<std::string> IdentityMapCollection(std::string_view namespace_name);

}  // namespace irsa::kube
