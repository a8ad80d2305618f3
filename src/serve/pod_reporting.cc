#include "irsa/serve/pod_reporting.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <unistd.h>
#include <utility>

#include "irsa/audit/pod_scan.h"
#include "irsa/base/guarded.h"
#include "irsa/base/waiting.h"
#include "irsa/kube/api/event_recorder.h"
#include "irsa/serve/trouble_log.h"

namespace irsa::serve {
namespace {

using base::LogLevel;

// How soon a scan that waits for the identities begins, and one that has no lease any more takes its counts back.
constexpr std::chrono::milliseconds kScanPollInterval{2000};

// A pod's is its name; empty where there is none.
std::string HostName() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return host.data();
}

// As client-go's leaders call themselves: the pod's name, and something that a process with the same name does not
// have.
std::string ProcessIdentity() {
  std::random_device random;
  const uint64_t number = (uint64_t{random()} << 32) | random();
  return HostName() + "_" + std::to_string(number);
}

}  // namespace

// What there is while this replica leads; its destruction ends a scan under way, and takes the counts back.
class PodReporting::Scanning {
 public:
  Scanning(const PodReportingTools& tools, const audit::PodScanOptions& options, const kube::LeaderLease& lease)
      : tools_(tools),
        lease_(lease),
        events_(tools.api, tools.clock, {.instance = HostName(), .stop = stopping_.get_token()}),
        scan_({tools.api, tools.identities, events_, tools.clock, tools.log,
               [this](const audit::UnidentifiedPods& counts) { tools_.metrics.SetUnidentifiedPods(counts); },
               stopping_.get_token()},
              options),
        polling_(std::make_unique<base::Periodic>(
            kScanPollInterval, [this] { Poll(); },
            [this](std::string_view what) {
              LogInterruption(tools_.log, "search for pods without their identity", what);
            })) {}
  ~Scanning() {
    stopping_.request_stop();
    polling_.reset();
    tools_.metrics.SetUnidentifiedPods({});
  }
  Scanning(const Scanning&) = delete;
  Scanning& operator=(const Scanning&) = delete;

 private:
  void Poll() {
    // The lease may have run out while the apiserver is being asked about it.
    const Status scanned = scan_.Poll(lease_.IsLeader() && tools_.knows_identities());
    if (scanned.ok() || stopping_.stop_requested()) return;
    tools_.log.Write(LogLevel::kWarning, "search for pods without their identity failed",
                     {{"reason", scanned.error().message}});
  }

  const PodReportingTools& tools_;
  const kube::LeaderLease& lease_;
  std::stop_source stopping_;
  kube::EventRecorder events_;
  audit::PodScan scan_;
  std::unique_ptr<base::Periodic> polling_;
};

PodReporting::PodReporting(const PodReportingTools& tools, audit::PodScanOptions scan, LeaseName lease)
    : tools_(tools),
      scan_options_(std::move(scan)),
      lease_(tools.api, tools.clock, tools.log,
             {.namespace_name = std::move(lease.namespace_name),
              .name = std::move(lease.name),
              .identity = ProcessIdentity()}),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

PodReporting::~PodReporting() = default;

void PodReporting::Run(const std::stop_token& stop) {
  const auto on_exception = [this](std::string_view what) { LogInterruption(tools_.log, "leader election", what); };
  do {
    base::CallGuarded([this] { Poll(); }, on_exception);
  } while (tools_.waiter.Wait(kube::kLeaderRetryPeriod, stop));
  scanning_.reset();
  base::CallGuarded([this] { Release(); }, on_exception);
}

void PodReporting::Poll() {
  PollLease();
  if (!leads()) {
    scanning_.reset();
  } else if (scanning_ == nullptr) {
    scanning_ = std::make_unique<Scanning>(tools_, scan_options_, lease_);
  }
}

void PodReporting::Release() {
  const Status given_back = lease_.Release();
  if (given_back.ok()) return;
  tools_.log.Write(LogLevel::kWarning, "leader lease not released: other replicas wait until it expires",
                   {{"error", given_back.error().message}});
}

void PodReporting::PollLease() {
  const Status polled = lease_.Poll();
  std::string failure = polled.ok() ? "" : polled.error().message;
  if (!failure.empty() && failure != lease_failure_) {
    tools_.log.Write(LogLevel::kWarning, "leader lease not renewed or acquired, retrying", {{"error", failure}});
  }
  lease_failure_ = std::move(failure);
}

}  // namespace irsa::serve
