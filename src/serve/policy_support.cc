#include "irsa/serve/policy_support.h"

#include <chrono>
#include <string>
#include <utility>

#include "irsa/kube/api/api_capabilities.h"

namespace irsa::serve {
namespace {

// Start-up waits for the answer, and is not to wait for an apiserver that is away: it is asked again.
constexpr std::chrono::milliseconds kRequestTimeout{3000};

}  // namespace

Status PolicySupport::Look() {
  if (CheckReady().ok()) return {};
  kube::ReadBounds bounds;
  bounds.request_timeout = kRequestTimeout;
  bounds.stop = stop_;
  const auto capabilities = kube::ReadApiCapabilities(api_, clock_, bounds);
  Status status;
  if (capabilities.ok()) {
    if (!capabilities->has_policy) status = Error{ErrorCode::kInvalid, kube::PolicyUnsupportedText(*capabilities)};
  } else if (capabilities.FailedWith(ErrorCode::kDenied)) {
    log_.Write(base::LogLevel::kWarning, "not allowed to read whether the cluster serves MutatingAdmissionPolicy",
               {{"reason", capabilities.error().message}});
  } else {
    status = Error{ErrorCode::kUnavailable, capabilities.error().message};
  }
  const std::lock_guard lock(mutex_);
  last_ = status;
  return status;
}

void PolicySupport::Poll() {
  const Status before = CheckReady();
  const Status now = Look();
  if (!now.FailedWith(ErrorCode::kInvalid) || before.FailedWith(ErrorCode::kInvalid)) return;
  log_.Write(base::LogLevel::kError, "irsa cannot become ready", {{"reason", now.error().message}});
}

Status PolicySupport::CheckReady() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace irsa::serve
