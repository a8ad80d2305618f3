#include "irsa/oidc/jwks_cache.h"

#include <algorithm>
#include <utility>

namespace irsa::oidc {
namespace {

bool HasKey(const JwkSet& set, std::string_view id) {
  const auto has_id = [id](const auto& key) { return key.id == id; };
  return std::ranges::any_of(set.keys, has_id) || std::ranges::any_of(set.skipped, has_id);
}

}  // namespace

// A fetch from its start to its end, during which the lock is free. However it ends, the next one may follow, and
// waiting threads go on.
class JwksCache::FetchUnderWay {
 public:
  FetchUnderWay(JwksCache& cache, std::unique_lock<std::mutex>& lock) : cache_(cache), lock_(lock) {
    cache_.fetching_ = true;
    lock_.unlock();
  }
  ~FetchUnderWay() {
    if (!lock_.owns_lock()) lock_.lock();
    cache_.fetching_ = false;
    ++cache_.fetches_;
    cache_.last_fetch_ = cache_.clock_.SteadyNow();
    cache_.fetched_.notify_all();
  }
  FetchUnderWay(const FetchUnderWay&) = delete;
  FetchUnderWay& operator=(const FetchUnderWay&) = delete;

 private:
  JwksCache& cache_;
  std::unique_lock<std::mutex>& lock_;
};

JwksCache::JwksCache(FetchSet fetch, const base::Clock& clock, base::Log& log, JwksCacheOptions options)
    : fetch_(std::move(fetch)), clock_(clock), log_(log), options_(options) {}

bool JwksCache::Serves(std::optional<std::string_view> key_id) const {
  return set_ && (!key_id || HasKey(*set_, *key_id));
}

bool JwksCache::IsFresh() const { return set_ && clock_.SteadyNow() - set_time_ <= options_.max_age; }

bool JwksCache::MayFetch() const { return fetches_ == 0 || clock_.SteadyNow() - last_fetch_ >= options_.min_interval; }

Result<std::shared_ptr<const JwkSet>> JwksCache::Get(std::optional<std::string_view> key_id) {
  std::unique_lock lock(mutex_);
  if (fetching_) {
    if (!Serves(key_id)) fetched_.wait(lock, [this, before = fetches_] { return fetches_ != before; });
  } else if ((!Serves(key_id) || !IsFresh()) && MayFetch()) {
    Fetch(lock);
  }
  if (set_) return set_;
  if (error_) return *error_;
  return Error{ErrorCode::kInternal, "the key set could not be fetched"};
}

void JwksCache::Fetch(std::unique_lock<std::mutex>& lock) {
  const FetchUnderWay under_way(*this, lock);
  Result<JwkSet> fetched = fetch_();
  if (!fetched.ok()) {
    log_.Write(base::LogLevel::kWarning, "key set could not be fetched", {{"error", fetched.error().message}});
  }
  lock.lock();
  if (fetched.ok()) {
    set_ = std::make_shared<const JwkSet>(*std::move(fetched));
    set_time_ = clock_.SteadyNow();
    error_.reset();
  } else {
    error_ = std::move(fetched).error();
  }
}

}  // namespace irsa::oidc
