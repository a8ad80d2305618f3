// Whether the cluster supports what `irsa controller` relies on: without the identity policy nothing gives pods their
// identity, which would go unnoticed until a pod fails.
#pragma once

#include <mutex>
#include <stop_token>
#include <utility>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::serve {

// Members may be called from any thread.
class PolicySupport {
 public:
  // All outlive it; `stop` ends what is being asked.
  PolicySupport(kube::ApiServer& api, const base::Clock& clock, base::Log& log, std::stop_token stop)
      : api_(api), clock_(clock), log_(log), stop_(std::move(stop)) {}

  // Asks the apiserver, until it has said; an answer has 3 s. kInvalid, naming its version and what to do, when it
  // serves no MutatingAdmissionPolicy v1; kUnavailable when it does not answer. One that refuses to say (403) is taken
  // to serve it, with a warning in the log.
  Status Look();

  // The same after the start: what will not do is said in the log, once.
  void Poll();

  // The outcome of the last look, for /readyz: kUnavailable before the first.
  Status CheckReady() const;

 private:
  kube::ApiServer& api_;
  const base::Clock& clock_;
  base::Log& log_;
  const std::stop_token stop_;
  mutable std::mutex mutex_;
  Status last_ = Error{ErrorCode::kUnavailable, "the apiserver has not reported yet what it serves"};
};

}  // namespace irsa::serve
