// Identities from a file of service accounts, for use without a cluster.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "irsa/admission/identity_source.h"
#include "irsa/base/file_reader.h"
#include "irsa/base/result.h"
#include "irsa/base/snapshot.h"
#include "irsa/mutation/settings.h"

namespace irsa::kube {

class IdentityIndex;

// Parsed whole, swapped whole: a broken file leaves the last good state in place. Find from any thread; Load and Poll
// from one.
class ServiceAccountFile final : public admission::IdentitySource {
 public:
  // `files` outlives this object.
  ServiceAccountFile(const base::FileReader& files, std::string path, mutation::Settings settings);

  // Reads the file for the first time; errors name the file, the document and what is wrong. Find before it:
  // kUnavailable.
  base::Status Load();

  // Reads it again; whether anything changed. The error is returned at each call until the file is good again.
  base::Result<bool> Poll();

  size_t size() const;  // accounts in the index
  // How long ago the index was last equal to the file: 0 while it can be read, growing while it is broken. (metrics)

  base::Result<std::shared_ptr<const mutation::AccountIdentity>> Find(std::string_view namespace_name,
                                                                      std::string_view service_account,
                                                                      base::SteadyTime deadline) override;

 private:
  const base::FileReader& files_;
  std::string path_;
  mutation::Settings settings_;
  std::string text_;  // of the state in use
  base::Snapshot<IdentityIndex> index_;
};

}  // namespace irsa::kube
