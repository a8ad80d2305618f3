#include "irsa/kube/watch/reflector.h"

#include <algorithm>
#include <utility>

#include "irsa/base/guarded.h"
#include "irsa/base/url.h"

#include "kube/api/paged_list.h"
#include "silence_guard.h"

namespace irsa::kube {

using base::LogLevel;
using std::chrono::seconds;

namespace {

constexpr int kGone = 410;
// A watch that ends earlier than that was no use: to go on at once could be a loop.
constexpr seconds kUsefulWatch{1};
// A server's Retry-After is honoured up to here.
constexpr seconds kMaxRetryAfter{300};

bool IsGone(const Result<ApiAnswer>& answer) { return answer.ok() && answer->status == kGone; }

// What servers say that do not have streamed lists, or have them switched off.
bool RefusesStreaming(int status) { return status == 400 || status == 422; }

ReflectorTools WithRandom(ReflectorTools tools) {
  if (!tools.random) tools.random = base::SeededRandom();
  return tools;
}

}  // namespace

struct Reflector::Watching {
  bool is_list = false;  // until the mark at the end of its initial events
  WatchDecoder decoder;
  base::SteadyTime started;
  bool is_refused = false;                  // the server does not know streamed lists
  size_t events = 0;                        // since it is no list
  Status decoded;                           // the error that ended it, if it was in what arrived
  std::optional<seconds> retry_after = {};  // as an event of type ERROR said
  std::atomic<bool> was_silent = false;
};

Reflector::Reflector(ApiServer& server, ReflectorSink& sink, const ReflectorTools& tools, ReflectorOptions options)
    : server_(server),
      sink_(sink),
      tools_(WithRandom(tools)),
      options_(std::move(options)),
      constructed_(tools.clock.SteadyNow()),
      backoff_(options_.backoff, tools_.random) {}

void Reflector::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

std::chrono::milliseconds Reflector::SyncAge() const {
  const base::SteadyTime in_sync_at = state().in_sync_at.value_or(constructed_);
  return std::chrono::duration_cast<std::chrono::milliseconds>(tools_.clock.SteadyNow() - in_sync_at);
}

Reflector::State Reflector::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Reflector::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    // What an exception ends is a failed attempt: the next begins where the last one that was whole ended.
    Attempt attempt;
    base::CallGuarded(
        [&] {
          attempt = Step(stop);
          if (attempt.error && !stop.stop_requested()) NoteFailure(*attempt.error);
        },
        [this](std::string_view what) {
          NoteFailure({ErrorCode::kInternal, "follow " + options_.path + ": " + std::string(what)});
        });
    if (stop.stop_requested()) return;
    if (attempt.is_progress) backoff_.Reset();
    if (attempt.go_on) continue;
    const seconds asked = std::min(attempt.retry_after.value_or(seconds(0)), kMaxRetryAfter);
    tools_.waiter.Wait(std::max<std::chrono::milliseconds>(backoff_.Next(), asked), stop);
  }
}

Reflector::Attempt Reflector::Step(const std::stop_token& stop) {
  if (!position_.empty()) return Watch(false, stop);
  return options_.stream_lists && may_stream_ ? Watch(true, stop) : List(stop);
}

Reflector::Attempt Reflector::List(const std::stop_token& stop) {
  PagedList pages(
      server_, tools_.clock, {.path = options_.path, .query = options_.query, .page_size = options_.page_size},
      {.request_timeout = options_.request_timeout, .max_answer_bytes = options_.max_page_bytes, .stop = stop});
  bool has_restarted = false;
  sink_.StartReplace();
  while (true) {
    Result<ApiAnswer> answer = pages.Ask();
    if (IsGone(answer) && pages.has_begun() && !has_restarted) {
      has_restarted = true;  // a second time the server forgets states faster than we read them: that takes a wait
      pages.StartAnew();
      sink_.StartReplace();
      continue;
    }
    const auto retry_after = answer.ok() ? answer->retry_after : std::nullopt;
    const Result<std::string> version =
        pages.Read(std::move(answer), [this](const ObjectView& object) { sink_.Put(object); });
    if (!version.ok()) return {.error = version.error(), .retry_after = retry_after};
    if (pages.has_begun()) continue;
    FinishReplace(*version, "paged");
    may_stream_ = true;
    return {.error = {}, .retry_after = {}, .is_progress = false, .go_on = true};
  }
}

Reflector::Attempt Reflector::Watch(bool is_list, const std::stop_token& stop) {
  Watching watching{.is_list = is_list,
                    .decoder = WatchDecoder(options_.max_object_bytes),
                    .started = tools_.clock.SteadyNow(),
                    .decoded = {}};
  if (is_list) sink_.StartReplace();
  Result<ApiAnswer> answer = SendWatch(watching, stop);
  return EndOfWatch(watching, std::move(answer));
}

Result<ApiAnswer> Reflector::SendWatch(Watching& watching, const std::stop_token& stop) {
  const seconds spread = options_.max_watch - options_.min_watch;
  const seconds length = options_.min_watch + std::chrono::duration_cast<seconds>(spread * tools_.random());
  std::stop_source ended;
  const std::stop_callback stop_too(stop, [&ended] { ended.request_stop(); });
  SilenceGuard guard(tools_.waiter, watching.is_list ? options_.max_first_silence : options_.max_watch_silence,
                     [&watching, &ended] {
                       watching.was_silent = true;
                       ended.request_stop();
                     });
  ApiRequest request;
  request.verb = Verb::kWatch;
  request.path = WatchPath(watching.is_list, length);
  request.deadline = watching.started + length + options_.request_timeout;
  request.stop = ended.get_token();
  request.on_body = [this, &watching, &guard](std::string_view piece) {
    watching.decoded =
        watching.decoder.Feed(piece, [this, &watching](const WatchEvent& event) { return Take(event, watching); });
    guard.Touch(watching.is_list ? options_.max_list_silence : options_.max_watch_silence);
    return watching.decoded.ok();
  };
  return server_.Send(request);
}

