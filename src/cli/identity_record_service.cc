#include "irsa/cli/identity_record_service.h"

#include <array>
#include <random>
#include <unistd.h>
#include <utility>

namespace irsa::cli {
namespace {

// As client-go's leaders call themselves: the pod's name, which is its host's, and something that a process with the
// same name does not have.
std::string ProcessIdentity() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  std::random_device random;
  const uint64_t number = (uint64_t{random()} << 32) | random();
  return std::string(host.data()) + "_" + std::to_string(number);
}

kube::LeaderLeaseOptions LeaseOptions(LeaseName lease) {
  kube::LeaderLeaseOptions options;
  options.namespace_name = std::move(lease.namespace_name);
  options.name = std::move(lease.name);
  options.identity = ProcessIdentity();
  // Shorter than client-go's 15, 10 and 5 s, since two leaders at once do no harm here: after a leader's death the
  // record is looked after again within ten seconds. Long enough for an apiserver that is being replaced.
  options.lease_duration = std::chrono::seconds(8);
  options.renew_deadline = std::chrono::seconds(6);
  options.request_timeout = std::chrono::seconds(3);
  return options;
}

kube::IdentityRecorderOptions StoppedBy(std::stop_token stop) {
  kube::IdentityRecorderOptions options;
  options.stop = std::move(stop);
  return options;
}

}  // namespace

IdentityRecordService::IdentityRecordService(kube::ApiServer& api, kube::IdentityCatalog& catalog,
                                             const kube::ReflectorTools& tools, const mutation::Settings& settings,
                                             LeaseName lease)
    : recorder_(api, tools.clock, tools.waiter, settings, StoppedBy(ending_.get_token())),
      handler_(settings, recorder_),
      leaders_recorder_(api, tools.clock, tools.waiter, settings, StoppedBy(stopping_.get_token())),
      leader_(api, catalog, leaders_recorder_, tools, LeaseOptions(std::move(lease))),
      waiter_(tools.waiter) {}

IdentityRecordService::~IdentityRecordService() = default;

void IdentityRecordService::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    const std::stop_callback end_writes(stop, [this] { stopping_.request_stop(); });
    while (waiter_.Wait(leader_.Step(stop), stop)) {
    }
    leader_.GiveBack();
  });
}

void IdentityRecordService::Report(telemetry::Metrics& metrics) const {
  metrics.SetRecord({.leads = leader_.leads(), .written = leader_.writes().written, .failed = leader_.writes().failed});
}

}  // namespace irsa::cli
