// One of several replicas as the leader: for work that would only be repeated if all did it. A Lease of the API, taken,
// renewed and given back by the rules of client-go's leader election, so that kubectl and people find what they know.
// https://kubernetes.io/docs/concepts/architecture/leases/
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
// https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::kube {

struct LeaderLeaseOptions {
  std::string namespace_name;
  std::string name;
  std::string identity;  // of this process among all that may ever lead: a pod's name and something random
  // How long the others wait for a renewal before one of them takes over, and how long, less than that, a leader
  // without a renewal may go on.
  std::chrono::seconds lease_duration{15};
  std::chrono::seconds renew_deadline{10};
  std::chrono::seconds request_timeout{5};
  std::stop_token stop = {};  // ends requests under way
};

// How often Poll is to be called.
inline constexpr std::chrono::seconds kLeaderRetryPeriod{2};

// Poll and Release are for one thread at a time; IsLeader for any.
//
// Times in the Lease are never compared with this machine's clock: a holder counts as gone when its record has not
// changed for the record's duration as measured here. So clocks need not agree, only run at about the same speed.
class LeaderLease {
 public:
  // All three outlive this object.
  LeaderLease(ApiServer& api, const base::Clock& clock, base::Log& log, LeaderLeaseOptions options);

  // Renews the lease if it is ours, takes it if it is nobody's or has run out, and else looks whose it is. Costs one
  // request. Ok also when another one leads. Errors name the lease; a leader remains one until renew_deadline.
  Status Poll();

  // Gives the lease back, so that another replica need not wait for its end; not leader from then on, whatever happens.
  // Nothing to do for one that does not hold it. Poll would take it again.
  Status Release();

  // Whether this process holds the lease and has renewed it within renew_deadline. What is begun while it is true may
  // run into another one's time, so it has to bear that.
  bool IsLeader() const { return clock_.SteadyNow() < leader_until_.load(); }

 private:
  Status Renew();
  Status Contend();
  Status Take(Verb verb, base::Json lease);
  // Creating goes to all leases, the other verbs to this one.
  Result<base::Json> Exchange(Verb verb, std::string body);
  void Observe(base::Json lease);
  bool IsOurs() const;
  bool IsHeldByAnother() const;
  void Lead(base::SteadyTime since);
  void DoNotLead();
  std::string Name() const { return options_.namespace_name + "/" + options_.name; }

  ApiServer& api_;
  const base::Clock& clock_;
  base::Log& log_;
  const LeaderLeaseOptions options_;
  std::shared_ptr<const base::Json> lease_;  // as last seen; null: none was
  base::SteadyTime observed_at_;             // when it was first seen to say what it says
  bool leads_ = false;                       // what the log says
  std::atomic<base::SteadyTime> leader_until_{base::SteadyTime::min()};
};

}  // namespace irsa::kube
