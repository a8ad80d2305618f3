// Events: what a person reads about an object at the end of kubectl describe.
// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/base/token_bucket.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::kube {

// kubectl describe shows an event only with the object that has the same uid.
struct EventSubject {
  std::string api_version;  // "v1", "apps/v1"
  std::string kind;
  std::string namespace_name;
  std::string name;
  std::string uid;

  bool operator==(const EventSubject&) const = default;
};

struct Event {
  EventSubject about;
  std::string reason;  // a word in UpperCamelCase, for programs and --field-selector
  std::string note;    // shortened to what an event may hold
};

struct EventRecorderOptions {
  std::string instance;  // of this process among all: its pod's name
  // How long the same is not told again: as long as an apiserver keeps events, by default.
  std::chrono::seconds silence = std::chrono::hours(1);
  // Further events wait for the next time that they are wanted.
  double events_per_second = 1;
  double burst = 100;
  size_t max_remembered = 20000;  // of what was told; above it, the apiserver is asked
  std::chrono::milliseconds request_timeout{5000};
  std::stop_token stop = {};
};

// Writes events of type Warning, each once in a while however often it is wanted and by how many processes: its name is
// made of what it is about, so that the apiserver refuses a second one. For one thread at a time.
class EventRecorder {
 public:
  // Both outlive this object.
  EventRecorder(ApiServer& server, const base::Clock& clock, EventRecorderOptions options);

  // Has an event written that tells what `key` stands for, unless that was told a short while ago or too much is being
  // told. `make` says what to tell; it is called only then, and may give nothing. Whether an event was written; errors
  // name the object.
  Result<bool> Record(std::string_view key, const std::function<std::optional<Event>()>& make);

 private:
  bool IsKnown(uint64_t key);
  Result<bool> Write(uint64_t key, const Event& event);

  ApiServer& server_;
  const base::Clock& clock_;
  const EventRecorderOptions options_;
  base::TokenBucket bucket_;
  std::unordered_map<uint64_t, base::SteadyTime> told_;  // until when it is not told again
};

}  // namespace irsa::kube
