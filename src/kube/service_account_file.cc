#include "irsa/kube/service_account_file.h"

#include <functional>
#include <utility>
#include <vector>

#include "irsa/kube/service_accounts.h"
#include "irsa/manifest/manifest.h"

namespace irsa::kube {

using base::Error;
using base::ErrorCode;
using base::Result;

Result<IdentityIndex> ReadServiceAccounts(std::string_view text, std::string_view default_namespace,
                                          const mutation::Settings& settings) {
  Result<std::vector<manifest::Document>> documents =
      manifest::ReadDocuments(text, {.max_bytes = kMaxServiceAccountFileBytes});
  if (!documents) return std::move(documents).error();
  const Result<std::vector<manifest::Object>> objects = manifest::ObjectsIn(*documents);
  if (!objects) return objects.error();
  return IndexServiceAccounts(*objects, default_namespace, settings);
}

ServiceAccountFile::ServiceAccountFile(const base::FileReader& files, std::string path, mutation::Settings settings)
    : files_(files), path_(std::move(path)), settings_(std::move(settings)) {}

base::Status ServiceAccountFile::Load() {
  const Result<bool> changed = Poll();
  return changed ? base::Status() : changed.error();
}

Result<bool> ServiceAccountFile::Poll() {
  const Result<std::string> text = files_.Read(path_, kMaxServiceAccountFileBytes);
  if (!text) return text.error();
  const Fingerprint fingerprint{text->size(), std::hash<std::string>()(*text)};
  if (fingerprint_ == fingerprint) return error_ ? Result<bool>(*error_) : false;

  fingerprint_ = fingerprint;
  Result<IdentityIndex> index = ReadServiceAccounts(*text, "default", settings_);
  if (!index) {
    error_ = base::WithContext(std::move(index).error(), "service account file " + path_);
    return *error_;
  }
  error_.reset();
  index_.Set(std::make_shared<const IdentityIndex>(*std::move(index)));
  return true;
}

size_t ServiceAccountFile::size() const {
  const auto index = index_.Get();
  return index == nullptr ? 0 : index->size();
}

Result<std::shared_ptr<const mutation::AccountIdentity>> ServiceAccountFile::Find(std::string_view namespace_name,
                                                                                  std::string_view service_account,
                                                                                  base::SteadyTime /*deadline*/) {
  const auto index = index_.Get();
  if (index == nullptr) {
    return Error{ErrorCode::kUnavailable, "service account file " + path_ + " has not been read yet"};
  }
  const IdentityIndex::Entry* entry = index->Find(namespace_name, service_account);
  return entry == nullptr ? nullptr : *entry;
}

}  // namespace irsa::kube
