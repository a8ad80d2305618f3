#include "irsa/oidc/jwks_cache.h"

#include <algorithm>
#include <utility>

namespace irsa::oidc {
namespace {

bool HasKey(const JwkSet& set, std::string_view id) {
  const auto has_id = [id](const auto& key) { return key.id == id; };
  return std::any_of(set.keys.begin(), set.keys.end(), has_id) ||
         std::any_of(set.skipped.begin(), set.skipped.end(), has_id);
}

}  // namespace

JwksCache::JwksCache(JwksSource& source, const base::Clock& clock, base::Log& log, JwksCacheOptions options)
    : source_(source), clock_(clock), log_(log), options_(options) {}

bool JwksCache::Serves(std::optional<std::string_view> key_id) const {
  return set_ && (!key_id || HasKey(*set_, *key_id));
}

bool JwksCache::IsFresh() const { return set_ && clock_.SteadyNow() - set_time_ <= options_.max_age; }

bool JwksCache::MayFetch() const { return fetches_ == 0 || clock_.SteadyNow() - last_fetch_ >= options_.min_interval; }

base::Result<std::shared_ptr<const JwkSet>> JwksCache::Get(std::optional<std::string_view> key_id) {
  std::unique_lock lock(mutex_);
  if (fetching_) {
    if (!Serves(key_id)) fetched_.wait(lock, [this, before = fetches_] { return fetches_ != before; });
  } else if ((!Serves(key_id) || !IsFresh()) && MayFetch()) {
    Fetch(lock);
  }
  if (set_) return set_;
  return *error_;
}

void JwksCache::Fetch(std::unique_lock<std::mutex>& lock) {
  fetching_ = true;
  lock.unlock();
  base::Result<JwkSet> fetched = source_.Fetch();
  if (!fetched.ok()) {
    log_.Write(base::LogLevel::kWarning, "key set could not be fetched", {{"error", fetched.error().message}});
  }
  lock.lock();
  fetching_ = false;
  ++fetches_;
  last_fetch_ = clock_.SteadyNow();
  if (fetched.ok()) {
    set_ = std::make_shared<const JwkSet>(*std::move(fetched));
    set_time_ = last_fetch_;
    error_.reset();
  } else {
    error_ = std::move(fetched).error();
  }
  fetched_.notify_all();
}

}  // namespace irsa::oidc
