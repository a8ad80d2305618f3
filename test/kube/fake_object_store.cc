#include "test/kube/fake_object_store.h"

#include <algorithm>
#include <utility>

namespace irsa::kube {

ApiAnswer Refusal(int status, const std::string& message) {
  return {.status = status, .body = Json{{"kind", "Status"}, {"message", message}}.dump(), .retry_after = {}};
}

Result<ApiAnswer> FakeObjectStore::Send(const ApiRequest& request) {
  // A copy, since it may set `before` anew while it runs.
  if (const auto hook = before) {
    if (auto answer = hook(request)) return *answer;
  }
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  return Carry(request);
}

ApiAnswer FakeObjectStore::Carry(const ApiRequest& request) {
  const size_t query = std::min(request.path.find('?'), request.path.size());
  const std::string path = request.path.substr(0, query);
  const Json sent = request.body.empty() ? Json() : Json::parse(request.body);
  if (TextOf(request.verb).method == "POST") return Create(path, sent);
  if (request.verb == Verb::kApply) {
    return Apply(path, sent, request.path.substr(query));
  }
  const auto object = objects_.find(path);
  if (object == objects_.end()) return Refusal(404, path + " not found");
  if (TextOf(request.verb).method == "GET") return {.status = 200, .body = object->second.dump(), .retry_after = {}};
  if (TextOf(request.verb).method == "PUT") return Update(path, sent, sent);
  if (TextOf(request.verb).method == "PATCH") {
    Json merged = object->second;
    merged.merge_patch(sent);
    return Update(path, sent, std::move(merged));
  }
  return Refusal(405, "the fake does not " + std::string(TextOf(request.verb).name));
}

ApiAnswer FakeObjectStore::Create(const std::string& collection, Json object) {
  const std::string path = collection + "/" + object.at("metadata").at("name").get<std::string>();
  if (objects_.contains(path)) return Refusal(409, path + " already exists");
  return Store(path, std::move(object), 201);
}

ApiAnswer FakeObjectStore::Update(const std::string& path, const Json& sent, Json object) {
  Json& current = objects_.at(path);
  if (!IsCurrent(path, sent)) return Refusal(409, "the object has been modified");
  object["metadata"]["resourceVersion"] = current.at("metadata").at("resourceVersion");
  if (object == current) return {.status = 200, .body = current.dump(), .retry_after = {}};
  return Store(path, std::move(object), 200);
}

// Whether `sent` is about the version that is there, or about any.
bool FakeObjectStore::IsCurrent(const std::string& path, const Json& sent) const {
  const std::string version = sent.value("metadata", Json::object()).value("resourceVersion", "");
  return version.empty() || version == objects_.at(path).at("metadata").at("resourceVersion").get<std::string>();
}

// Of the lists only "webhooks" is merged, by name.
ApiAnswer FakeObjectStore::Apply(const std::string& path, const Json& sent, const std::string& query) {
  if (query.find("fieldManager=") == std::string::npos) return Refusal(400, "fieldManager is required");
  const auto found = objects_.find(path);
  if (found == objects_.end()) return Refusal(409, "the object has been deleted");
  if (!IsCurrent(path, sent)) return Refusal(409, "the object has been modified");
  Json merged = found->second;
  for (const Json& applied : sent.at("webhooks")) {
    const auto webhook = std::find_if(merged["webhooks"].begin(), merged["webhooks"].end(),
                                      [&applied](const Json& each) { return each.at("name") == applied.at("name"); });
    if (webhook == merged["webhooks"].end()) return Refusal(422, "webhooks.sideEffects: Required value");
    webhook->merge_patch(applied);
  }
  return Update(path, sent, std::move(merged));
}

ApiAnswer FakeObjectStore::Store(const std::string& path, Json object, int status) {
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  objects_[path] = std::move(object);
  return {.status = status, .body = objects_[path].dump(), .retry_after = {}};
}

void FakeObjectStore::Put(const std::string& path, Json object) {
  const std::lock_guard lock(mutex_);
  Store(path, std::move(object), 200);
}

void FakeObjectStore::Delete(const std::string& path) {
  const std::lock_guard lock(mutex_);
  objects_.erase(path);
}

Json FakeObjectStore::Get(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto object = objects_.find(path);
  return object == objects_.end() ? Json() : object->second;
}

std::vector<std::string> FakeObjectStore::Requests() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const ApiRequest& request : requests_)
    lines.push_back(std::string(TextOf(request.verb).method) + " " + request.path);
  return lines;
}

size_t FakeObjectStore::CountOf(std::string_view method) const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(requests_.begin(), requests_.end(), [method](const auto& request) {
    return TextOf(request.verb).method == method;
  }));
}

ApiRequest FakeObjectStore::last() const {
  const std::lock_guard lock(mutex_);
  return requests_.back();
}

}  // namespace irsa::kube
