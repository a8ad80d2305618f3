#include "irsa/kube/api/event_recorder.h"

#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/hash.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/kube/api/objects.h"

namespace irsa::kube {
namespace {

using base::Json;

constexpr const char* kController = "irsa.dev/irsa";
constexpr const char* kAction = "PodScan";
// The API's limits, in bytes.
constexpr size_t kMaxNote = 1024;
constexpr size_t kMaxInstance = 128;

std::string EventName(uint64_t key) {
  char name[32];
  std::snprintf(name, sizeof name, "irsa-%016llx", static_cast<unsigned long long>(key));
  return name;
}

Json ToJson(const Event& event, uint64_t key, base::SystemTime now, const std::string& instance) {
  const EventSubject& about = event.about;
  return {{"apiVersion", "events.k8s.io/v1"},
          {"kind", "Event"},
          {"metadata", {{"name", EventName(key)}, {"namespace", about.namespace_name}}},
          {"eventTime", base::FormatRfc3339Micro(now)},
          {"type", "Warning"},
          {"reason", event.reason},
          {"action", kAction},
          {"note", base::Shortened(event.note, kMaxNote)},
          {"reportingController", kController},
          {"reportingInstance", base::Shortened(instance, kMaxInstance)},
          {"regarding",
           {{"apiVersion", about.api_version},
            {"kind", about.kind},
            {"namespace", about.namespace_name},
            {"name", about.name},
            {"uid", about.uid}}}};
}

}  // namespace

EventRecorder::EventRecorder(ApiServer& server, const base::Clock& clock, EventRecorderOptions options)
    : server_(server),
      clock_(clock),
      options_(std::move(options)),
      bucket_(options_.events_per_second, options_.burst) {}

bool EventRecorder::IsKnown(uint64_t key) {
  const auto told = told_.find(key);
  if (told == told_.end()) return false;
  if (clock_.SteadyNow() < told->second) return true;
  told_.erase(told);
  return false;
}

Result<bool> EventRecorder::Record(std::string_view key, const std::function<std::optional<Event>()>& make) {
  const uint64_t fingerprint = base::StableHash().Add(key).value();
  if (IsKnown(fingerprint) || !bucket_.Take(clock_.SteadyNow())) return false;
  const std::optional<Event> event = make();
  return event ? Write(fingerprint, *event) : false;
}

Result<bool> EventRecorder::Write(uint64_t key, const Event& event) {
  ApiRequest request;
  request.verb = Verb::kCreate;
  request.path = CollectionPath("apis/events.k8s.io/v1", event.about.namespace_name, "events");
  request.body =
      ToJson(event, key, clock_.Now(), options_.instance).dump(-1, ' ', false, Json::error_handler_t::replace);
  request.deadline = clock_.SteadyNow() + options_.request_timeout;
  request.stop = options_.stop;
  const auto written = BodyOf(server_.Send(request), "write an event on " + event.about.kind + " " +
                                                         event.about.namespace_name + "/" + event.about.name);
  const bool is_there = written.FailedWith(ErrorCode::kConflict);
  if (!written.ok() && !is_there) return written.error();
  if (told_.size() >= options_.max_remembered) {
    std::erase_if(told_, [now = clock_.SteadyNow()](const auto& each) { return each.second <= now; });
  }
  if (told_.size() < options_.max_remembered) told_[key] = clock_.SteadyNow() + options_.silence;
  return !is_there;
}

}  // namespace irsa::kube
