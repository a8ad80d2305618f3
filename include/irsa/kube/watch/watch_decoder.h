// A watch's answer: from bytes, in whatever pieces they arrive, to events. It is one JSON object per line,
// {"type": …, "object": …}, for as long as the watch lasts.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/result.h"
#include "irsa/kube/api/objects.h"

namespace irsa::kube {

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark, kError };

// What a Status object, which an event of type ERROR carries, says.
struct WatchFailure {
  int code = 0;         // as an HTTP status; 0 when there is none
  std::string message;  // in the server's words; may be empty
  std::optional<std::chrono::seconds> retry_after;
};

struct WatchEvent {
  WatchEventType type = WatchEventType::kAdded;
  ObjectView object;                 // of kBookmark the resource version alone; of kError nothing
  bool ends_initial_events = false;  // of kBookmark: what a streamed list began with is complete
  WatchFailure failure;              // of kError
};

// For one watch, and one thread at a time.
class WatchDecoder {
 public:
  // Called for each event; what the event points to is gone afterwards. An error ends the decoding.
  using Handler = std::function<Status(const WatchEvent&)>;

  // Of each event at most `max_event_bytes` are kept.
  explicit WatchDecoder(size_t max_event_bytes) : max_event_bytes_(max_event_bytes) {}

  // Hands on the events that this piece completes, in order. kTooLarge for an event over the limit, kMalformed or
  // kInvalid for what is no event, or the handler's error; after an error there is nothing more to be fed.
  Status Feed(std::string_view piece, const Handler& handle);

  // When the answer has ended: kMalformed if that was in the middle of an event.
  Status Finish() const;

 private:
  Status TakeLine(std::string_view line, const Handler& handle) const;

  size_t max_event_bytes_;
  std::string unfinished_;  // the beginning of an event whose end has not arrived
};

}  // namespace irsa::kube
