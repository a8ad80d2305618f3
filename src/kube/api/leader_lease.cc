#include "irsa/kube/api/leader_lease.h"

#include <utility>

#include "lease_record.h"

namespace irsa::kube {
namespace {

using base::LogLevel;
using base::SteadyTime;

}  // namespace

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
  Status updated = Update();
  return updated.FailedWith(ErrorCode::kConflict) || updated.FailedWith(ErrorCode::kNotFound) ? Contend() : updated;
}

Status LeaderLease::Contend() {
  ApiRequest request;
  request.path = Collection() + "/" + options_.name;
  auto read = Exchange(std::move(request), "get");
  if (!read.ok()) return read.error().code == ErrorCode::kNotFound ? Create() : Status(std::move(read).error());
  Observe(*std::move(read));
  if (IsHeldByAnother()) {
    DoNotLead();
    return {};
  }
  Status updated = Update();
  // Another one was faster; whose the lease is now, the next call sees.
  return updated.FailedWith(ErrorCode::kConflict) ? Status() : updated;
}

Status LeaderLease::Create() {
  const SteadyTime before = clock_.SteadyNow();
  LeaseRecord record = LeaseRecord::New(options_.name);
  record.Take(options_.identity, options_.lease_duration, clock_.Now());
  ApiRequest request;
  request.method = "POST";
  request.path = Collection();
  request.body = record.Text();
  auto created = Exchange(std::move(request), "create");
  if (!created.ok()) {
    Status failed = std::move(created).error();
    return failed.FailedWith(ErrorCode::kConflict) ? Status() : failed;
  }
  Observe(*std::move(created));
  Lead(before);
  return {};
}

// Our time is counted from before the request, so that no delay on its way makes it longer than others think.
Status LeaderLease::Update() {
  const SteadyTime before = clock_.SteadyNow();
  LeaseRecord taken = *record_;
  taken.Take(options_.identity, options_.lease_duration, clock_.Now());
  auto updated = Put(taken);
  if (!updated.ok()) return std::move(updated).error();
  Observe(*std::move(updated));
  Lead(before);
  return {};
}

Status LeaderLease::Release() {
  const bool is_ours = record_ && record_->holder() == options_.identity && leads_;
  DoNotLead();
  if (!is_ours) return {};
  LeaseRecord given_back = *record_;
  given_back.GiveBack(clock_.Now());
  auto updated = Put(given_back);
  if (updated.ok()) {
    Observe(*std::move(updated));
    return {};
  }
  // Somebody else's already, or nobody's.
  Status failed = std::move(updated).error();
  return failed.FailedWith(ErrorCode::kConflict) || failed.FailedWith(ErrorCode::kNotFound) ? Status() : failed;
}

Result<LeaseRecord> LeaderLease::Put(const LeaseRecord& record) {
  ApiRequest request;
  request.method = "PUT";
  request.path = Collection() + "/" + options_.name;
  request.body = record.Text();
  return Exchange(std::move(request), "update");
}

Result<LeaseRecord> LeaderLease::Exchange(ApiRequest request, std::string_view verb) {
  request.deadline = clock_.SteadyNow() + options_.request_timeout;
  request.stop = options_.stop;
  const auto text = BodyOf(api_.Send(request), std::string(verb) + " lease " + Name());
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

std::string LeaderLease::Collection() const {
  return "/apis/coordination.k8s.io/v1/namespaces/" + options_.namespace_name + "/leases";
}

}  // namespace irsa::kube
