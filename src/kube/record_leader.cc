#include "irsa/kube/record_leader.h"

#include <algorithm>
#include <utility>

namespace irsa::kube {
namespace {

using base::LogLevel;
using base::SteadyTime;
using std::chrono::milliseconds;

// How often a leader looks whether anything has changed: two counters are compared. A comparison of tens of thousands
// of accounts takes a while, so after one it rests ten times as long, for a tenth of a CPU at most.
constexpr milliseconds kLook{200};
constexpr int kRestFactor = 10;
constexpr milliseconds kLongestRest{2000};

}  // namespace

// What there is of the maps; only a leader holds it, as it may be as large as all identities together.
struct RecordLeader::Following {
  Following(ApiServer& api, const ReflectorTools& tools, const ReflectorOptions& reflection,
            const ReconcilerTools& reconciler_tools)
      : state(tools.clock), reconciler(state, reconciler_tools), reflector(api, state, tools, reflection) {
    reflector.Start();
  }

  RecordState state;
  RecordReconciler reconciler;
  Reflector reflector;  // last: it uses the state
};

ReflectorOptions IdentityMapReflection() {
  ReflectorOptions options;
  options.path = kIdentityMapsPath;
  // Each may be as large as etcd takes it.
  options.page_size = 50;
  return options;
}

RecordLeader::RecordLeader(ApiServer& api, IdentityCatalog& catalog, IdentityRecorder& recorder,
                           const ReflectorTools& tools, LeaderLeaseOptions lease, ReflectorOptions reflection)
    : api_(api),
      tools_(tools),
      reflection_(std::move(reflection)),
      reconciler_{catalog, recorder, writes_, tools.clock, tools.log},
      lease_(api, tools.clock, tools.log, std::move(lease)),
      next_poll_(tools.clock.SteadyNow()) {}

RecordLeader::~RecordLeader() = default;

milliseconds RecordLeader::Step(const std::stop_token& stop) {
  if (tools_.clock.SteadyNow() >= next_poll_) PollLease();
  const auto rest = leads() ? Lead(stop) : kLongestRest;
  if (!leads()) following_.reset();
  const auto left = std::chrono::ceil<milliseconds>(next_poll_ - tools_.clock.SteadyNow());
  return std::clamp(left, milliseconds(0), rest);
}

void RecordLeader::PollLease() {
  const SteadyTime began = tools_.clock.SteadyNow();
  const base::Status polled = lease_.Poll();
  next_poll_ = began + kLeaderRetryPeriod;
  const std::string failure = polled.ok() ? "" : polled.error().message;
  if (failure == lease_failure_) return;
  lease_failure_ = failure;
  if (failure.empty()) return;
  tools_.log.Write(LogLevel::kWarning, "the leader's lease could not be looked after, trying again",
                   {{"error", failure}});
}

milliseconds RecordLeader::Lead(const std::stop_token& stop) {
  if (following_ == nullptr) following_ = std::make_unique<Following>(api_, tools_, reflection_, reconciler_);
  if (!following_->reflector.has_synced()) return kLook;
  const SteadyTime began = tools_.clock.SteadyNow();
  following_->reconciler.Reconcile(
      [this, &stop] { return !stop.stop_requested() && leads() && tools_.clock.SteadyNow() < next_poll_; }, stop);
  const auto took = std::chrono::ceil<milliseconds>(tools_.clock.SteadyNow() - began);
  return std::clamp(took * kRestFactor, kLook, kLongestRest);
}

void RecordLeader::GiveBack() {
  following_.reset();
  const base::Status given_back = lease_.Release();
  if (given_back.ok()) return;
  tools_.log.Write(LogLevel::kWarning, "the leader's lease could not be given back, so others wait for its end",
                   {{"error", given_back.error().message}});
}

}  // namespace irsa::kube
