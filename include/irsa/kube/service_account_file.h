// Identities from a file of service accounts, for use without a cluster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "irsa/admission/identity_source.h"
#include "irsa/base/file_reader.h"
#include "irsa/base/result.h"
#include "irsa/base/snapshot.h"
#include "irsa/kube/identity_index.h"
#include "irsa/mutation/settings.h"

namespace irsa::kube {

inline constexpr size_t kMaxServiceAccountFileBytes = 64 << 20;

// The identities of all service accounts in a manifest's text, YAML or JSON (see IndexServiceAccounts). kInvalid for a
// text without any, which is rather a file emptied, cut short or mistaken for another than a cluster without accounts:
// that is said by an empty List.
base::Result<IdentityIndex> ReadServiceAccounts(std::string_view text, std::string_view default_namespace,
                                                const mutation::Settings& settings);

// Parsed whole, swapped whole: a broken file leaves the last good state in place. The file is the whole truth: an
// account that is not in it has no identity. A change is taken up when two polls in a row read the same text, since
// what is read while someone writes it may be good YAML with half a role's ARN at its end. Find and size from any
// thread; Load and Poll from one.
class ServiceAccountFile final : public admission::IdentitySource {
 public:
  // `files` outlives this object.
  ServiceAccountFile(const base::FileReader& files, std::string path, mutation::Settings settings);

  // Reads the file for the first time and takes it as it is; errors name the file, the document and what is wrong. Find
  // before it: kUnavailable.
  base::Status Load();

  // Reads it again; whether its identities may have changed, false while a change is waiting to be read twice. Text
  // that has not changed is not parsed again. The error is returned at each call until the file is good again.
  base::Result<bool> Poll();

  size_t size() const;  // accounts in the index

  base::Result<std::shared_ptr<const mutation::AccountIdentity>> Find(std::string_view namespace_name,
                                                                      std::string_view service_account,
                                                                      base::SteadyTime deadline) override;

 private:
  // Of a text, which may itself be many megabytes.
  struct Fingerprint {
    size_t size = 0;
    size_t hash = 0;

    bool operator==(const Fingerprint&) const = default;
  };

  static Fingerprint FingerprintOf(const std::string& text);
  base::Status Take(const std::string& text);

  const base::FileReader& files_;
  std::string path_;
  mutation::Settings settings_;
  std::optional<Fingerprint> read_;         // the text read last
  std::optional<Fingerprint> taken_;        // the text parsed last
  std::optional<base::Error> taken_error_;  // what is wrong with that one
  std::optional<base::Error> error_;        // what Load or Poll said last
  base::Snapshot<IdentityIndex> index_;
};

}  // namespace irsa::kube