std::string Reflector::WatchPath(bool is_list, seconds length) const {
  std::string path = options_.path + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=";
  path += std::to_string(length.count());
  // Without a version: the newest state there is, not the newest that some cache has.
  path += is_list ? "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                  : "&resourceVersion=" + base::EncodeComponent(position_);
  if (!options_.query.empty()) path += "&" + options_.query;
  return path;
}

Status Reflector::Take(const WatchEvent& event, Watching& watching) {
  switch (event.type) {
    case WatchEventType::kError:
      return TakeFailure(event.failure, watching);
    case WatchEventType::kBookmark:
      if (Status taken = TakeBookmark(event, watching); !taken.ok()) return taken;
      break;
    case WatchEventType::kDeleted:
      sink_.Remove(event.object);
      break;
    default:
      sink_.Put(event.object);
  }
  if (watching.is_list) return {};  // nothing to go on from before the list is whole
  ++watching.events;
  position_ = event.object.resource_version;
  NoteInSync();
  return {};
}

Status Reflector::TakeBookmark(const WatchEvent& event, Watching& watching) {
  if (watching.is_list) {
    watching.is_list = false;
    if (event.ends_initial_events) {
      FinishReplace(event.object.resource_version, "streamed");
      return {};
    }
    // A server that ignores what it does not know began a watch like any other.
    watching.is_refused = true;
    return Error{ErrorCode::kUnavailable, "the apiserver does not mark the end of a streamed list"};
  }
  const auto before = VersionNumber(position_);
  const auto now = VersionNumber(event.object.resource_version);
  if (!before || !now || *now >= *before) return {};
  // Its storage was set back, to a backup perhaps. A watch from a version of the future never brings anything.
  Error error{ErrorCode::kUnavailable, "the apiserver's state went back from version " + position_ + " to " +
                                           std::to_string(*now) + ": listing again"};
  position_.clear();
  return error;
}

Status Reflector::TakeFailure(const WatchFailure& failure, Watching& watching) {
  watching.retry_after = failure.retry_after;
  if (failure.code == kGone) position_.clear();
  return Error{ErrorCode::kUnavailable, "the apiserver ended it with " + std::to_string(failure.code) +
                                            (failure.message.empty() ? "" : ": " + failure.message)};
}

Reflector::Attempt Reflector::EndOfWatch(Watching& watching, Result<ApiAnswer> answer) {
  const bool lasted = tools_.clock.SteadyNow() - watching.started >= kUsefulWatch;
  const bool is_refused = answer.ok() && RefusesStreaming(answer->status);
  const bool is_answer = watching.was_silent || !watching.decoded.ok() || (answer.ok() && answer->status / 100 == 2);
  const auto retry_after = answer.ok() ? answer->retry_after : std::nullopt;
  std::optional<Error> error = TakeEnd(watching, std::move(answer));
  Attempt attempt{.error = {},
                  .retry_after = retry_after ? retry_after : watching.retry_after,
                  .is_progress = watching.events > 0 || (lasted && !watching.is_list),
                  .go_on = !error && lasted};
  if (!watching.is_list && !watching.is_refused) {
    attempt.error = std::move(error);
    return attempt;
  }
  // Whatever a streamed list failed of, pages may do better: at once, unless the server needs time.
  may_stream_ = false;
  attempt.go_on = (is_refused || is_answer) && !attempt.retry_after;
  if (!attempt.go_on) {
    attempt.error = std::move(error);
  } else {
    tools_.log.Write(LogLevel::kDebug, "no streamed list, listing in pages",
                     {{"path", options_.path}, {"why", error ? error->message : "it ended before it was whole"}});
  }
  return attempt;
}

std::optional<Error> Reflector::TakeEnd(Watching& watching, Result<ApiAnswer> answer) {
  const std::string what = "watch " + options_.path;
  if (!watching.decoded.ok()) {
    // With bytes that are no events there is no knowing what was missed; an end that the server announced says it.
    if (watching.decoded.error().code != ErrorCode::kUnavailable) position_.clear();
    return base::WithContext(watching.decoded.error(), what);
  }
  if (watching.was_silent) {
    return Error{ErrorCode::kUnavailable, what + ": no event or bookmark for too long"};
  }
  if (IsGone(answer)) position_.clear();
  if (const Result<std::string> body = BodyOf(std::move(answer), what); !body.ok()) return body.error();
  if (Status whole = watching.decoder.Finish(); !whole.ok()) return base::WithContext(whole.error(), what);
  return std::nullopt;
}

void Reflector::FinishReplace(std::string_view resource_version, std::string_view how) {
  sink_.FinishReplace(resource_version);
  position_ = resource_version;
  NoteInSync();
  tools_.log.Write(LogLevel::kInfo, "list complete, watching for changes",
                   {{"path", options_.path}, {"version", position_}, {"how", std::string(how)}});
}

void Reflector::NoteInSync() {
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    is_news = !state_.failure.empty();
    has_synced_ = true;
    state_.failure.clear();
    state_.in_sync_at = tools_.clock.SteadyNow();
  }
  if (is_news) tools_.log.Write(LogLevel::kInfo, "up to date with the apiserver again", {{"path", options_.path}});
}

void Reflector::NoteFailure(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (state_.failure == error.message) return;
    state_.failure = error.message;
  }
  tools_.log.Write(LogLevel::kWarning, "not up to date with the apiserver, retrying", {{"error", error.message}});
}

}  // namespace irsa::kube
