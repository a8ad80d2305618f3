// Where `irsa serve` gets its identities: a file, or the cluster.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/base/waiting.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/cluster_annotations.h"
#include "irsa/identity/sources/config_map_identities.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/identity/sources/layered_identities.h"
#include "irsa/identity/sources/service_account_file.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/telemetry/metrics.h"

namespace irsa::serve {

// Load, Start and Poll are for one thread at a time, in this order; the rest for any.
class IdentityService {
 public:
  virtual ~IdentityService() = default;

  virtual identity::IdentitySource& source() = 0;
  // What the accounts' own annotations come to: the source without ConfigMap and default roles.
  virtual identity::IdentitySource& accounts() = 0;

  // Loads what must exist before serving begins. An error is fatal: it names what the user must fix.
  virtual Status Load() = 0;
  // Begins to follow the changes that come by themselves.
  virtual void Start() = 0;
  // Loads changes that must be polled for, as Reloader requires.
  virtual Result<bool> Poll() = 0;

  // How many callers of the sources may wait at once for the apiserver.
  virtual size_t max_waiting() const = 0;
  // The reason why identities cannot be known; OK when they can.
  virtual Status CheckReady() const = 0;
  // Service accounts that are known.
  virtual size_t size() const = 0;
  // What is known of one of them now, by `source`; asks nobody. May be called from any thread.
  virtual std::optional<identity::KnownAccount> FindKnown(const identity::AccountName& name) = 0;
  // Sets what is measured of them.
  virtual void Report(telemetry::Measurements& measured) const = 0;
};

class FileIdentityService final : public IdentityService {
 public:
  // `files` and `clock` outlive this object.
  FileIdentityService(const base::FileReader& files, const base::Clock& clock, const std::string& path,
                      const identity::Settings& settings);

  identity::IdentitySource& source() override;
  identity::IdentitySource& accounts() override { return file_; }
  Status Load() override;
  void Start() override {}
  Result<bool> Poll() override;
  size_t max_waiting() const override { return 0; }
  Status CheckReady() const override { return {}; }  // Load came first
  size_t size() const override { return file_.size(); }
  std::optional<identity::KnownAccount> FindKnown(const identity::AccountName& name) override;
  void Report(telemetry::Measurements& measured) const override;

 private:
  const base::Clock& clock_;
  identity::ServiceAccountFile file_;
  std::unique_ptr<identity::DefaultRoles> default_roles_;  // null: not wanted
  std::atomic<base::SteadyTime> in_sync_at_;
  std::atomic<base::SystemTime> taken_at_;  // when the file in use was read
};

struct ClusterIdentityOptions {
  identity::Settings settings;
  identity::LookupOptions lookup;
  std::optional<std::string> config_map_namespace;  // of the ConfigMap kIdentityConfigMap; none: it is not watched
};

// The name that the established webhook gave it.
inline constexpr const char* kIdentityConfigMap = "pod-identity-webhook";
// As the metrics call it.
inline constexpr const char* kConfigMapReload = "config-map";

class ClusterIdentityService final : public IdentityService {
 public:
  // `api` and what `tools` names outlive this object.
  ClusterIdentityService(kube::ApiServer& api, const kube::ReflectorTools& tools,
                         const ClusterIdentityOptions& options);

  identity::IdentitySource& source() override;
  identity::IdentitySource& accounts() override { return accounts_; }
  Status Load() override { return {}; }
  void Start() override;
  Result<bool> Poll() override { return false; }
  size_t max_waiting() const override;
  Status CheckReady() const override;
  size_t size() const override { return accounts_.size(); }
  std::optional<identity::KnownAccount> FindKnown(const identity::AccountName& name) override;
  void Report(telemetry::Measurements& measured) const override;

 private:
  identity::IdentitySource& OwnRoles();  // the source without default roles

  const identity::Settings settings_;
  const std::string config_map_namespace_;
  const size_t max_waiting_;
  identity::ClusterIdentities accounts_;
  std::unique_ptr<identity::ConfigMapIdentities> config_map_;  // null: not wanted
  std::unique_ptr<identity::LayeredIdentities> layered_;       // null: no ConfigMap
  std::unique_ptr<identity::ClusterNamespaces> namespaces_;    // null, as the next: no default roles
  std::unique_ptr<identity::DefaultRoles> default_roles_;
};

}  // namespace irsa::serve
