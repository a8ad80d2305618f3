#include "irsa/telemetry/metrics.h"

#include <functional>
#include <map>
#include <mutex>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "process_usage.h"

namespace irsa::telemetry {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

// Seconds. From 50 µs, since an admission takes about 10 µs of our own time, to the apiserver's usual time-out.
const Histogram::BucketBoundaries& DurationBuckets() {
  static const Histogram::BucketBoundaries kBuckets = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                       0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   10};
  return kBuckets;
}

// Counters by one label's value, made beforehand so that counting takes no lock but the counter's own.
class LabelledCounters {
 public:
  LabelledCounters(Family<Counter>& family, const std::string& label, const std::vector<std::string>& values)
      : family_(family), label_(label) {
    for (const std::string& value : values) counters_.emplace(value, &family.Add({{label, value}}));
  }

  void Increment(std::string_view value, double by = 1) {
    const auto counter = counters_.find(value);
    if (counter != counters_.end()) {
      counter->second->Increment(by);
    } else {
      family_.Add({{label_, std::string(value)}}).Increment(by);
    }
  }

 private:
  Family<Counter>& family_;
  std::string label_;
  std::map<std::string, Counter*, std::less<>> counters_;  // never changed after construction
};

Family<Counter>& AddCounters(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}

Gauge& AddGauge(prometheus::Registry& registry, const std::string& name, const std::string& help,
                const Labels& labels = {}) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

void Raise(Counter& counter, uint64_t total) { counter.Increment(static_cast<double>(total) - counter.Value()); }

double Seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

struct Metrics::Families {
  explicit Families(const KnownLabels& labels)
      : admissions(AddCounters(registry, "irsa_admission_requests_total", "Admission reviews answered, by outcome."),
                   "outcome", labels.outcomes),
        warnings(AddCounters(registry, "irsa_admission_warnings_total",
                             "Warnings found while answering reviews, by reason."),
                 "reason", labels.warning_reasons),
        reloads(AddCounters(registry, "irsa_reloads_total", "Changed files reloaded while running."), "what",
                labels.reloads),
        failed_reloads(AddCounters(registry, "irsa_reload_failures_total",
                                   "Failed attempts to reload a file; the last good state stays in use."),
                       "what", labels.reloads),
        handshake_failures(AddCounters(registry, "irsa_tls_handshake_failures_total",
                                       "TLS handshakes on the webhook's port that failed, by reason."),
                           "reason", labels.handshake_failures),
        lost_log_lines(
            AddCounters(registry, "irsa_log_lines_lost_total", "Log lines lost because standard error was blocked.")
                .Add({})),
        kube_requests(AddCounters(registry, "irsa_kube_requests_total",
                                  "Completed requests to the apiserver, by verb and status code.")),
        duration(BuildHistogram()
                     .Name("irsa_admission_duration_seconds")
                     .Help("Time from receiving a complete review to producing its answer.")
                     .Register(registry)
                     .Add({}, DurationBuckets())),
        identities(AddGauge(registry, "irsa_identities", "Service accounts in the index.")),
        skipped_entries(AddCounters(registry, "irsa_config_map_entries_skipped_total",
                                    "Invalid ConfigMap entries that were skipped, counted at each load.")
                            .Add({})),
        config_map_identities(AddGauge(registry, "irsa_config_map_identities", "Entries loaded from the ConfigMap.")),
        sync_age(
            AddGauge(registry, "irsa_sync_age_seconds", "Time since the index was last known to match its source.")),
        certificate_expiry(AddGauge(registry, "irsa_certificate_expiry_timestamp_seconds",
                                    "When the serving certificate expires, in seconds since 1970.")),
        unidentified_pods(
            BuildGauge()
                .Name("irsa_unidentified_pods")
                .Help("Pods that run without the identity of their service account, as the leader last counted them.")
                .Register(registry)),
        connections(AddGauge(registry, "irsa_connections", "Open connections to the webhook's port.")),
        evicted(AddCounters(registry, "irsa_connections_evicted_total",
                            "Connections closed early to make room for a new one.")),
        refused_connections(AddCounters(registry, "irsa_connections_refused_total",
                                        "New connections closed unserved because no open one could be closed for them.")
                                .Add({})),
        cut_answers(AddCounters(registry, "irsa_answers_cut_total", "Answers that did not reach the client completely.")
                        .Add({})),
        leader(AddGauge(registry, "irsa_leader",
                        "1 on the replica that reports pods without their identity (--report-pods), else 0.")),
        resident_memory(AddGauge(registry, "process_resident_memory_bytes", "Resident memory in bytes.")),
        cpu_seconds(AddCounters(registry, "process_cpu_seconds_total", "User and system CPU time.").Add({})),
        open_descriptors(AddGauge(registry, "process_open_fds", "Open file descriptors.")),
        max_descriptors(AddGauge(registry, "process_max_fds", "Maximum number of open file descriptors.")),
        virtual_memory(AddGauge(registry, "process_virtual_memory_bytes", "Virtual memory in bytes.")),
        max_virtual_memory(AddGauge(registry, "process_virtual_memory_max_bytes",
                                    "Maximum virtual memory in bytes; -1 without a limit.")),
        threads(AddGauge(registry, "process_threads", "Threads.")),
        start_time(
            AddGauge(registry, "process_start_time_seconds", "When the process started, in seconds since 1970.")) {}

