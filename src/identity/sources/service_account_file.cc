#include "irsa/identity/sources/service_account_file.h"

#include <memory>
#include <utility>
#include <vector>

#include "irsa/base/memory.h"
#include "irsa/base/text.h"
#include "irsa/identity/rules/warning.h"
#include "irsa/identity/sources/service_accounts.h"
#include "irsa/manifest/manifest.h"

namespace irsa::identity {

// Parsing takes about ten times as much, of which little is kept.
constexpr size_t kLargeText = 1 << 20;

Result<IdentityIndex> ReadServiceAccounts(std::string_view text, std::string_view default_namespace,
                                          const Settings& settings) {
  Result<std::vector<manifest::Document>> documents =
      manifest::ReadDocuments(text, {.max_bytes = kMaxServiceAccountFileBytes});
  if (!documents) return std::move(documents).error();
  if (documents->empty()) {
    return Error{ErrorCode::kInvalid, "is empty: for no service accounts, write an empty List"};
  }
  const Result<std::vector<manifest::Object>> objects = manifest::ObjectsIn(*documents);
  if (!objects) return objects.error();
  Result<IdentityIndex> index = IndexServiceAccounts(*objects, default_namespace, settings);
  if (index && index->size() == 0 && !index->has_defaults() && !objects->empty()) {
    return Error{ErrorCode::kInvalid, "contains no ServiceAccount: the first object is " +
                                          base::Quoted(objects->front().kind, kMaxQuotedBytes) + ", at " +
                                          objects->front().place};
  }
  return index;
}

ServiceAccountFile::ServiceAccountFile(const base::FileReader& files, std::string path, Settings settings)
    : path_(std::move(path)),
      settings_(std::move(settings)),
      file_(files, {.path = path_, .max_bytes = kMaxServiceAccountFileBytes},
            [this](std::string text) { return Take(std::move(text)); }) {}

Status ServiceAccountFile::Take(std::string text) {
  const bool is_large = text.size() > kLargeText;
  Result<IdentityIndex> index = ReadServiceAccounts(text, "default", settings_);
  if (index) index_.Set(std::make_shared<const IdentityIndex>(*std::move(index)));
  std::string().swap(text);
  if (is_large) base::ReturnFreedMemory();
  return index ? Status() : base::WithContext(std::move(index).error(), "service account file " + path_);
}

size_t ServiceAccountFile::size() const {
  const auto index = index_.Get();
  return index == nullptr ? 0 : index->size();
}

Result<ResolvedAccount> ServiceAccountFile::Find(const AccountName& name, base::SteadyTime /*deadline*/) {
  const auto index = index_.Get();
  if (index == nullptr) {
    return Error{ErrorCode::kUnavailable, "service account file " + path_ + " has not been read yet"};
  }
  const IdentityIndex::Entry* entry = index->Find(name);
  return entry == nullptr ? nullptr : *entry;
}

std::optional<KnownAccount> ServiceAccountFile::FindKnown(const AccountName& name) const {
  const auto index = index_.Get();
  const auto* entry = index == nullptr ? nullptr : index->Find(name);
  if (entry == nullptr) return std::nullopt;
  return KnownAccount{*entry, "file " + path_};
}

Result<ResolvedNamespace> ServiceAccountFile::FindDefaults(std::string_view namespace_name,
                                                           base::SteadyTime /*deadline*/) {
  const auto index = index_.Get();
  if (index == nullptr) {
    return Error{ErrorCode::kUnavailable, "service account file " + path_ + " has not been read yet"};
  }
  return index->FindDefaults(namespace_name);
}

}  // namespace irsa::identity
