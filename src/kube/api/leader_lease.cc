#include "irsa/kube/api/leader_lease.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/time_text.h"
#include "irsa/kube/api/objects.h"

namespace irsa::kube {

using base::Json;
using base::LogLevel;
using base::SteadyTime;

namespace {

// A Lease that nobody holds and that does not exist yet. Each has an object "spec".
Json NewLease(const std::string& name) {
  return {{"apiVersion", "coordination.k8s.io/v1"},
          {"kind", "Lease"},
          {"metadata", {{"name", name}}},
          {"spec", Json::object()}};
}

// kMalformed when it is no Lease; fields that are absent have no value, as in a Lease that was made by hand.
Result<Json> ReadLease(std::string_view text) {
  auto lease = base::ReadJson(text);
  if (!lease.ok()) return lease;
  const Json* metadata = base::FindMember(*lease, "metadata");
  if (metadata == nullptr || !metadata->is_object()) {
    return Error{ErrorCode::kMalformed, "the answer is not a Lease: it has no metadata"};
  }
  const Json* spec = base::FindMember(*lease, "spec");
  if (spec == nullptr) {
    (*lease)["spec"] = Json::object();
  } else if (!spec->is_object()) {
    return Error{ErrorCode::kMalformed, "the answer is not a Lease: its spec is not an object"};
  }
  return lease;
}

// Empty when nobody holds it.
std::string_view HolderOf(const Json& lease) { return base::TextAt(lease, {"spec", "holderIdentity"}); }

int64_t Number(const Json& lease, const char* key) {
  const Json* value = base::At(lease, {"spec", key});
  return value != nullptr && value->is_number_integer() ? value->get<int64_t>() : 0;
}

// How long it holds without renewal, as whoever holds it says; `otherwise` when that is not said.
std::chrono::seconds DurationOf(const Json& lease, std::chrono::seconds otherwise) {
  const int64_t seconds = Number(lease, "leaseDurationSeconds");
  const bool is_duration = seconds > 0 && seconds <= std::numeric_limits<int32_t>::max();
  return is_duration ? std::chrono::seconds(seconds) : otherwise;
}

// Held from `now` on, and what else is in it kept. A change of holder counts as a transition.
void Hold(Json& lease, const std::string& holder, std::chrono::seconds duration, base::SystemTime now) {
  Json& spec = lease["spec"];
  const std::string time = base::FormatRfc3339Micro(now);
  if (HolderOf(lease) != holder || base::FindMember(spec, "acquireTime") == nullptr) {
    const bool is_first = base::FindMember(spec, "leaseTransitions") == nullptr;
    const int64_t transitions = Number(lease, "leaseTransitions");
    spec["leaseTransitions"] =
        is_first ? 0 : std::min<int64_t>(transitions, std::numeric_limits<int32_t>::max() - 1) + 1;
    spec["acquireTime"] = time;
  }
  spec["holderIdentity"] = holder;
  spec["leaseDurationSeconds"] = duration.count();
  spec["renewTime"] = time;
}

// Held by nobody, and run out in a second for whoever does not see that.
void GiveBack(Json& lease, base::SystemTime now) {
  Json& spec = lease["spec"];
  spec.erase("holderIdentity");
  spec["leaseDurationSeconds"] = 1;
  spec["renewTime"] = spec["acquireTime"] = base::FormatRfc3339Micro(now);
}

}  // namespace

LeaderLease::LeaderLease(ApiServer& api, const base::Clock& clock, base::Log& log, LeaderLeaseOptions options)
    : api_(api), clock_(clock), log_(log), options_(std::move(options)) {}

Status LeaderLease::Poll() {
  Status polled = IsOurs() && IsLeader() ? Renew() : Contend();
  if (!IsLeader()) DoNotLead();  // the deadline may have passed
  return polled;
}

// Without reading it first: nobody else writes it while it is ours.
Status LeaderLease::Renew() {
  Status taken = Take(Verb::kUpdate, *lease_);
  return taken.FailedWith(ErrorCode::kConflict) || taken.FailedWith(ErrorCode::kNotFound) ? Contend() : taken;
}

Status LeaderLease::Contend() {
  auto read = Exchange(Verb::kGet, "");
  Status taken;
  if (read.ok()) {
    Observe(*std::move(read));
    if (IsHeldByAnother()) {
      DoNotLead();
      return {};
    }
    taken = Take(Verb::kUpdate, *lease_);
  } else if (read.FailedWith(ErrorCode::kNotFound)) {
    taken = Take(Verb::kCreate, NewLease(options_.name));
  } else {
    return std::move(read).error();
  }
  // Another one was faster; whose the lease is now, the next call sees.
  return taken.FailedWith(ErrorCode::kConflict) ? Status() : taken;
}

// Our time is counted from before the request, so that no delay on its way makes it longer than others think.
Status LeaderLease::Take(Verb verb, Json lease) {
  const SteadyTime before = clock_.SteadyNow();
  Hold(lease, options_.identity, options_.lease_duration, clock_.Now());
  auto taken = Exchange(verb, lease.dump());
  if (!taken.ok()) return std::move(taken).error();
  Observe(*std::move(taken));
  Lead(before);
  return {};
}

Status LeaderLease::Release() {
  const bool is_ours = IsOurs() && leads_;
  DoNotLead();
  if (!is_ours) return {};
  Json given_back = *lease_;
  GiveBack(given_back, clock_.Now());
  auto updated = Exchange(Verb::kUpdate, given_back.dump());
  if (updated.ok()) {
    Observe(*std::move(updated));
    return {};
  }
  // Somebody else's already, or nobody's.
  Status failed = std::move(updated).error();
  return failed.FailedWith(ErrorCode::kConflict) || failed.FailedWith(ErrorCode::kNotFound) ? Status() : failed;
}

Result<Json> LeaderLease::Exchange(Verb verb, std::string body) {
  ApiRequest request;
  request.verb = verb;
  request.path = CollectionPath("apis/coordination.k8s.io/v1", options_.namespace_name, "leases");
  if (verb != Verb::kCreate) request.path += "/" + options_.name;
  request.body = std::move(body);
  request.deadline = clock_.SteadyNow() + options_.request_timeout;
  request.stop = options_.stop;
  const auto text = BodyOf(api_.Send(request), std::string(TextOf(verb).name) + " lease " + Name());
  if (!text.ok()) return text.error();
  auto lease = ReadLease(*text);
  if (!lease.ok()) return base::WithContext(std::move(lease).error(), "lease " + Name());
  return lease;
}

// Another's time is counted from after the answer, so that it is never thought to be over too early.
void LeaderLease::Observe(Json lease) {
  // Versions and metadata say nothing of who holds it and since when.
  if (lease_ == nullptr || lease_->at("spec") != lease.at("spec")) observed_at_ = clock_.SteadyNow();
  lease_ = std::make_shared<const Json>(std::move(lease));
}

bool LeaderLease::IsOurs() const { return lease_ != nullptr && HolderOf(*lease_) == options_.identity; }

bool LeaderLease::IsHeldByAnother() const {
  if (IsOurs() || HolderOf(*lease_).empty()) return false;
  return clock_.SteadyNow() < observed_at_ + DurationOf(*lease_, options_.lease_duration);
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
