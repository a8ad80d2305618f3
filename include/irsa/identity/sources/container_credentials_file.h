// Service accounts that use EKS Pod Identity, from a file in the form of the established webhook's:
// {"identities": [{"namespace": "…", "serviceAccount": "…"}]}
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/files.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/base/snapshot.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_index.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/identity/sources/watched_file.h"

namespace irsa::identity {

inline constexpr size_t kMaxContainerCredentialsBytes = 16 << 20;

struct ListedAccounts {
  IdentityIndex index;               // each with a null entry
  std::vector<std::string> skipped;  // of each bad entry: which it is, and what is wrong with it
};

// An empty text lists nobody. Fields' names match in any case, as in Go; others are passed over. kMalformed or kInvalid
// for a text that is no such JSON, with the place in it.
Result<ListedAccounts> ReadListedAccounts(std::string_view text);

// What becomes of an account that is listed: `entry` is what its annotations come to, and may be null.
IdentityIndex::Entry WithPodIdentity(const AccountName& name, const IdentityIndex::Entry& entry,
                                     const Settings& settings);

// Follows the file: a broken one leaves the last good state in place; no file is an empty one. Lists and size from any
// thread; Load and Poll from one.
class ContainerCredentialsFile {
 public:
  // `files` and `log` outlive this object. Bad entries are skipped, with a log line each.
  ContainerCredentialsFile(const base::FileReader& files, base::Log& log, std::string path);

  // As WatchedFile has them; errors name the file.
  Status Load() { return file_.Load(); }
  Result<bool> Poll() { return file_.Poll(); }

  bool Lists(const AccountName& name) const;
  size_t size() const;

 private:
  Status Take(const std::string& text);

  base::Log& log_;
  std::string path_;
  base::Snapshot<IdentityIndex> index_;
  WatchedFile file_;  // last: it uses the others
};

// Pod Identity for the accounts that are listed, before what their annotations or another source say. May be used from
// any thread.
class ListedPodIdentities final : public IdentitySource {
 public:
  // All outlive this object. `accounts` says what the accounts' annotations are, `others` the identity of those that
  // are not listed.
  ListedPodIdentities(const ContainerCredentialsFile& list, IdentitySource& accounts, IdentitySource& others,
                      Settings settings);

  Result<ResolvedAccount> Find(const AccountName& name, base::SteadyTime deadline) override;

 private:
  const ContainerCredentialsFile& list_;
  IdentitySource& accounts_;
  IdentitySource& others_;
  const Settings settings_;
};

}  // namespace irsa::identity
