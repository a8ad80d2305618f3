// What `irsa serve` does beyond serving pods: the record of who gets which identity.
#pragma once

#include <stop_token>
#include <string>
#include <thread>

#include "irsa/admission/account_handler.h"
#include "irsa/kube/api_server.h"
#include "irsa/kube/identity_catalog.h"
#include "irsa/kube/identity_recorder.h"
#include "irsa/kube/record_leader.h"
#include "irsa/kube/reflector.h"
#include "irsa/mutation/settings.h"
#include "irsa/telemetry/metrics.h"

namespace irsa::cli {

// Where the leader of several replicas is agreed on.
struct LeaseName {
  std::string namespace_name;
  std::string name;
};

// Members may be called from any thread.
class IdentityRecordService {
 public:
  // Contends for the lead from Start on. `api`, `catalog` and what `tools` names outlive this object.
  IdentityRecordService(kube::ApiServer& api, kube::IdentityCatalog& catalog, const kube::ReflectorTools& tools,
                        const mutation::Settings& settings, LeaseName lease);
  // As StepDown, and waits for it: for as long as the apiserver may take for a request about the lease.
  ~IdentityRecordService();

  // Of /validate.
  const admission::AccountHandler& handler() const { return handler_; }

  void Start();
  // Begins to give the lead to another replica, so that none has to wait for the lease's end; /validate goes on.
  void StepDown() { thread_.request_stop(); }
  // Ends what /validate is writing and waiting for.
  void EndWrites() { ending_.request_stop(); }

  // Whether this replica leads.
  bool leads() const { return leader_.leads(); }
  void Report(telemetry::Metrics& metrics) const;

 private:
  std::stop_source ending_;  // of what recorder_ does
  kube::IdentityRecorder recorder_;
  admission::AccountHandler handler_;
  std::stop_source stopping_;  // ends what the leader is writing
  kube::IdentityRecorder leaders_recorder_;
  kube::RecordLeader leader_;
  base::Waiter& waiter_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace irsa::cli
