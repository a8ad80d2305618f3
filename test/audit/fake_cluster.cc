#include "test/audit/fake_cluster.h"

#include <algorithm>
#include <utility>

#include "test/kube/fake_object_store.h"

namespace irsa::audit {
namespace {

using kube::ApiAnswer;

const std::set<std::string> kPlurals = {"pods",        "serviceaccounts", "namespaces",
                                        "replicasets", "endpointslices",  "deployments"};

std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string NamespaceIn(const std::string& path) {
  const std::vector<std::string> parts = Parts(path);
  const auto found = std::find(parts.begin(), parts.end(), "namespaces");
  return found == parts.end() || parts.end() - found < 4 ? "" : *(found + 1);
}

size_t Number(const std::string& query, const std::string& key, size_t otherwise) {
  const size_t at = query.find(key + "=");
  return at == std::string::npos ? otherwise : std::stoul(query.substr(at + key.size() + 1));
}

}  // namespace

void FakeCluster::Put(const std::string& path, Json object) {
  object["metadata"]["name"] = path.substr(path.rfind('/') + 1);
  object["metadata"]["resourceVersion"] = "1";
  if (!object["metadata"].contains("uid")) object["metadata"]["uid"] = "uid-of-" + path.substr(path.rfind('/') + 1);
  if (const std::string name = NamespaceIn(path); !name.empty()) object["metadata"]["namespace"] = name;
  objects_[path] = std::move(object);
}

Result<ApiAnswer> FakeCluster::Send(const kube::ApiRequest& request) {
  requests.push_back(std::string(TextOf(request.verb).method) + " " + request.path);
  if (is_away_) return Error{ErrorCode::kUnavailable, "https://fake: connection refused"};
  const size_t question = std::min(request.path.find('?'), request.path.size());
  const std::string path = request.path.substr(0, question);
  for (const std::string& refused : refused_) {
    if (path.starts_with(refused)) return kube::Refusal(403, "User \"someone\" cannot do that");
  }
  if (path.ends_with("/subjectaccessreviews")) return Review(Json::parse(request.body));
  if (TextOf(request.verb).method == "POST") return TakeEvent(Json::parse(request.body));
  if (const auto object = objects_.find(path); object != objects_.end()) {
    return ApiAnswer{200, object->second.dump(), {}};
  }
  return List(path, request.path.substr(question));
}

ApiAnswer FakeCluster::List(const std::string& path, const std::string& query) {
  const std::string plural = path.substr(path.rfind('/') + 1);
  if (!kPlurals.contains(plural)) {
    return kube::Refusal(404, "the server could not find the requested resource");
  }
  const std::string namespace_name = NamespaceIn(path + "/x");
  const std::string group =
      path.substr(0, path.find("/namespaces/") == std::string::npos ? path.rfind('/') : path.find("/namespaces/"));
  std::vector<const Json*> found;
  for (const auto& [each, object] : objects_) {
    const std::vector<std::string> parts = Parts(each);
    const bool is_of_kind = parts.size() > 1 && parts[parts.size() - 2] == plural && each.starts_with(group + "/");
    if (is_of_kind && (namespace_name.empty() || NamespaceIn(each) == namespace_name)) found.push_back(&object);
  }
  const size_t begin = Number(query, "continue", 0);
  const size_t end = std::min(found.size(), begin + Number(query, "limit", found.size()));
  largest_page = std::max(largest_page, end - begin);
  Json list = {{"metadata", {{"resourceVersion", "9"}}}, {"items", Json::array()}};
  for (size_t i = begin; i < end; ++i) list["items"].push_back(*found[i]);
  if (end < found.size()) list["metadata"]["continue"] = std::to_string(end);
  return {200, list.dump(), {}};
}

ApiAnswer FakeCluster::Review(Json review) {
  reviews.push_back(review.at("spec"));
  const Json& asked = review.at("spec").at("resourceAttributes");
  const bool is_denied =
      denied_.contains(asked.at("verb").get<std::string>() + " " + asked.at("resource").get<std::string>());
  review["status"] = {{"allowed", !is_denied}};
  return {201, review.dump(), {}};
}

ApiAnswer FakeCluster::TakeEvent(const Json& event) {
  if (!event_names_.insert(event.at("metadata").at("name").get<std::string>()).second) {
    return kube::Refusal(409, "already exists");
  }
  events.push_back(event);
  return {201, event.dump(), {}};
}

}  // namespace irsa::audit
