#include "irsa/identity/sources/config_map_identities.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/url.h"
#include "irsa/identity/sources/config_map_entries.h"
#include "irsa/kube/api/objects.h"

namespace irsa::identity {

using base::LogLevel;

namespace {

constexpr size_t kMaxLoggedEntries = 20;  // of one document

kube::ReflectorOptions Following(std::string_view namespace_name, std::string_view name,
                                 kube::ReflectorOptions options) {
  options.path = kube::CollectionPath("api/v1", base::EncodeComponent(namespace_name), "configmaps");
  options.query = "fieldSelector=" + base::EncodeComponent("metadata.name=" + std::string(name));
  // One object: nothing is gained by a streamed list, whose end takes longer to come than a page.
  options.stream_lists = false;
  return options;
}

}  // namespace

ConfigMapIdentities::ConfigMapIdentities(kube::ApiServer& server, const kube::ReflectorTools& tools, Settings settings,
                                         std::string_view namespace_name, std::string name,
                                         kube::ReflectorOptions reflection)
    : settings_(std::move(settings)),
      name_(std::move(name)),
      clock_(tools.clock),
      log_(tools.log),
      reflector_(server, *this, tools, Following(namespace_name, name_, std::move(reflection))) {}

Result<ResolvedAccount> ConfigMapIdentities::Find(const AccountName& name, base::SteadyTime /*deadline*/) {
  const auto index = index_.Get();
  if (index == nullptr) {
    if (const Status ready = Ready(); !ready.ok()) return ready.error();
    return Find(name, {});  // it came in between
  }
  const IdentityIndex::Entry* entry = index->Find(name);
  return entry == nullptr ? nullptr : *entry;
}

Status ConfigMapIdentities::Ready() const {
  if (index_.Get() != nullptr) return {};
  std::string why = reflector_.state().failure;
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) why = failure_;
  }
  return Error{ErrorCode::kUnavailable,
               "ConfigMap " + name_ + " has not been read yet" + (why.empty() ? "" : ": " + why)};
}

std::optional<base::SystemTime> ConfigMapIdentities::taken_at() const {
  const std::lock_guard lock(mutex_);
  return taken_at_;
}

size_t ConfigMapIdentities::size() const {
  const auto index = index_.Get();
  return index == nullptr ? 0 : index->size();
}

ConfigMapIdentities::Counts ConfigMapIdentities::counts() const {
  return {documents_, broken_documents_, skipped_entries_};
}

void ConfigMapIdentities::TakeUp(const kube::ObjectView& object) {
  Result<IdentityIndex> index = Read(*object.json);
  {
    const std::lock_guard lock(mutex_);
    failure_ = index.ok() ? "" : index.error().message;
    if (index.ok()) taken_at_ = clock_.Now();
  }
  if (!index.ok()) {
    ++broken_documents_;
    log_.Write(LogLevel::kError, "ConfigMap not loaded: the last good state stays in use",
               {{"config_map", name_}, {"error", index.error().message}});
    return;
  }
  ++documents_;
  const size_t size = index->size();
  index_.Set(std::make_shared<const IdentityIndex>(*std::move(index)));
  log_.Write(LogLevel::kInfo, "ConfigMap loaded", {{"config_map", name_}, {"identities", std::to_string(size)}});
}

Result<IdentityIndex> ConfigMapIdentities::Read(const base::Json& config_map) {
  const base::Json* text = base::At(config_map, {"data", "config"});
  if (text == nullptr || !text->is_string()) return Error{ErrorCode::kInvalid, "it has no data.config"};
  Result<ConfigMapEntries> entries = ReadConfigMapEntries(text->get_ref<const std::string&>(), settings_);
  if (!entries.ok()) return base::WithContext(std::move(entries).error(), "data.config");
  skipped_entries_ += entries->skipped.size();
  for (size_t i = 0; i < std::min(entries->skipped.size(), kMaxLoggedEntries); ++i) {
    log_.Write(LogLevel::kError, "ConfigMap entry skipped", {{"config_map", name_}, {"error", entries->skipped[i]}});
  }
  if (entries->skipped.size() > kMaxLoggedEntries) {
    log_.Write(LogLevel::kError, "more ConfigMap entries skipped",
               {{"config_map", name_}, {"skipped", std::to_string(entries->skipped.size())}});
  }
  return std::move(entries->index);
}

void ConfigMapIdentities::Clear() {
  const auto index = index_.Get();
  if (index != nullptr && index->size() > 0) {
    log_.Write(LogLevel::kWarning, "ConfigMap deleted: its identities are gone", {{"config_map", name_}});
  }
  version_.clear();
  {
    const std::lock_guard lock(mutex_);
    failure_.clear();
    taken_at_.reset();
  }
  index_.Set(std::make_shared<const IdentityIndex>());
}

void ConfigMapIdentities::FinishReplace(std::string_view /*resource_version*/) {
  if (!is_there_) Clear();
}

void ConfigMapIdentities::Put(const kube::ObjectView& object) {
  if (object.name != name_) return;  // a server that ignores the selector
  is_there_ = true;
  if (object.resource_version == version_) return;  // a list after a watch
  TakeUp(object);
  version_ = object.resource_version;  // last: what is thrown leaves it to be taken up with the next list
}

void ConfigMapIdentities::Remove(const kube::ObjectView& object) {
  if (object.name != name_) return;
  is_there_ = false;
  Clear();
}

}  // namespace irsa::identity
