#include "irsa/kube/identity_recorder.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/kube/objects.h"

namespace irsa::kube {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;

std::string MapPath(const std::string& collection) { return collection + "/" + std::string(kIdentityMapName); }

// Strict, so that an older definition of the resource, which would drop what it does not know, is an error.
std::string Query() {
  return std::string("?fieldManager=").append(kIdentityRecordFieldManager).append("&fieldValidation=Strict");
}

bool HasEntries(const RecordChange& change) {
  for (const auto& [account, identity] : change) {
    if (identity) return true;
  }
  return false;
}

// One of a number of places, for as long as this object lives; or none.
class Place {
 public:
  Place(std::atomic<int>& taken, int places) : taken_(taken), is_free_(taken.fetch_add(1) < places) {}
  ~Place() { --taken_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool is_free() const { return is_free_; }

 private:
  std::atomic<int>& taken_;
  const bool is_free_;
};

std::string RecordOf(std::string_view namespace_name) {
  return "the record of namespace " + std::string(namespace_name);
}

}  // namespace

IdentityRecorder::IdentityRecorder(ApiServer& server, const base::Clock& clock, base::Waiter& waiter,
                                   mutation::Settings settings, IdentityRecorderOptions options)
    : server_(server), clock_(clock), waiter_(waiter), settings_(std::move(settings)), options_(std::move(options)) {}

Status IdentityRecorder::Write(std::string_view namespace_name, std::string_view service_account,
                               const mutation::Identity& identity, base::SteadyTime deadline) {
  Result<RecordedIdentity> recorded = RecordIdentity(identity, settings_);
  if (!recorded.ok()) return std::move(recorded).error();
  const RecordChange change = {{std::string(service_account), *std::move(recorded)}};
  const Place place(writers_, options_.max_writers);
  if (!place.is_free()) {
    return Error{ErrorCode::kUnavailable, RecordOf(namespace_name) + ": as many changes as may be under way are so"};
  }
  if (Status changed = Change(namespace_name, change, "", deadline); !changed.ok()) return changed;
  const Result<std::string> collection = IdentityMapCollection(namespace_name);
  Status seen = AwaitPolicies(*collection, change, deadline);
  if (seen.ok()) return {};
  return WithContext(std::move(seen).error(), RecordOf(namespace_name));
}

Status IdentityRecorder::Remove(std::string_view namespace_name, std::string_view service_account,
                                base::SteadyTime deadline) {
  return Change(namespace_name, {{std::string(service_account), std::nullopt}}, "", deadline);
}

Status IdentityRecorder::Change(std::string_view namespace_name, const RecordChange& change,
                                std::string_view resource_version, base::SteadyTime deadline) {
  if (change.empty()) return {};
  const Result<std::string> collection = IdentityMapCollection(namespace_name);
  if (!collection.ok()) return collection.error();
  base::Backoff backoff(options_.backoff, base::SeededRandom());
  int conflicts = 0;
  while (true) {
    Status attempt = Attempt(*collection, change, resource_version, deadline);
    const bool is_conflict = attempt.FailedWith(ErrorCode::kConflict);
    if (is_conflict && resource_version.empty() && ++conflicts < options_.max_conflicts) continue;
    if (attempt.FailedWith(ErrorCode::kUnavailable) && WaitForNextAttempt(backoff, deadline)) continue;
    if (attempt.ok()) return {};
    return WithContext(std::move(attempt).error(), RecordOf(namespace_name));
  }
}

// The policies read a copy that follows the record by a watch. What was written, others may have changed since: then
// the policies never see it.
Status IdentityRecorder::AwaitPolicies(const std::string& collection, const RecordChange& change,
                                       base::SteadyTime deadline) {
  base::Backoff backoff(options_.look, base::SeededRandom());
  for (int looks = 1;; ++looks) {
    ApiRequest request;
    request.method = "POST";
    request.path = collection + Query() + "&dryRun=All";
    request.body = NewIdentityMap(change, kDryRunMapName);
    Status seen = Send(std::move(request), "see whether the apiserver's policies know it", deadline);
    if (seen.ok()) return {};
    const bool is_early = seen.FailedWith(ErrorCode::kInvalid);
    if (!is_early && !seen.FailedWith(ErrorCode::kUnavailable)) return seen;
    if (is_early && looks % options_.looks_before_doubt == 0 && IsReplaced(collection, change, deadline)) {
      return Error{ErrorCode::kConflict, "somebody else has written the entry at the same time"};
    }
    if (!WaitForNextAttempt(backoff, deadline)) return Error{ErrorCode::kUnavailable, std::move(seen).error().message};
  }
}

// Whether the map is known to say something else of these accounts.
bool IdentityRecorder::IsReplaced(const std::string& collection, const RecordChange& change,
                                  base::SteadyTime deadline) {
  const auto left = std::chrono::floor<std::chrono::milliseconds>(deadline - clock_.SteadyNow());
  const ReadBounds bounds{.request_timeout = std::min(options_.request_timeout, left), .stop = options_.stop};
  const auto object = GetObject(server_, clock_, MapPath(collection), bounds);
  if (!object.ok()) return false;
  const Result<IdentityMap> map = ReadIdentityMap(*object);
  return map.ok() && std::ranges::any_of(change, [&map](const auto& entry) {
           const auto found = map->accounts.find(entry.first);
           return found == map->accounts.end() || found->second != entry.second;
         });
}

// Whether there is time for another one.
bool IdentityRecorder::WaitForNextAttempt(base::Backoff& backoff, base::SteadyTime deadline) {
  const std::chrono::milliseconds wait = backoff.Next();
  return clock_.SteadyNow() + wait < deadline && waiter_.Wait(wait, options_.stop);
}

Status IdentityRecorder::Attempt(const std::string& collection, const RecordChange& change,
                                 std::string_view resource_version, base::SteadyTime deadline) {
  ApiRequest request;
  request.method = "PATCH";
  request.path = MapPath(collection) + Query();
  request.content_type = kJsonMergePatch;
  request.body = RecordPatch(change, resource_version);
  Status patched = Send(std::move(request), "change it", deadline);
  if (!patched.FailedWith(ErrorCode::kNotFound)) return patched;
  if (!resource_version.empty()) return Error{ErrorCode::kConflict, "it is gone"};
  return HasEntries(change) ? Create(collection, change, deadline) : Status();
}

Status IdentityRecorder::Create(const std::string& collection, const RecordChange& change, base::SteadyTime deadline) {
  ApiRequest request;
  request.method = "POST";
  request.path = collection + Query();
  request.body = NewIdentityMap(change);
  Status created = Send(std::move(request), "create it", deadline);
  if (!created.FailedWith(ErrorCode::kNotFound)) return created;
  return Error{ErrorCode::kNotFound, created.error().message +
                                         ": the namespace must exist, and the custom resource definition "
                                         "identitymaps.irsa.dev be installed"};
}

Status IdentityRecorder::WriteStatus(std::string_view namespace_name, int64_t observed_generation,
                                     int64_t observed_accounts, base::SteadyTime deadline) {
  const Result<std::string> collection = IdentityMapCollection(namespace_name);
  if (!collection.ok()) return collection.error();
  ApiRequest request;
  request.method = "PATCH";
  request.path = MapPath(*collection) + "/status" + Query();
  request.content_type = kJsonMergePatch;
  request.body = RecordStatusPatch(observed_generation, observed_accounts);
  Status written = Send(std::move(request), "write its status", deadline);
  if (written.ok() || written.FailedWith(ErrorCode::kNotFound)) return {};
  return WithContext(std::move(written).error(), RecordOf(namespace_name));
}

Status IdentityRecorder::Send(ApiRequest request, std::string_view what, base::SteadyTime deadline) {
  request.deadline = std::min(deadline, clock_.SteadyNow() + options_.request_timeout);
  request.stop = options_.stop;
  // The answer is the whole map, of which nothing is needed.
  request.on_body = [](std::string_view) { return true; };
  const Result<std::string> body = BodyOf(server_.Send(request), what);
  return body.ok() ? Status() : body.error();
}

}  // namespace irsa::kube
