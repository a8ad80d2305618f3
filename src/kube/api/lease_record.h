// A Lease as leader election uses it.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"

namespace irsa::kube {

// Keeps what else is in the object.
class LeaseRecord {
 public:
  // A Lease that nobody holds and that does not exist yet.
  static LeaseRecord New(const std::string& name);

  // kMalformed when it is no Lease; fields that are absent have no value, as in a Lease that was made by hand.
  static Result<LeaseRecord> Parse(std::string_view text);

  std::string holder() const;  // "" when nobody holds it
  // How long it holds without renewal, as whoever holds it says; `otherwise` when that is not said.
  std::chrono::seconds duration(std::chrono::seconds otherwise) const;
  // Whether both say the same of who holds it and since when; versions and metadata do not count.
  bool SaysTheSame(const LeaseRecord& other) const { return spec() == other.spec(); }

  // Holding it from `now` on. A change of holder counts as a transition.
  void Take(const std::string& holder, std::chrono::seconds duration, base::SystemTime now);
  // Held by nobody, and run out in a second for whoever does not see that.
  void GiveBack(base::SystemTime now);

  // With its version, if it has one: an update fails when the Lease has another by then.
  std::string Text() const { return object_.dump(); }

 private:
  explicit LeaseRecord(nlohmann::json object) : object_(std::move(object)) {}

  const nlohmann::json& spec() const { return object_.at("spec"); }

  nlohmann::json object_;  // always with an object "spec"
};

}  // namespace irsa::kube
