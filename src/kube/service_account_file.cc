#include "irsa/kube/service_account_file.h"

#include <functional>
#include <utility>
#include <vector>

#include "irsa/kube/service_accounts.h"
#include "irsa/manifest/manifest.h"
#include "irsa/mutation/warning.h"

namespace irsa::kube {

using base::Error;
using base::ErrorCode;
using base::Result;

Result<IdentityIndex> ReadServiceAccounts(std::string_view text, std::string_view default_namespace,
                                          const mutation::Settings& settings) {
  Result<std::vector<manifest::Document>> documents =
      manifest::ReadDocuments(text, {.max_bytes = kMaxServiceAccountFileBytes});
  if (!documents) return std::move(documents).error();
  if (documents->empty()) {
    return Error{ErrorCode::kInvalid, "holds nothing: if there are to be no service accounts, write an empty List"};
  }
  const Result<std::vector<manifest::Object>> objects = manifest::ObjectsIn(*documents);
  if (!objects) return objects.error();
  Result<IdentityIndex> index = IndexServiceAccounts(*objects, default_namespace, settings);
  if (index && index->size() == 0 && !objects->empty()) {
    return Error{ErrorCode::kInvalid, "holds no ServiceAccount: the first object is " +
                                          mutation::Quoted(objects->front().kind) + ", at " + objects->front().place};
  }
  return index;
}

ServiceAccountFile::ServiceAccountFile(const base::FileReader& files, std::string path, mutation::Settings settings)
    : files_(files), path_(std::move(path)), settings_(std::move(settings)) {}

base::Status ServiceAccountFile::Load() {
  const Result<std::string> text = files_.Read(path_, kMaxServiceAccountFileBytes);
  if (!text) return text.error();
  read_ = FingerprintOf(*text);
  return Take(*text);
}

Result<bool> ServiceAccountFile::Poll() {
  const Result<std::string> text = files_.Read(path_, kMaxServiceAccountFileBytes);
  if (!text) {
    read_.reset();
    error_ = text.error();
    return *error_;
  }
  const Fingerprint fingerprint = FingerprintOf(*text);
  const bool is_settled = std::exchange(read_, fingerprint) == fingerprint;
  const bool is_new = taken_ != fingerprint;
  if (is_new && is_settled) {
    if (base::Status status = Take(*text); !status) return std::move(status).error();
    return true;
  }
  if (!is_new) error_ = taken_error_;
  return error_ ? Result<bool>(*error_) : false;
}

ServiceAccountFile::Fingerprint ServiceAccountFile::FingerprintOf(const std::string& text) {
  return {text.size(), std::hash<std::string>()(text)};
}

base::Status ServiceAccountFile::Take(const std::string& text) {
  taken_ = FingerprintOf(text);
  taken_error_.reset();
  Result<IdentityIndex> index = ReadServiceAccounts(text, "default", settings_);
  if (index) {
    index_.Set(std::make_shared<const IdentityIndex>(*std::move(index)));
  } else {
    taken_error_ = base::WithContext(std::move(index).error(), "service account file " + path_);
  }
  error_ = taken_error_;
  return error_ ? base::Status(*error_) : base::Status();
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
