// An issuer's key set, fetched when it is first needed, kept, and fetched again when a token names a key it lacks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/oidc/jwks.h"

namespace irsa::oidc {

struct JwksCacheOptions {
  std::chrono::seconds max_age{600};      // a set is fetched anew when it is needed and older than that
  std::chrono::seconds min_interval{10};  // from the end of a fetch to the next, whatever tokens name and errors say
};

// May be used from any thread. Fetching is done by the threads that need it: one fetches; of the others, those wait for
// it whom the set that is there does not serve.
class JwksCache {
 public:
  // The set as it is now. Blocks no longer than a deadline of its own. Never called twice at once by one cache.
  using FetchSet = std::function<Result<JwkSet>()>;

  // The references, and what `fetch` refers to, outlive the cache.
  JwksCache(FetchSet fetch, const base::Clock& clock, base::Log& log, JwksCacheOptions options = {});

  // The key set: fetched anew, where min_interval allows, when it is older than max_age or has no key with that id
  // (skipped keys count as keys). When fetching fails, the last good set, and the failure is logged; the fetch's error
  // only as long as there has been none. What it throws reaches the caller whose thread fetches; to the others,
  // and until the next fetch, it is a failure like any other (kInternal while there has been neither a set nor an
  // error).
  Result<std::shared_ptr<const JwkSet>> Get(std::optional<std::string_view> key_id);

 private:
  class FetchUnderWay;

  bool Serves(std::optional<std::string_view> key_id) const;
  bool IsFresh() const;
  bool MayFetch() const;
  void Fetch(std::unique_lock<std::mutex>& lock);

  const FetchSet fetch_;
  const base::Clock& clock_;
  base::Log& log_;
  const JwksCacheOptions options_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable fetched_;
  bool fetching_ = false;
  uint64_t fetches_ = 0;               // ended ones
  base::SteadyTime last_fetch_;        // when the last one ended; meaningless before the first
  base::SteadyTime set_time_;          // when the set was fetched
  std::shared_ptr<const JwkSet> set_;  // the last good one
  std::optional<Error> error_;         // of the last fetch
};

}  // namespace irsa::oidc
