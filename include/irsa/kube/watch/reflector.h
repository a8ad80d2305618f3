// Follows the objects of one kind: a list, then a watch from the list's version on, repeatedly.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/base/waiting.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/objects.h"
#include "irsa/kube/watch/watch_decoder.h"

namespace irsa::kube {

// Where a reflector puts what it learns. Called from the reflector's thread only.
class ReflectorSink {
 public:
  virtual ~ReflectorSink() = default;

  // A whole list begins: every object is Put, and with FinishReplace those are gone that were not. Until then what was
  // known stays. A list that fails in the middle begins anew with StartReplace.
  virtual void StartReplace() = 0;
  // The list is whole: what is known is what the apiserver had at that version.
  virtual void FinishReplace(std::string_view resource_version) = 0;

  // The object is there, as it is now.
  virtual void Put(const ObjectView& object) = 0;
  // It is gone; `object` is what it was last, with the version of its end.
  virtual void Remove(const ObjectView& object) = 0;
};

struct ReflectorOptions {
  std::string path;   // "/api/v1/serviceaccounts"
  std::string query;  // "fieldSelector=metadata.name%3Dx", encoded; empty: all objects
  // Asks for lists as the beginning of a watch, and pages where the server refuses that, or seems not to know it.
  // https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists
  bool stream_lists = true;
  size_t page_size = 500;               // made smaller while pages are over max_page_bytes
  size_t max_page_bytes = 8 << 20;      // far over 500 objects of the usual size
  size_t max_object_bytes = 4 << 20;    // etcd holds objects up to 1.5 MiB; as JSON they can be larger
  std::chrono::seconds min_watch{300};  // how long a watch lasts: random, so that replicas do not come at once
  std::chrono::seconds max_watch{600};
  std::chrono::milliseconds request_timeout{30000};  // of a page; of a watch, beyond its length
  // How long nothing may arrive. Where streamed lists are known, their first object comes at once; the mark at their
  // end may take over a second, and bookmarks come about once a minute.
  std::chrono::milliseconds max_first_silence{500};
  std::chrono::milliseconds max_list_silence{5000};
  std::chrono::milliseconds max_watch_silence{150000};
  // Short ones: a few replicas do no harm, and each second more is one in which a changed role is not seen.
  base::BackoffLimits backoff{.initial = std::chrono::milliseconds(200), .max = std::chrono::milliseconds(5000)};
};

// What a reflector works with; what is named outlives it.
struct ReflectorTools {
  const base::Clock& clock;
  base::Waiter& waiter;
  base::Log& log;
  // Makes watches last and waits take differently long; empty: each reflector has its own, so that they do not end
  // together.
  base::Random random = {};
};

// Lists again after 410; after any other failure, an exception among them, it goes on from the last event, waiting with
// jitter and as long as Retry-After says. Each failure is logged once, and recovery once. Members may be called from
// any thread.
class Reflector {
 public:
  // `server` and `sink` outlive the reflector.
  Reflector(ApiServer& server, ReflectorSink& sink, const ReflectorTools& tools, ReflectorOptions options);

  // Begins, on a thread of its own, which ends, at once, when the reflector is destroyed.
  void Start();

  // Whether a list has been whole.
  bool has_synced() const { return has_synced_; }

  struct State {
    std::string failure;                         // why it is cut off now; empty while all is well
    std::optional<base::SteadyTime> in_sync_at;  // when what the sink has was last seen to be up to date
  };
  State state() const;
  // For how long what the sink has has not been known to be up to date; before the first list, since construction.
  // About a minute when all is well and nothing changes.
  std::chrono::milliseconds SyncAge() const;

 private:
  // How a list or a watch ended.
  struct Attempt {
    std::optional<Error> error;
    std::optional<std::chrono::seconds> retry_after;
    bool is_progress = false;  // the next wait is a short one again
    bool go_on = false;        // without any wait
  };
  // A watch while it lasts.
  struct Watching;

  void Run(const std::stop_token& stop);
  Attempt Step(const std::stop_token& stop);

  Attempt List(const std::stop_token& stop);
  Attempt Watch(bool is_list, const std::stop_token& stop);
  Result<ApiAnswer> SendWatch(Watching& watching, const std::stop_token& stop);
  std::string WatchPath(bool is_list, std::chrono::seconds length) const;
  Status Take(const WatchEvent& event, Watching& watching);
  Status TakeBookmark(const WatchEvent& event, Watching& watching);
  Status TakeFailure(const WatchFailure& failure, Watching& watching);
  Attempt EndOfWatch(Watching& watching, Result<ApiAnswer> answer);
  std::optional<Error> TakeEnd(Watching& watching, Result<ApiAnswer> answer);

  void FinishReplace(std::string_view resource_version, std::string_view how);
  void NoteInSync();
  void NoteFailure(const Error& error);

  ApiServer& server_;
  ReflectorSink& sink_;
  const ReflectorTools tools_;
  const ReflectorOptions options_;
  const base::SteadyTime constructed_;

  // The thread's own:
  base::Backoff backoff_;
  std::string position_;    // the version to watch from; empty: a list is needed
  bool may_stream_ = true;  // false from when a streamed list fails until pages have made a list

  mutable std::mutex mutex_;
  State state_;  // guarded by mutex_
  std::atomic<bool> has_synced_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace irsa::kube
