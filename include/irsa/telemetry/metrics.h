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

struct ConnectionTotals {
  std::map<std::string_view, uint64_t> evicted;  // by the state that each was in
  uint64_t refused = 0;
  uint64_t cut_answers = 0;
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
  // Many of them.
  void CountReloads(std::string_view what, uint64_t succeeded, uint64_t failed);
  // Bad entries of a ConfigMap that was taken up without them.
  void CountSkippedConfigMapEntries(uint64_t count);

  // One exchange with the apiserver that is over; status 0: there was no whole answer (code="error").
  void CountKubeRequest(std::string_view verb, int status);

  void SetIdentities(size_t count);
  void SetConfigMapIdentities(size_t count);
  void SetSyncAge(std::chrono::milliseconds age);
  void SetCertificateExpiry(base::SystemTime not_after);
  // Of each namespace that has any; the others' series, from before, are gone.
  void SetUnidentifiedPods(const std::map<std::string, size_t, std::less<>>& by_namespace);
  void SetConnections(size_t count);
  // A TLS handshake that did not succeed.
  void CountHandshakeFailure(std::string_view reason);
  // Since the start; neither number ever falls.
  void SetLostLogLines(uint64_t count);
  // Since the start; no number ever falls.
  void SetConnectionTotals(const ConnectionTotals& totals);
  // Whether this replica is the one that reports pods.
  void SetLeader(bool leads);

  // All of it as text/plain; version=0.0.4, with the process's own memory, CPU time and descriptors.
  std::string Render() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace irsa::telemetry
