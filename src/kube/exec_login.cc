#include "exec_login.h"

#include <chrono>
#include <utility>

namespace irsa::kube {
namespace {

constexpr std::chrono::minutes kPauseAfterFailure{1};

}  // namespace

base::Status ExecLogin::Refresh(const ExecPlugin& plugin, const ExecCluster& cluster, bool is_refused) {
  if (HasExpired()) credential_.reset();
  if (credential_ && !is_refused) return {};
  if (failure_ && clock_.SteadyNow() - failed_at_ < kPauseAfterFailure) return *failure_;
  auto renewed = runner_.Run(plugin, cluster);
  failure_.reset();
  if (!renewed.ok()) {
    failure_ = std::move(renewed).error();
    failed_at_ = clock_.SteadyNow();
    return *failure_;
  }
  credential_ = *std::move(renewed);
  return {};
}

bool ExecLogin::HasExpired() const {
  return credential_ && credential_->expires && clock_.Now() >= *credential_->expires;
}

}  // namespace irsa::kube
