#include "exec_login.h"

#include <chrono>
#include <utility>

namespace irsa::kube {
namespace {

constexpr std::chrono::minutes kPause{1};

}  // namespace

Status ExecLogin::Refresh(const ExecPlugin& plugin, const ExecCluster& cluster, bool is_refused) {
  if (good_until_ && clock_.Now() >= *good_until_) credential_.reset();
  if (credential_ && !is_refused) return {};
  if (failure_ && clock_.SteadyNow() - failed_at_ < kPause) return *failure_;
  auto renewed = runner_.Run(plugin, cluster);
  failure_.reset();
  if (!renewed.ok()) {
    failure_ = std::move(renewed).error();
    failed_at_ = clock_.SteadyNow();
    return *failure_;
  }
  credential_ = *std::move(renewed);
  good_until_ = credential_->expires;
  if (good_until_ && *good_until_ <= clock_.Now()) good_until_ = clock_.Now() + kPause;
  return {};
}

}  // namespace irsa::kube
