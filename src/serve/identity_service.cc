#include "irsa/serve/identity_service.h"

#include <algorithm>

namespace irsa::serve {
namespace {

bool HasIdentity(const std::optional<identity::KnownAccount>& known) {
  return known && known->account != nullptr && known->account->identity;
}

}  // namespace

FileIdentityService::FileIdentityService(const base::FileReader& files, const base::Clock& clock,
                                         const std::string& path, const identity::Settings& settings)
    : clock_(clock),
      file_(files, path, settings),
      default_roles_(settings.uses_default_roles ? std::make_unique<identity::DefaultRoles>(file_, file_, settings)
                                                 : nullptr),
      in_sync_at_(clock.SteadyNow()) {}

identity::IdentitySource& FileIdentityService::source() {
  if (default_roles_ != nullptr) return *default_roles_;
  return file_;
}

Status FileIdentityService::Load() {
  Status loaded = file_.Load();
  if (loaded.ok()) {
    in_sync_at_ = clock_.SteadyNow();
    taken_at_ = clock_.Now();
  }
  return loaded;
}

Result<bool> FileIdentityService::Poll() {
  Result<bool> changed = file_.Poll();
  if (changed.ok()) in_sync_at_ = clock_.SteadyNow();
  if (changed.ok() && *changed) taken_at_ = clock_.Now();
  return changed;
}

std::optional<identity::KnownAccount> FileIdentityService::FindKnown(const identity::AccountName& name) {
  std::optional<identity::KnownAccount> known = file_.FindKnown(name);
  if (default_roles_ != nullptr && !HasIdentity(known)) {
    const auto with_default = default_roles_->Find(name, {});
    if (with_default.ok() && *with_default != nullptr && (*with_default)->identity) {
      known = {*with_default, "default role of the namespace"};
    }
  }
  if (known) known->since = taken_at_.load();
  return known;
}

void FileIdentityService::Report(telemetry::Measurements& measured) const {
  measured.identities = size();
  measured.sync_age = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.SteadyNow() - in_sync_at_.load());
}

ClusterIdentityService::ClusterIdentityService(kube::ApiServer& api, const kube::ReflectorTools& tools,
                                               const ClusterIdentityOptions& options)
    : settings_(options.settings),
      config_map_namespace_(options.config_map_namespace.value_or("")),
      max_waiting_(options.lookup.max_waiting),
      accounts_(api, tools, options.settings, options.lookup) {
  if (options.config_map_namespace) {
    config_map_ = std::make_unique<identity::ConfigMapIdentities>(api, tools, options.settings,
                                                                  *options.config_map_namespace, kIdentityConfigMap);
    layered_ = std::make_unique<identity::LayeredIdentities>(accounts_, *config_map_);
  }
  if (options.settings.uses_default_roles) {
    namespaces_ = std::make_unique<identity::ClusterNamespaces>(api, tools, options.settings, options.lookup);
    default_roles_ = std::make_unique<identity::DefaultRoles>(OwnRoles(), *namespaces_, options.settings);
  }
}

identity::IdentitySource& ClusterIdentityService::source() {
  if (default_roles_ != nullptr) return *default_roles_;
  return OwnRoles();
}

identity::IdentitySource& ClusterIdentityService::OwnRoles() {
  if (layered_ != nullptr) return *layered_;
  return accounts_;
}

std::optional<identity::KnownAccount> ClusterIdentityService::FindKnown(const identity::AccountName& name) {
  std::optional<identity::KnownAccount> known = accounts_.FindKnown(name);
  if (config_map_ != nullptr && !HasIdentity(known)) {
    const auto entry = config_map_->Find(name, {});
    if (entry.ok() && *entry != nullptr) {
      known = {*entry, "ConfigMap " + config_map_namespace_ + "/" + kIdentityConfigMap, config_map_->taken_at()};
    }
  }
  const auto namespace_since =
      namespaces_ == nullptr || !known ? std::nullopt : namespaces_->KnownSince(name.namespace_name);
  if (namespace_since && !HasIdentity(known)) {
    const auto defaults = namespaces_->FindDefaults(name.namespace_name, {});
    if (defaults.ok() && *defaults != nullptr && !(*defaults)->role_arn.empty()) {
      known = {identity::WithDefaults(name, known->account, defaults->get(), settings_),
               "default role of the namespace", namespace_since};
    }
  }
  return known;
}

void ClusterIdentityService::Start() {
  accounts_.Start();
  if (config_map_ != nullptr) config_map_->Start();
  if (namespaces_ != nullptr) namespaces_->Start();
}

size_t ClusterIdentityService::max_waiting() const {
  return max_waiting_ + (namespaces_ == nullptr ? 0 : identity::kMaxWaitingForNamespaces);
}

Status ClusterIdentityService::CheckReady() const {
  if (Status ready = accounts_.Ready(); !ready.ok()) return ready;
  if (namespaces_ != nullptr) {
    if (Status ready = namespaces_->Ready(); !ready.ok()) return ready;
  }
  return config_map_ == nullptr ? Status() : config_map_->Ready();
}

void ClusterIdentityService::Report(telemetry::Measurements& measured) const {
  measured.identities = size();
  measured.sync_age = accounts_.SyncAge();
  if (namespaces_ != nullptr) measured.sync_age = std::max(measured.sync_age, namespaces_->SyncAge());
  if (config_map_ == nullptr) return;
  measured.sync_age = std::max(measured.sync_age, config_map_->SyncAge());
  measured.config_map_identities = config_map_->size();
  const identity::ConfigMapIdentities::Counts counts = config_map_->counts();
  measured.reloads[kConfigMapReload] = {.succeeded = counts.documents, .failed = counts.broken_documents};
  measured.skipped_config_map_entries = counts.skipped_entries;
}

}  // namespace irsa::serve
