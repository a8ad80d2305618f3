// `irsa serve --report-pods`: one replica of all, which holds the Lease, looks every five minutes for pods that run
// without their account's identity, and reports them by Events and metrics.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "irsa/audit/pod_scan.h"
#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/waiting.h"
#include "irsa/identity/sources/identity_source.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/leader_lease.h"
#include "irsa/telemetry/metrics.h"

namespace irsa::serve {

// Where the replicas agree on the one that reports.
struct LeaseName {
  std::string namespace_name;
  std::string name;
};

// What it works with; all of it outlives the reporting.
struct PodReportingTools {
  kube::ApiServer& api;
  identity::IdentitySource& identities;
  const base::Clock& clock;
  base::Waiter& waiter;
  base::Log& log;
  telemetry::Metrics& metrics;
  // Whether the identities are known: before, a pod that lacks one cannot be told from one that has none. Called from
  // any thread.
  std::function<bool()> knows_identities;
};

// Works from its construction on: on a thread that keeps the lease, and while this replica leads on another one that
// scans, which takes longer than a lease may go without renewal. Members may be called from any thread.
class PodReporting {
 public:
  PodReporting(const PodReportingTools& tools, audit::PodScanOptions scan, LeaseName lease);
  // Steps down as StepDown does, and waits for it: as long as a request about the lease may take.
  ~PodReporting();
  PodReporting(const PodReporting&) = delete;
  PodReporting& operator=(const PodReporting&) = delete;

  // Ends a running scan and releases the lease, so that another replica does not have to wait until it expires.
  void StepDown() { thread_.request_stop(); }

  // Whether this replica reports.
  bool leads() const { return lease_.IsLeader(); }

 private:
  class Scanning;

  void Run(const std::stop_token& stop);
  void Poll();
  void PollLease();
  void Release();

  const PodReportingTools tools_;
  const audit::PodScanOptions scan_options_;
  kube::LeaderLease lease_;
  std::string lease_failure_;           // the last, until it is over
  std::unique_ptr<Scanning> scanning_;  // null while another one leads; the thread's
  std::jthread thread_;                 // last: it uses the others
};

}  // namespace irsa::serve
