#include "irsa/identity/sources/cluster_config_maps.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/identity/rules/additions.h"
#include "irsa/kube/api/objects.h"

namespace irsa::identity {

namespace {

constexpr size_t kMaxAnswerBytes = 4 << 20;  // etcd's limit for an object, and what JSON adds

// What of a ConfigMap matters.
ConfigMapKeys KeysOf(std::string_view name, const base::Json& config_map) {
  ConfigMapKeys keys{.name = std::string(name), .is_read = true};
  const base::Json* data = base::FindMember(config_map, "data");
  if (data == nullptr || !data->is_object()) return keys;
  for (const auto& [key, value] : data->get_ref<const base::Json::object_t&>()) {
    if (MattersAsVariable(key)) keys.keys.push_back(key);
  }
  return keys;
}

Error Busy(std::string_view name) {
  return {ErrorCode::kUnavailable, "ConfigMap " + std::string(name) +
                                       " is not known yet, and too many ConfigMaps are already being read; retry"};
}

}  // namespace

ClusterConfigMaps::ClusterConfigMaps(kube::ApiServer& server, const base::Clock& clock, base::Log& log,
                                     ConfigMapOptions options)
    : server_(server),
      clock_(clock),
      log_(log),
      options_(options),
      bucket_(options.requests_per_second, options.burst),
      waiting_(options.max_waiting) {}

Result<ConfigMapKeys> ClusterConfigMaps::Read(std::string_view namespace_name, std::string_view name,
                                              base::SteadyTime deadline) {
  // No such ConfigMap can exist, and what is no name must not get into a path.
  if (!base::IsDnsLabel(namespace_name) || !base::IsDnsSubdomain(name)) {
    return ConfigMapKeys{.name = std::string(name), .is_read = true};
  }
  const std::string path = kube::ObjectPath("api/v1", namespace_name, "configmaps", name);
  const base::SteadyTime now = clock_.SteadyNow();
  {
    const std::lock_guard lock(mutex_);
    if (const ConfigMapKeys* fresh = FindFresh(path, now)) return *fresh;
  }
  const std::optional<base::Slots::Slot> slot = waiting_.Take();
  if (!slot) return Busy(name);
  {
    std::unique_lock lock(mutex_);
    const auto is_answered = [&] {
      const auto known = remembered_.find(path);
      return known == remembered_.end() || known->second.keys;
    };
    const auto patience = std::min<base::SteadyTime::duration>(options_.request_timeout, deadline - now);
    if (!news_.wait_for(lock, patience, is_answered)) return ConfigMapKeys{.name = std::string(name)};
    if (const ConfigMapKeys* fresh = FindFresh(path, now)) return *fresh;
    Forget(now);
    if (remembered_.size() >= options_.max_remembered || !bucket_.Take(now)) return Busy(name);
    remembered_.insert_or_assign(path, Remembered{std::nullopt, now});
  }
  // Tells those who wait. Without an answer, whatever was thrown, one of them asks anew.
  struct Asking {
    ClusterConfigMaps& all;
    const std::string& path;
    ~Asking() {
      const std::lock_guard lock(all.mutex_);
      const auto entry = all.remembered_.find(path);
      if (entry != all.remembered_.end() && !entry->second.keys) all.remembered_.erase(entry);
      all.news_.notify_all();
    }
  };
  const Asking asking{*this, path};
  Result<ConfigMapKeys> keys = ConfigMapKeys();
  try {
    keys = Ask(path, name, std::min<base::SteadyTime>(deadline, now + options_.request_timeout));
  } catch (const std::exception& error) {
    keys = Error{ErrorCode::kInternal, "get " + path + ": " + error.what()};
  }
  const std::lock_guard lock(mutex_);
  ConfigMapKeys answer = keys.ok() ? *keys : ConfigMapKeys{.name = std::string(name)};
  const std::chrono::seconds memory = keys.ok() ? options_.memory : options_.failure_memory;
  remembered_.insert_or_assign(path, Remembered{answer, clock_.SteadyNow() + memory});
  if (!keys.ok() && keys.error().message != last_failure_) {
    last_failure_ = keys.error().message;
    log_.Write(base::LogLevel::kWarning, "ConfigMap of envFrom not read: irsa's variables override it",
               {{"error", last_failure_}});
  }
  return answer;
}

Result<ConfigMapKeys> ClusterConfigMaps::Ask(const std::string& path, std::string_view name,
                                             base::SteadyTime deadline) {
  kube::ApiRequest request;
  request.path = path;
  request.deadline = deadline;
  request.max_answer_bytes = kMaxAnswerBytes;
  const Result<std::string> body = kube::BodyOf(server_.Send(request), "get " + path);
  if (body.FailedWith(ErrorCode::kNotFound)) return ConfigMapKeys{.name = std::string(name), .is_read = true};
  if (!body.ok()) return body.error();
  const Result<base::Json> json = base::ReadJson(*body, {.max_bytes = kMaxAnswerBytes});
  if (!json.ok()) return base::WithContext(json.error(), "get " + path);
  return KeysOf(name, *json);
}

// Null for one that has to be asked for, or is.
const ConfigMapKeys* ClusterConfigMaps::FindFresh(const std::string& path, base::SteadyTime now) const {
  const auto known = remembered_.find(path);
  return known != remembered_.end() && known->second.keys && now < known->second.until ? &*known->second.keys : nullptr;
}

void ClusterConfigMaps::Forget(base::SteadyTime now) {
  if (remembered_.size() < options_.max_remembered) return;
  std::erase_if(remembered_, [now](const auto& each) { return each.second.keys && each.second.until <= now; });
}

}  // namespace irsa::identity
