// The replica that keeps the record of identities right, of all that may: it holds the Lease, follows the identity maps
// while it does, and lets go of both when another one has taken over.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "irsa/base/result.h"
#include "irsa/kube/api_server.h"
#include "irsa/kube/identity_catalog.h"
#include "irsa/kube/identity_recorder.h"
#include "irsa/kube/leader_lease.h"
#include "irsa/kube/record_reconciler.h"
#include "irsa/kube/reflector.h"

namespace irsa::kube {

// What a reflector is told to follow for it.
ReflectorOptions IdentityMapReflection();

// Step and GiveBack are for one thread at a time; the rest for any.
class RecordLeader {
 public:
  // All but the options outlive this object.
  RecordLeader(ApiServer& api, IdentityCatalog& catalog, IdentityRecorder& recorder, const ReflectorTools& tools,
               LeaderLeaseOptions lease, ReflectorOptions reflection = IdentityMapReflection());
  ~RecordLeader();

  // Looks after the lease when that is due, and while it leads after the record. How long there is nothing to do then.
  std::chrono::milliseconds Step(const std::stop_token& stop);
  // Ends leading; another replica leads at its next look.
  void GiveBack();

  bool leads() const { return lease_.IsLeader(); }
  const RecordWrites& writes() const { return writes_; }

 private:
  struct Following;

  void PollLease();
  std::chrono::milliseconds Lead(const std::stop_token& stop);

  ApiServer& api_;
  const ReflectorTools tools_;
  const ReflectorOptions reflection_;
  RecordWrites writes_;
  const ReconcilerTools reconciler_;
  LeaderLease lease_;
  base::SteadyTime next_poll_;
  std::string lease_failure_;             // the last, until it is over
  std::unique_ptr<Following> following_;  // null while another one leads
};

}  // namespace irsa::kube
