#include "irsa/kube/identity_catalog.h"

#include <utility>

namespace irsa::kube {

using base::Result;
using mutation::Identity;

namespace {

constexpr size_t kMaxNamed = 1000;  // accounts in the log

}  // namespace

ClusterCatalog::ClusterCatalog(ClusterIdentities& accounts, const ConfigMapIdentities* config_map,
                               mutation::Settings settings, base::Log& log)
    : accounts_(accounts), config_map_(config_map), settings_(std::move(settings)), log_(log) {}

base::Status ClusterCatalog::Ready() const {
  if (base::Status ready = accounts_.Ready(); !ready.ok()) return ready;
  return config_map_ == nullptr ? base::Status() : config_map_->Ready();
}

uint64_t ClusterCatalog::changes() const {
  return accounts_.changes() + (config_map_ == nullptr ? 0 : config_map_->changes());
}

RecordedCluster ClusterCatalog::List() {
  RecordedCluster all;
  accounts_.ForEach([this, &all](const AccountName& name, std::optional<Identity> identity) {
    if (!identity) identity = FromConfigMap(name);
    if (!identity) return;
    std::optional<RecordedIdentity> recorded = Record(name, *identity);
    if (!recorded) return;
    all[std::string(name.namespace_name)].emplace(name.service_account, *std::move(recorded));
  });
  return all;
}

Result<std::optional<RecordedIdentity>> ClusterCatalog::Ask(std::string_view namespace_name,
                                                            std::string_view service_account, base::SteadyTime deadline,
                                                            const std::stop_token& stop) {
  const AccountName name{namespace_name, service_account};
  auto account = accounts_.Ask(name, deadline, stop);
  if (!account.ok()) return std::move(account).error();
  if (!*account) return std::optional<RecordedIdentity>();
  std::optional<Identity> identity = std::move((*account)->identity);
  if (!identity) identity = FromConfigMap(name);
  return identity ? Record(name, *identity) : std::nullopt;
}

std::optional<Identity> ClusterCatalog::FromConfigMap(const AccountName& name) const {
  if (config_map_ == nullptr) return std::nullopt;
  const auto found = config_map_->Find(name.namespace_name, name.service_account);
  return found.ok() && *found != nullptr ? (*found)->identity : std::nullopt;
}

std::optional<RecordedIdentity> ClusterCatalog::Record(const AccountName& name, const Identity& identity) {
  Result<RecordedIdentity> recorded = RecordIdentity(identity, settings_);
  if (recorded.ok()) return *std::move(recorded);
  const std::string text = std::string(name.namespace_name).append("/").append(name.service_account);
  const std::lock_guard lock(mutex_);
  if (unrecordable_.size() < kMaxNamed && unrecordable_.insert(text).second) {
    log_.Write(base::LogLevel::kWarning, "identity cannot be recorded, so the guard does not know of it",
               {{"service_account", text}, {"error", recorded.error().message}});
  }
  return std::nullopt;
}

}  // namespace irsa::kube
