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
  const auto* const known =
      std::find_if(kTypes.begin(), kTypes.end(), [&type](const auto& entry) { return entry.first == *type; });
  if (known == kTypes.end()) return Error{ErrorCode::kInvalid, "its type is unknown"};
  return known->second;
}

// The member as a number of a few digits, which an HTTP status and a wait in seconds are.
std::optional<int> SmallNumber(const Json& object, std::string_view key) {
  const Json* member = base::FindMember(object, key);
  if (member == nullptr || !member->is_number_unsigned()) return std::nullopt;
  const auto number = member->get<uint64_t>();
  if (number > 1'000'000) return std::nullopt;
  return static_cast<int>(number);
}

WatchFailure ReadFailure(const Json& status) {
  WatchFailure failure{.code = SmallNumber(status, "code").value_or(0), .message = {}, .retry_after = {}};
  if (Result<std::string> message = base::StringMember(status, "message")) failure.message = *std::move(message);
  if (const Json* details = base::FindMember(status, "details")) {
    if (const auto seconds = SmallNumber(*details, "retryAfterSeconds")) failure.retry_after.emplace(*seconds);
  }
  return failure;
}

bool EndsInitialEvents(const Json& object) {
  const Json* metadata = base::FindMember(object, "metadata");
  const Json* annotations = metadata == nullptr ? nullptr : base::FindMember(*metadata, "annotations");
  const Json* mark = annotations == nullptr ? nullptr : base::FindMember(*annotations, kInitialEventsEnd);
  return mark != nullptr && *mark == "true";
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
    event.object.resource_version = MetadataText(*object, "resourceVersion");
    event.ends_initial_events = EndsInitialEvents(*object);
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
    Status taken;
    if (unfinished_.empty()) {
      taken = TakeLine(part, handle);
    } else {
      taken = TakeLine(unfinished_.append(part), handle);
      // Given back, not kept for the next one: events over a piece's size are rare.
      std::string().swap(unfinished_);
    }
    if (!taken) return taken;
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
