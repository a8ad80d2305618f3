#include "irsa/telemetry/metrics.h"

#include <functional>
#include <map>
#include <mutex>

#include <prometheus/client_metric.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "process_usage.h"

namespace irsa::telemetry {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::ClientMetric;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::MetricFamily;
using prometheus::MetricType;

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

  Counter& Of(std::string_view value) {
    const auto counter = counters_.find(value);
    return counter != counters_.end() ? *counter->second : family_.Add({{label_, std::string(value)}});
  }

 private:
  Family<Counter>& family_;
  std::string label_;
  std::map<std::string, Counter*, std::less<>> counters_;  // never changed after construction
};

Family<Counter>& AddCounters(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}

void Raise(Counter& counter, uint64_t total) { counter.Increment(static_cast<double>(total) - counter.Value()); }

// A series of a counter or gauge: of both values, the family's type says which counts.
template <typename Value>
ClientMetric MetricOf(Value value) {
  ClientMetric metric;
  metric.counter.value = metric.gauge.value = static_cast<double>(value);
  return metric;
}

// One for each value of a label.
template <typename Values>
std::vector<ClientMetric> MetricsOf(const char* label, const Values& values) {
  std::vector<ClientMetric> metrics;
  for (const auto& [name, value] : values) {
    metrics.push_back(MetricOf(value));
    metrics.back().label.push_back({label, std::string(name)});
  }
  return metrics;
}

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
        kube_requests(AddCounters(registry, "irsa_kube_requests_total",
                                  "Completed requests to the apiserver, by verb and status code.")),
        duration(BuildHistogram()
                     .Name("irsa_admission_duration_seconds")
                     .Help("Time from receiving a complete review to producing its answer.")
                     .Register(registry)
                     .Add({}, DurationBuckets())) {}

  prometheus::Registry registry;
  LabelledCounters admissions;
  LabelledCounters warnings;
  LabelledCounters reloads;
  LabelledCounters failed_reloads;
  LabelledCounters handshake_failures;
  Family<Counter>& kube_requests;
  Histogram& duration;
  std::mutex mutex;                                              // guards the next, and rendering
  std::map<std::string, size_t, std::less<>> unidentified_pods;  // by namespace
};

Metrics::Metrics(const KnownLabels& labels, std::string_view version) : families_(std::make_unique<Families>(labels)) {
  BuildGauge()
      .Name("irsa_build_info")
      .Help("1, with the version as a label.")
      .Register(families_->registry)
      .Add({{"version", std::string(version)}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::CountAdmission(std::string_view outcome, std::chrono::nanoseconds duration) {
  families_->admissions.Of(outcome).Increment();
  families_->duration.Observe(Seconds(duration));
}

void Metrics::CountOtherReview(std::string_view outcome) { families_->admissions.Of(outcome).Increment(); }

void Metrics::CountWarning(std::string_view reason) { families_->warnings.Of(reason).Increment(); }

void Metrics::CountReload(std::string_view what, bool succeeded) {
  (succeeded ? families_->reloads : families_->failed_reloads).Of(what).Increment();
}

void Metrics::CountKubeRequest(std::string_view verb, int status) {
  const std::string code = status == 0 ? "error" : std::to_string(status);
  families_->kube_requests.Add({{"verb", std::string(verb)}, {"code", code}}).Increment();
}

void Metrics::CountHandshakeFailure(std::string_view reason) { families_->handshake_failures.Of(reason).Increment(); }

void Metrics::SetUnidentifiedPods(const std::map<std::string, size_t, std::less<>>& by_namespace) {
  const std::lock_guard lock(families_->mutex);
  families_->unidentified_pods = by_namespace;
}

std::string Metrics::Render(const Measurements& measured) const {
  const std::lock_guard lock(families_->mutex);
  for (const auto& [what, reloads] : measured.reloads) {
    Raise(families_->reloads.Of(what), reloads.succeeded);
    Raise(families_->failed_reloads.Of(what), reloads.failed);
  }
  std::vector<MetricFamily> families = families_->registry.Collect();
  // What is known only now needs no place in the registry.
  const auto gauge = [&families](const char* name, const char* help, auto value) {
    families.push_back({name, help, MetricType::Gauge, {MetricOf(value)}});
  };
  const auto counter = [&families](const char* name, const char* help, auto value) {
    families.push_back({name, help, MetricType::Counter, {MetricOf(value)}});
  };
  gauge("irsa_identities", "Service accounts in the index.", measured.identities);
  gauge("irsa_config_map_identities", "Entries loaded from the ConfigMap.", measured.config_map_identities);
  gauge("irsa_sync_age_seconds", "Time since the index was last known to match its source.",
        Seconds(measured.sync_age));
  gauge("irsa_certificate_expiry_timestamp_seconds", "When the serving certificate expires, in seconds since 1970.",
        Seconds(measured.certificate_expiry.time_since_epoch()));
  if (!families_->unidentified_pods.empty()) {
    families.push_back({"irsa_unidentified_pods",
                        "Pods that run without the identity of their service account, as the leader last counted them.",
                        MetricType::Gauge, MetricsOf("namespace", families_->unidentified_pods)});
  }
  gauge("irsa_leader", "1 on the replica that reports pods without their identity (--report-pods), else 0.",
        measured.is_leader);
  gauge("irsa_connections", "Open connections to the webhook's port.", measured.connections);
  families.push_back({"irsa_connections_evicted_total", "Connections closed early to make room for a new one.",
                      MetricType::Counter, MetricsOf("state", measured.evicted_connections)});
  counter("irsa_connections_refused_total",
          "New connections closed unserved because no open one could be closed for them.",
          measured.refused_connections);
  counter("irsa_answers_cut_total", "Answers that did not reach the client completely.", measured.cut_answers);
  counter("irsa_config_map_entries_skipped_total", "Invalid ConfigMap entries that were skipped, counted at each load.",
          measured.skipped_config_map_entries);
  counter("irsa_log_lines_lost_total", "Log lines lost because standard error was blocked.", measured.lost_log_lines);
  const ProcessUsage usage = ReadProcessUsage();
  gauge("process_resident_memory_bytes", "Resident memory in bytes.", usage.resident_bytes);
  counter("process_cpu_seconds_total", "User and system CPU time.", Seconds(usage.cpu_time));
  gauge("process_open_fds", "Open file descriptors.", usage.open_descriptors);
  gauge("process_max_fds", "Maximum number of open file descriptors.", usage.max_descriptors);
  gauge("process_virtual_memory_bytes", "Virtual memory in bytes.", usage.virtual_bytes);
  gauge("process_virtual_memory_max_bytes", "Maximum virtual memory in bytes; -1 without a limit.",
        usage.max_virtual_bytes);
  gauge("process_threads", "Threads.", usage.threads);
  gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", Seconds(usage.start));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace irsa::telemetry
