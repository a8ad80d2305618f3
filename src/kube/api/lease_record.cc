#include "lease_record.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "irsa/base/json.h"
#include "irsa/base/time_text.h"

namespace irsa::kube {
namespace {

using base::Json;

int64_t Number(const Json& object, const char* key, int64_t otherwise) {
  const Json* value = base::FindMember(object, key);
  return value != nullptr && value->is_number_integer() ? value->get<int64_t>() : otherwise;
}

}  // namespace

LeaseRecord LeaseRecord::New(const std::string& name) {
  Json object = {{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", {{"name", name}}}};
  object["spec"] = Json::object();
  return LeaseRecord(std::move(object));
}

Result<LeaseRecord> LeaseRecord::Parse(std::string_view text) {
  auto object = base::ReadJson(text);
  if (!object.ok()) return std::move(object).error();
  const Json* metadata = base::FindMember(*object, "metadata");
  if (metadata == nullptr || !metadata->is_object()) {
    return Error{ErrorCode::kMalformed, "the answer is not a Lease: it has no metadata"};
  }
  const Json* spec = base::FindMember(*object, "spec");
  if (spec == nullptr) {
    (*object)["spec"] = Json::object();
  } else if (!spec->is_object()) {
    return Error{ErrorCode::kMalformed, "the answer is not a Lease: its spec is not an object"};
  }
  return LeaseRecord(*std::move(object));
}

std::string LeaseRecord::holder() const { return std::string(base::TextAt(spec(), {"holderIdentity"})); }

std::chrono::seconds LeaseRecord::duration(std::chrono::seconds otherwise) const {
  const int64_t seconds = Number(spec(), "leaseDurationSeconds", 0);
  const bool is_duration = seconds > 0 && seconds <= std::numeric_limits<int32_t>::max();
  return is_duration ? std::chrono::seconds(seconds) : otherwise;
}

void LeaseRecord::Take(const std::string& holder, std::chrono::seconds duration, base::SystemTime now) {
  Json& spec = object_["spec"];
  const std::string time = base::FormatRfc3339Micro(now);
  if (this->holder() != holder || base::FindMember(spec, "acquireTime") == nullptr) {
    const bool is_first = base::FindMember(spec, "leaseTransitions") == nullptr;
    const int64_t transitions = Number(spec, "leaseTransitions", 0);
    spec["leaseTransitions"] =
        is_first ? 0 : std::min<int64_t>(transitions, std::numeric_limits<int32_t>::max() - 1) + 1;
    spec["acquireTime"] = time;
  }
  spec["holderIdentity"] = holder;
  spec["leaseDurationSeconds"] = duration.count();
  spec["renewTime"] = time;
}

void LeaseRecord::GiveBack(base::SystemTime now) {
  Json& spec = object_["spec"];
  spec.erase("holderIdentity");
  spec["leaseDurationSeconds"] = 1;
  spec["renewTime"] = spec["acquireTime"] = base::FormatRfc3339Micro(now);
}

}  // namespace irsa::kube