  prometheus::Registry registry;
  LabelledCounters admissions;
  LabelledCounters warnings;
  LabelledCounters reloads;
  LabelledCounters failed_reloads;
  LabelledCounters handshake_failures;
  Counter& lost_log_lines;
  Family<Counter>& kube_requests;
  Histogram& duration;
  Gauge& identities;
  Counter& skipped_entries;
  Gauge& config_map_identities;
  Gauge& sync_age;
  Gauge& certificate_expiry;
  Family<Gauge>& unidentified_pods;
  std::mutex unidentified_mutex;
  std::vector<Gauge*> unidentified;  // of unidentified_pods, guarded by the mutex
  Gauge& connections;
  Family<Counter>& evicted;
  Counter& refused_connections;
  Counter& cut_answers;
  Gauge& leader;
  Gauge& resident_memory;
  Counter& cpu_seconds;
  Gauge& open_descriptors;
  Gauge& max_descriptors;
  Gauge& virtual_memory;
  Gauge& max_virtual_memory;
  Gauge& threads;
  Gauge& start_time;
};

Metrics::Metrics(const KnownLabels& labels, std::string_view version) : families_(std::make_unique<Families>(labels)) {
  AddGauge(families_->registry, "irsa_build_info", "1, with the version as a label.",
           {{"version", std::string(version)}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::CountAdmission(std::string_view outcome, std::chrono::nanoseconds duration) {
  families_->admissions.Increment(outcome);
  families_->duration.Observe(Seconds(duration));
}

void Metrics::CountOtherReview(std::string_view outcome) { families_->admissions.Increment(outcome); }

void Metrics::CountWarning(std::string_view reason) { families_->warnings.Increment(reason); }

void Metrics::CountReload(std::string_view what, bool succeeded) {
  (succeeded ? families_->reloads : families_->failed_reloads).Increment(what);
}

void Metrics::CountKubeRequest(std::string_view verb, int status) {
  const std::string code = status == 0 ? "error" : std::to_string(status);
  families_->kube_requests.Add({{"verb", std::string(verb)}, {"code", code}}).Increment();
}

void Metrics::CountReloads(std::string_view what, uint64_t succeeded, uint64_t failed) {
  families_->reloads.Increment(what, static_cast<double>(succeeded));
  families_->failed_reloads.Increment(what, static_cast<double>(failed));
}

void Metrics::CountSkippedConfigMapEntries(uint64_t count) {
  families_->skipped_entries.Increment(static_cast<double>(count));
}

void Metrics::SetConfigMapIdentities(size_t count) { families_->config_map_identities.Set(static_cast<double>(count)); }

void Metrics::SetIdentities(size_t count) { families_->identities.Set(static_cast<double>(count)); }

void Metrics::SetSyncAge(std::chrono::milliseconds age) { families_->sync_age.Set(Seconds(age)); }

void Metrics::SetCertificateExpiry(base::SystemTime not_after) {
  families_->certificate_expiry.Set(Seconds(not_after.time_since_epoch()));
}

void Metrics::SetUnidentifiedPods(const std::map<std::string, size_t, std::less<>>& by_namespace) {
  const std::lock_guard lock(families_->unidentified_mutex);
  for (Gauge* gauge : families_->unidentified) families_->unidentified_pods.Remove(gauge);
  families_->unidentified.clear();
  for (const auto& [name, count] : by_namespace) {
    Gauge& gauge = families_->unidentified_pods.Add({{"namespace", name}});
    gauge.Set(static_cast<double>(count));
    families_->unidentified.push_back(&gauge);
  }
}

void Metrics::SetConnections(size_t count) { families_->connections.Set(static_cast<double>(count)); }

void Metrics::SetConnectionTotals(const ConnectionTotals& totals) {
  for (const auto& [state, count] : totals.evicted) {
    Raise(families_->evicted.Add({{"state", std::string(state)}}), count);
  }
  Raise(families_->refused_connections, totals.refused);
  Raise(families_->cut_answers, totals.cut_answers);
}

void Metrics::CountHandshakeFailure(std::string_view reason) { families_->handshake_failures.Increment(reason); }

void Metrics::SetLostLogLines(uint64_t count) { Raise(families_->lost_log_lines, count); }

void Metrics::SetLeader(bool leads) { families_->leader.Set(leads ? 1 : 0); }

std::string Metrics::Render() const {
  const ProcessUsage usage = ReadProcessUsage();
  families_->resident_memory.Set(static_cast<double>(usage.resident_bytes));
  families_->cpu_seconds.Increment(Seconds(usage.cpu_time) - families_->cpu_seconds.Value());
  families_->open_descriptors.Set(static_cast<double>(usage.open_descriptors));
  families_->max_descriptors.Set(static_cast<double>(usage.max_descriptors));
  families_->virtual_memory.Set(static_cast<double>(usage.virtual_bytes));
  families_->max_virtual_memory.Set(usage.max_virtual_bytes);
  families_->threads.Set(static_cast<double>(usage.threads));
  families_->start_time.Set(Seconds(usage.start));
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace irsa::telemetry
