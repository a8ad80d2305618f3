#include "irsa/kube/api/leader_lease.h"

#include <utility>

#include "irsa/kube/api/objects.h"

#include "lease_record.h"

namespace irsa::kube {

using base::LogLevel;
using base::SteadyTime;

LeaderLease::LeaderLease(ApiServer& api, const base::Clock& clock, base::Log& log, LeaderLeaseOptions options)
    : api_(api), clock_(clock), log_(log), options_(std::move(options)) {}

LeaderLease::~LeaderLease() = default;

Status LeaderLease::Poll() {
  const bool is_ours = record_ && record_->holder() == options_.identity && IsLeader();
  Status polled = is_ours ? Renew() : Contend();
  if (!IsLeader()) DoNotLead();  // the deadline may have passed
  return polled;
}

// Without reading it first: nobody else writes it while it is ours.
Status LeaderLease::Renew() {
  Status taken = Take("PUT", *record_);
  return taken.FailedWith(ErrorCode::kConflict) || taken.FailedWith(ErrorCode::kNotFound) ? Contend() : taken;
}

Status LeaderLease::Contend() {
  auto read = Exchange("GET", "");
  Status taken;
  if (read.ok()) {
    Observe(*std::move(read));
    if (IsHeldByAnother()) {
      DoNotLead();
      return {};
    }
    taken = Take("PUT", *record_);
  } else if (read.FailedWith(ErrorCode::kNotFound)) {
    taken = Take("POST", LeaseRecord::New(options_.name));
  } else {
    return std::move(read).error();
  }
  // Another one was faster; whose the lease is now, the next call sees.
  return taken.FailedWith(ErrorCode::kConflict) ? Status() : taken;
}

// Our time is counted from before the request, so that no delay on its way makes it longer than others think.
Status LeaderLease::Take(const char* method, LeaseRecord record) {
  const SteadyTime before = clock_.SteadyNow();
  record.Take(options_.identity, options_.lease_duration, clock_.Now());
  auto taken = Exchange(method, record.Text());
  if (!taken.ok()) return std::move(taken).error();
  Observe(*std::move(taken));
  Lead(before);
  return {};
}

Status LeaderLease::Release() {
  const bool is_ours = record_ && record_->holder() == options_.identity && leads_;
  DoNotLead();
  if (!is_ours) return {};
  LeaseRecord given_back = *record_;
  given_back.GiveBack(clock_.Now());
  auto updated = Exchange("PUT", given_back.Text());
  if (updated.ok()) {
    Observe(*std::move(updated));
    return {};
  }
  // Somebody else's already, or nobody's.
  Status failed = std::move(updated).error();
  return failed.FailedWith(ErrorCode::kConflict) || failed.FailedWith(ErrorCode::kNotFound) ? Status() : failed;
}

Result<LeaseRecord> LeaderLease::Exchange(const char* method, std::string body) {
  ApiRequest request;
  request.method = method;
  request.path = CollectionPath("apis/coordination.k8s.io/v1", options_.namespace_name, "leases");
  if (request.method != "POST") request.path += "/" + options_.name;
  request.body = std::move(body);
  request.deadline = clock_.SteadyNow() + options_.request_timeout;
  request.stop = options_.stop;
  const auto text = BodyOf(api_.Send(request), std::string(VerbOf(request)) + " lease " + Name());
  if (!text.ok()) return text.error();
  auto record = LeaseRecord::Parse(*text);
  if (!record.ok()) return base::WithContext(std::move(record).error(), "lease " + Name());
  return record;
}

// Another's time is counted from after the answer, so that it is never thought to be over too early.
void LeaderLease::Observe(LeaseRecord record) {
  if (!record_ || !record_->SaysTheSame(record)) observed_at_ = clock_.SteadyNow();
  record_ = std::make_unique<LeaseRecord>(std::move(record));
}

bool LeaderLease::IsHeldByAnother() const {
  const std::string holder = record_->holder();
  if (holder.empty() || holder == options_.identity) return false;
  return clock_.SteadyNow() < observed_at_ + record_->duration(options_.lease_duration);
}

void LeaderLease::Lead(SteadyTime since) {
  leader_until_ = since + options_.renew_deadline;
  if (std::exchange(leads_, true)) return;
  log_.Write(LogLevel::kInfo, "leading", {{"lease", Name()}});
}

void LeaderLease::DoNotLead() {
  leader_until_ = SteadyTime::min();
  if (!std::exchange(leads_, false)) return;
  log_.Write(LogLevel::kInfo, "no longer leading", {{"lease", Name()}});
}

}  // namespace irsa::kube
