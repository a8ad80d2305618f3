#include "irsa/cli/pod_scan_service.h"

#include <array>
#include <chrono>
#include <unistd.h>
#include <utility>

namespace irsa::cli {
namespace {

// How soon a new leader begins to look, and one that leads no more takes its counts back.
constexpr std::chrono::milliseconds kPollInterval{2000};

kube::EventRecorderOptions RecorderOptions(std::stop_token stop) {
  std::array<char, 256> host{};  // a pod's is its name
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  kube::EventRecorderOptions options;
  options.instance = host.data();
  options.stop = std::move(stop);
  return options;
}

audit::PodScanOptions ScanOptions(const mutation::Settings& settings, std::stop_token stop) {
  audit::PodScanOptions options;
  options.settings = settings;
  options.stop = std::move(stop);
  return options;
}

}  // namespace

PodScanService::PodScanService(const PodScanTools& tools, const mutation::Settings& settings)
    : events_(tools.api, tools.clock, RecorderOptions(stopping_.get_token())),
      scan_(
          {tools.api, tools.identities, events_, tools.clock, tools.log,
           [&metrics = tools.metrics](const audit::UnidentifiedPods& counts) { metrics.SetUnidentifiedPods(counts); }},
          ScanOptions(settings, stopping_.get_token())),
      polling_(kPollInterval, [this, &log = tools.log, leads = tools.leads] {
        const base::Status scanned = scan_.Poll(leads());
        if (scanned.ok() || stopping_.stop_requested()) return;
        log.Write(base::LogLevel::kWarning, "pods without their identity could not be looked for",
                  {{"reason", scanned.error().message}});
      }) {}

}  // namespace irsa::cli
