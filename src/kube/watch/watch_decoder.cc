#include "irsa/kube/watch/watch_decoder.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace irsa::kube {
namespace {

using base::Json;

// https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
constexpr std::string_view kInitialEventsEnd = "k8s.io/initial-events-end";

constexpr std::array<std::pair<std::string_view, WatchEventType>, 5> kTypes = {{{"ADDED", WatchEventType::kAdded},
                                                                                {"MODIFIED", WatchEventType::kModified},
                                                                                {"DELETED", WatchEventType::kDeleted},
                                                                                {"BOOKMARK", WatchEventType::kBookmark},
                                                                                {"ERROR", WatchEventType::kError}}};

Result<WatchEventType> TypeOf(const Json& event) {
  const Result<std::string> type = base::StringMember(event, "type");
  if (!type) return type.error();
  const auto* const known = std::ranges::find(kTypes, *type, &decltype(kTypes)::value_type::first);
  if (known == kTypes.end()) return Error{ErrorCode::kInvalid, "its type is unknown"};
  return known->second;
}

// The number there if it has a few digits, as an HTTP status and a wait in seconds have.
std::optional<int> SmallNumber(const Json& object, std::initializer_list<std::string_view> keys) {
  const Json* member = base::At(object, keys);
  if (member == nullptr || !member->is_number_unsigned()) return std::nullopt;
  const auto number = member->get<uint64_t>();
  if (number > 1'000'000) return std::nullopt;
  return static_cast<int>(number);
}

WatchFailure ReadFailure(const Json& status) {
  WatchFailure failure{.code = SmallNumber(status, {"code"}).value_or(0),
                       .message = std::string(base::TextAt(status, {"message"})),
                       .retry_after = {}};
  if (const auto seconds = SmallNumber(status, {"details", "retryAfterSeconds"})) failure.retry_after.emplace(*seconds);
  return failure;
}

// Points into `json`.
Result<WatchEvent> ReadEvent(const Json& json) {
  const Result<WatchEventType> type = TypeOf(json);
  if (!type) return type.error();
  const Json* object = base::FindMember(json, "object");
  if (object == nullptr || !object->is_object()) return Error{ErrorCode::kInvalid, "it carries no object"};
  WatchEvent event{.type = *type, .object = {}, .ends_initial_events = false, .failure = {}};
  if (*type == WatchEventType::kError) {
    event.failure = ReadFailure(*object);
  } else if (*type == WatchEventType::kBookmark) {
    event.object.resource_version = base::TextAt(*object, {"metadata", "resourceVersion"});
    event.ends_initial_events = base::TextAt(*object, {"metadata", "annotations", kInitialEventsEnd}) == "true";
    if (event.object.resource_version.empty()) return Error{ErrorCode::kInvalid, "a bookmark without resourceVersion"};
  } else {
    const Result<ObjectView> view = ViewObject(*object);
    if (!view) return view.error();
    event.object = *view;
  }
  return event;
}

}  // namespace

Status WatchDecoder::Feed(std::string_view piece, const Handler& handle) {
  while (!piece.empty()) {
    const size_t newline = piece.find('\n');
    const std::string_view part = piece.substr(0, newline);
    if (part.size() > max_event_bytes_ - unfinished_.size()) {
      return Error{ErrorCode::kTooLarge, "a watch event of more than " + std::to_string(max_event_bytes_) + " bytes"};
    }
    if (newline == std::string_view::npos) {
      unfinished_.append(part);
      return {};
    }
    piece.remove_prefix(newline + 1);
    // Given back, not kept for the next one: events over a piece's size are rare.
    std::string begun = std::exchange(unfinished_, {});
    const std::string_view line = begun.empty() ? part : begun.append(part);
    if (Status taken = TakeLine(line, handle); !taken) return taken;
  }
  return {};
}

Status WatchDecoder::TakeLine(std::string_view line, const Handler& handle) const {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
  const Result<Json> json = base::ReadJson(line, {.max_bytes = max_event_bytes_});
  if (!json) return base::WithContext(json.error(), "a watch event");
  const Result<WatchEvent> event = ReadEvent(*json);
  if (!event) return base::WithContext(event.error(), "a watch event");
  return handle(*event);
}

Status WatchDecoder::Finish() const {
  if (unfinished_.empty()) return {};
  return Error{ErrorCode::kMalformed, "the watch ended in the middle of an event"};
}

}  // namespace irsa::kube
