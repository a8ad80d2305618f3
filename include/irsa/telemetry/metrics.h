// What irsa measures of itself, in Prometheus's text format (docs/operations.md lists each metric).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"

namespace irsa::telemetry {

// Label values known from the start: their series exist, with 0, before the first event, so that a rate over them is
// right from the first scrape on.
struct KnownLabels {
  std::vector<std::string> outcomes;                 // of admissions
  std::vector<std::string> warning_reasons;          // of warnings
  std::vector<std::string> reloads;                  // what is read again while running: "certificate", …
  std::vector<std::string> handshake_failures = {};  // reasons
};

struct Reloads {
  uint64_t succeeded = 0;
  uint64_t failed = 0;
};

// What is measured by looking, each time that the metrics are read. Counts are those since the start, and never fall.
struct Measurements {
  size_t identities = 0;
  size_t config_map_identities = 0;
  std::chrono::milliseconds sync_age{0};
  base::SystemTime certificate_expiry = {};
  bool is_leader = false;  // whether this replica is the one that reports pods
  size_t connections = 0;
  std::map<std::string_view, uint64_t> evicted_connections = {};  // by the state that each was in
  uint64_t refused_connections = 0;
  uint64_t cut_answers = 0;
  uint64_t skipped_config_map_entries = 0;  // bad ones, of a ConfigMap that was loaded without them
  uint64_t lost_log_lines = 0;
  std::map<std::string, Reloads> reloads = {};  // beside those that CountReload counts, by what is read again
};

// May be called from any thread.
class Metrics {
 public:
  Metrics(const KnownLabels& labels, std::string_view version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void CountAdmission(std::string_view outcome, std::chrono::nanoseconds duration);
  // A review whose time is not that of a pod's answer: one that is about no pod, or that met a bug.
  void CountOtherReview(std::string_view outcome);
  void CountWarning(std::string_view reason);
  // One attempt to take up a changed file: failed ones leave the last good state.
  void CountReload(std::string_view what, bool succeeded);

  // One exchange with the apiserver that is over; status 0: there was no whole answer (code="error").
  void CountKubeRequest(std::string_view verb, int status);

  // A TLS handshake that did not succeed.
  void CountHandshakeFailure(std::string_view reason);

  // Of each namespace that has any.
  void SetUnidentifiedPods(const std::map<std::string, size_t, std::less<>>& by_namespace);

  // All of it as text/plain; version=0.0.4, with what was measured and the process's own memory, CPU time and
  // descriptors.
  std::string Render(const Measurements& measured = {}) const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace irsa::telemetry
