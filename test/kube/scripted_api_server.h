// An apiserver that answers from a script and writes down what it was asked.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "irsa/kube/api/api_server.h"

namespace irsa::kube {

inline Error StoppedError() { return {ErrorCode::kUnavailable, "https://scripted: stopped"}; }

// A request for which the script has nothing is kept waiting until it gets something or the request is stopped.
class ScriptedApiServer final : public ApiServer {
 public:
  using Step = std::function<Result<ApiAnswer>(const ApiRequest& request)>;

  void Add(Step step) { AddFor("", std::move(step)); }
  // Only for requests whose path has `part` in it.
  void AddFor(std::string part, Step step) {
    const std::lock_guard lock(mutex_);
    steps_.emplace_back(std::move(part), std::move(step));
    changed_.notify_all();
  }

  Result<ApiAnswer> Send(const ApiRequest& request) override {
    std::unique_lock lock(mutex_);
    requests_.push_back(std::string(TextOf(request.verb).method) + " " + request.path);
    deadlines_.push_back(request.deadline);
    ++waiting_;
    changed_.notify_all();
    auto next = steps_.end();
    const bool has_step = changed_.wait(lock, request.stop, [this, &request, &next] {
      next = std::find_if(steps_.begin(), steps_.end(), [&request](const auto& candidate) {
        return request.path.find(candidate.first) != std::string::npos;
      });
      return next != steps_.end();
    });
    --waiting_;
    if (!has_step) return StoppedError();
    const Step step = std::move(next->second);
    steps_.erase(next);
    lock.unlock();
    return step(request);
  }

  // Returns when the script is over and `requests` are waiting for more of it.
  void WaitUntilIdle(int requests = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, requests] { return steps_.empty() && waiting_ == requests; });
  }

  // "GET /api/v1/…" for each up to now, in order.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  base::SteadyTime last_deadline() const {
    const std::lock_guard lock(mutex_);
    return deadlines_.back();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<std::pair<std::string, Step>> steps_;  // guarded by mutex_, as is the rest
  std::vector<std::string> requests_;
  std::vector<base::SteadyTime> deadlines_;
  int waiting_ = 0;
};

// Steps of a script.

inline ScriptedApiServer::Step Answer(int status, std::string body = {},
                                      std::optional<std::chrono::seconds> retry_after = {}) {
  return [answer = ApiAnswer{status, std::move(body), retry_after}](const ApiRequest&) { return answer; };
}

inline ScriptedApiServer::Step Fail(Error error) {
  return [error = std::move(error)](const ApiRequest&) -> Result<ApiAnswer> { return error; };
}

// Status 200 and a body in those pieces; then the answer ends, or as `end` says.
inline ScriptedApiServer::Step Stream(std::vector<std::string> pieces, ScriptedApiServer::Step end = Answer(200)) {
  return [pieces = std::move(pieces), end = std::move(end)](const ApiRequest& request) -> Result<ApiAnswer> {
    for (const std::string& piece : pieces) {
      if (!request.on_body(piece)) return ApiAnswer{.status = 200, .body = {}, .retry_after = {}};
    }
    return end(request);
  };
}

// Until the request is stopped, nothing.
inline ScriptedApiServer::Step Hang() {
  return [](const ApiRequest& request) -> Result<ApiAnswer> {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, request.stop, [] { return false; });
    return StoppedError();
  };
}

}  // namespace irsa::kube
