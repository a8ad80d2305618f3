// An apiserver for readers: objects by their path, lists in pages, refusals; it takes events.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/objects.h"

namespace irsa::audit {

using Json = nlohmann::json;

class FakeCluster final : public kube::ApiServer {
 public:
  // By "/api/v1/namespaces/NAMESPACE/pods/NAME"; gives the object the metadata that the path says.
  void Put(const std::string& path, Json object);
  void Remove(const std::string& path) { objects_.erase(path); }
  // Requests whose path begins with it are answered 403.
  void Refuse(const std::string& path) { refused_.insert(path); }
  void Allow(const std::string& path) { refused_.erase(path); }
  // Of reviews of access: "list pods", whoever is to; all else is allowed.
  void Deny(const std::string& verb_and_resource) { denied_.insert(verb_and_resource); }
  // No request is answered.
  void GoAway() { is_away_ = true; }

  Result<kube::ApiAnswer> Send(const kube::ApiRequest& request) override;

  // "GET /api/v1/pods?limit=100", in order.
  std::vector<std::string> requests;
  // Bodies that were posted, in order.
  std::vector<Json> events;
  // Specs of the reviews of access, in order.
  std::vector<Json> reviews;
  size_t largest_page = 0;  // in items

 private:
  kube::ApiAnswer List(const std::string& path, const std::string& query);
  kube::ApiAnswer TakeEvent(const Json& event);
  kube::ApiAnswer Review(Json review);

  std::map<std::string, Json> objects_;
  std::set<std::string> refused_;
  std::set<std::string> denied_;
  std::set<std::string> event_names_;
  bool is_away_ = false;
};

// The object as a list hands it on; `object` outlives it.
inline kube::ObjectView ViewOf(const Json& object) { return kube::ViewObject(object).value(); }

}  // namespace irsa::audit
