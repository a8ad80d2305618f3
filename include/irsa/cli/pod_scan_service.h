// The part of `irsa serve --identity-record` that looks for pods without their identity while this replica leads.
#pragma once

#include <functional>
#include <stop_token>

#include "irsa/admission/identity_source.h"
#include "irsa/audit/pod_scan.h"
#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/periodic.h"
#include "irsa/kube/api_server.h"
#include "irsa/kube/event_recorder.h"
#include "irsa/mutation/settings.h"
#include "irsa/telemetry/metrics.h"

namespace irsa::cli {

// What it works with; all of it outlives the service.
struct PodScanTools {
  kube::ApiServer& api;
  admission::IdentitySource& identities;
  const base::Clock& clock;
  base::Log& log;
  telemetry::Metrics& metrics;
  std::function<bool()> leads;  // whether to look for them now; called from the service's thread
};

// Works on a thread of its own from its construction on; its destruction ends a scan under way.
class PodScanService {
 public:
  PodScanService(const PodScanTools& tools, const mutation::Settings& settings);
  ~PodScanService() { stopping_.request_stop(); }
  PodScanService(const PodScanService&) = delete;
  PodScanService& operator=(const PodScanService&) = delete;

 private:
  std::stop_source stopping_;
  kube::EventRecorder events_;
  audit::PodScan scan_;
  base::Periodic polling_;  // last: it uses the others
};

}  // namespace irsa::cli
