#include "irsa/kube/record_reconciler.h"

#include <utility>

namespace irsa::kube {
namespace {

using base::ErrorCode;
using base::LogLevel;
using base::Status;

// Of all that is done for a namespace at a time. With the period of its polls it is less than the time a leader may go
// on without renewing its lease: a namespace that cannot be written must not cost it the lead.
constexpr std::chrono::seconds kTimeForOne{3};

// A namespace that is going takes nothing new in, and one that is gone nothing at all; its accounts go with it.
bool IsOfNamespaceGoing(const Status& status) {
  return status.FailedWith(ErrorCode::kNotFound) ||
         (status.FailedWith(ErrorCode::kDenied) &&
          status.error().message.find("being terminated") != std::string::npos);
}

}  // namespace

RecordReconciler::RecordReconciler(RecordState& state, const ReconcilerTools& tools) : state_(state), tools_(tools) {}

bool RecordReconciler::IsDue() const {
  return seen_maps_ != state_.changes() || seen_identities_ != tools_.catalog.changes() ||
         (due_ && *due_ <= tools_.clock.SteadyNow());
}

void RecordReconciler::Reconcile(const std::function<bool()>& may_go_on, const std::stop_token& stop) {
  if (!tools_.catalog.Ready().ok() || !IsDue()) return;
  // Read before the rest, so that what changes meanwhile is looked at again.
  const uint64_t maps = state_.changes();
  const uint64_t identities = tools_.catalog.changes();
  const RecordState::Comparison comparison = state_.Compare(tools_.catalog.List());
  for (const auto& [namespace_name, work] : comparison.work) {
    if (!may_go_on()) return;
    Do(namespace_name, work, may_go_on, stop);
  }
  seen_maps_ = maps;
  seen_identities_ = identities;
  // What was written rests until its map changes, or has to be looked at again after a while.
  due_ = comparison.work.empty() ? comparison.due : std::optional(tools_.clock.SteadyNow());
}

// One write at a time: the next is for the map as it is after that.
void RecordReconciler::Do(const std::string& namespace_name, const RecordWork& work,
                          const std::function<bool()>& may_go_on, const std::stop_token& stop) {
  Status outcome;
  if (!work.add.empty()) {
    outcome = Add(namespace_name, work.add);
  } else if (!work.correct.empty()) {
    outcome = Correct(namespace_name, work, may_go_on, stop);
  } else if (work.status) {
    outcome = WriteStatus(namespace_name, *work.status);
  }
  state_.NoteWrite(namespace_name);
  if (!stop.stop_requested()) NoteOutcome(namespace_name, outcome);
}

Status RecordReconciler::Add(const std::string& namespace_name, const RecordChange& change) {
  Status added = Counted(tools_.recorder.Change(namespace_name, change, "", Deadline()));
  if (added.ok()) {
    tools_.log.Write(LogLevel::kInfo, "entries added that the record lacked",
                     {{"namespace", namespace_name}, {"entries", std::to_string(change.size())}});
  }
  return added;
}

Status RecordReconciler::Correct(const std::string& namespace_name, const RecordWork& work,
                                 const std::function<bool()>& may_go_on, const std::stop_token& stop) {
  RecordChange sure;
  const base::SteadyTime deadline = Deadline();
  for (const auto& [account, identity] : work.correct) {
    if (!may_go_on()) break;
    const auto now = tools_.catalog.Ask(namespace_name, account, deadline, stop);
    if (!now.ok()) return Counted(now.error());
    if (*now == identity) sure.emplace(account, identity);
  }
  if (sure.empty()) return {};
  Status corrected = tools_.recorder.Change(namespace_name, sure, work.resource_version, deadline);
  // Not the map that was looked at any more: it is looked at again.
  if (corrected.FailedWith(ErrorCode::kConflict)) return {};
  corrected = Counted(std::move(corrected));
  if (corrected.ok()) {
    tools_.log.Write(LogLevel::kInfo, "entries put right that the service accounts contradict",
                     {{"namespace", namespace_name}, {"entries", std::to_string(sure.size())}});
  }
  return corrected;
}

Status RecordReconciler::WriteStatus(const std::string& namespace_name, const RecordWork::Status& status) {
  return Counted(tools_.recorder.WriteStatus(namespace_name, status.generation, status.accounts, Deadline()));
}

Status RecordReconciler::Counted(Status written) {
  if (written.ok()) {
    ++tools_.writes.written;
  } else if (!IsOfNamespaceGoing(written)) {
    ++tools_.writes.failed;
  }
  return written;
}

void RecordReconciler::NoteOutcome(const std::string& namespace_name, const Status& outcome) {
  if (outcome.ok() || IsOfNamespaceGoing(outcome)) {
    failures_.erase(namespace_name);
    return;
  }
  std::string& failure = failures_[namespace_name];
  if (failure == outcome.error().message) return;
  failure = outcome.error().message;
  tools_.log.Write(LogLevel::kWarning, "the record could not be kept right, trying again",
                   {{"namespace", namespace_name}, {"error", failure}});
}

base::SteadyTime RecordReconciler::Deadline() const { return tools_.clock.SteadyNow() + kTimeForOne; }

}  // namespace irsa::kube
