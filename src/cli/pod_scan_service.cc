#include "irsa/cli/pod_scan_service.h"

#include <chrono>
#include <utility>

namespace irsa::cli {
namespace {

// How soon a new leader begins to look, and one that leads no more takes its counts back.
constexpr std::chrono::milliseconds kPollInterval{2000};

kube::EventRecorderOptions RecorderOptions(std::string instance, std::stop_token stop) {
  kube::EventRecorderOptions options;
  options.instance = std::move(instance);
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

PodScanService::PodScanService(const PodScanTools& tools, const mutation::Settings& settings, std::string instance)
    : events_(tools.api, tools.clock, RecorderOptions(std::move(instance), stopping_.get_token())),
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
