// An apiserver that keeps objects in memory: versions, conflicts, merge patches and server-side apply of webhooks as
// the real one has them, and failures when the test wants them.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/kube/api/api_server.h"

namespace irsa::kube {

using Json = nlohmann::json;

class FakeObjectStore final : public ApiServer {
 public:
  Result<ApiAnswer> Send(const ApiRequest& request) override;

  // As if somebody else did it. The path is the object's own; Put gives it a new version.
  void Put(const std::string& path, Json object);
  void Delete(const std::string& path);
  // Null when there is none.
  Json Get(const std::string& path) const;

  // "GET /api/v1/…" of all requests so far, queries included; and what was sent last.
  std::vector<std::string> Requests() const;
  size_t CountOf(std::string_view method) const;
  ApiRequest last() const;

  // Called before a request is carried out, with nothing locked: the place for whatever another replica does just then.
  // What it returns, if anything, is the answer.
  std::function<std::optional<Result<ApiAnswer>>(const ApiRequest& request)> before;

 private:
  ApiAnswer Carry(const ApiRequest& request);
  ApiAnswer Create(const std::string& collection, Json object);
  ApiAnswer Update(const std::string& path, const Json& sent, Json object);
  bool IsCurrent(const std::string& path, const Json& sent) const;
  ApiAnswer Apply(const std::string& path, const Json& sent, const std::string& query);
  ApiAnswer Store(const std::string& path, Json object, int status);

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Json> objects_;
  std::vector<ApiRequest> requests_;
  int version_ = 100;
};

// What an apiserver says when it refuses.
ApiAnswer Refusal(int status, const std::string& message);

}  // namespace irsa::kube
