#include "test/integration/apiserver_stand_in.h"

#include <tuple>

#include <nlohmann/json.hpp>

namespace irsa::testing {
namespace {

using nlohmann::json;

const std::string kLeases = "/apis/coordination.k8s.io/v1/namespaces/";

std::string QueryValue(const std::string& target, const std::string& name) {
  for (const char* before : {"?", "&"}) {
    const std::string start = before + name + "=";
    const size_t found = target.find(start);
    if (found == std::string::npos) continue;
    const size_t begin = found + start.size();
    return target.substr(begin, target.find('&', begin) - begin);
  }
  return "";
}

std::string Status(int code, std::string_view message) {
  return json{{"kind", "Status"}, {"code", code}, {"message", message}}.dump();
}

std::string EventLine(std::string_view type, const json& object) {
  return json{{"type", type}, {"object", object}}.dump() + "\n";
}

std::string BookmarkLine(int version, bool ends_list) {
  json metadata = {{"resourceVersion", std::to_string(version)}};
  if (ends_list) metadata["annotations"] = {{"k8s.io/initial-events-end", "true"}};
  return EventLine("BOOKMARK", {{"metadata", metadata}});
}

// The resource, and the namespace and name of one object, if that is asked for.
std::tuple<std::string, std::string, std::string> Parse(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  if (parts.size() == 3) return {parts[2], "", ""};              // api v1 RESOURCE
  if (parts.size() == 5) return {parts[4], parts[3], ""};        // api v1 namespaces NAMESPACE RESOURCE
  if (parts.size() == 6) return {parts[4], parts[3], parts[5]};  // … NAME
  return {"", "", ""};
}

}  // namespace

ApiserverStandIn::ApiserverStandIn() {
  server_.emplace([this](const ReceivedRequest& request, Peer& peer) { return Answer(request, peer); });
}

ApiserverStandIn::~ApiserverStandIn() = default;

void ApiserverStandIn::PutAccount(std::string_view namespace_name, std::string_view name, std::string_view role_arn) {
  const json annotations = role_arn.empty() ? json::object() : json{{"eks.amazonaws.com/role-arn", role_arn}};
  Put({"serviceaccounts", std::string(namespace_name), std::string(name)}, "{}", annotations.dump());
}

void ApiserverStandIn::PutConfigMap(std::string_view namespace_name, std::string_view name, std::string_view config) {
  Put({"configmaps", std::string(namespace_name), std::string(name)}, json{{"data", {{"config", config}}}}.dump(),
      "{}");
}

void ApiserverStandIn::Put(const Key& key, const std::string& object_fields, const std::string& annotations) {
  const std::lock_guard lock(mutex_);
  const auto& [resource, namespace_name, name] = key;
  json object = json::parse(object_fields);
  object["metadata"] = {{"namespace", namespace_name},
                        {"name", name},
                        {"resourceVersion", std::to_string(++version_)},
                        {"annotations", json::parse(annotations)}};
  const bool is_new = objects_.insert_or_assign(key, object.dump()).second;
  events_.push_back({version_, resource, EventLine(is_new ? "ADDED" : "MODIFIED", object)});
  changed_.notify_all();
}

void ApiserverStandIn::RemoveAccount(std::string_view namespace_name, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find({"serviceaccounts", std::string(namespace_name), std::string(name)});
  if (found == objects_.end()) return;
  json object = json::parse(found->second);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  events_.push_back({version_, "serviceaccounts", EventLine("DELETED", object)});
  objects_.erase(found);
  changed_.notify_all();
}

void ApiserverStandIn::AnswerWith(int status) {
  const std::lock_guard lock(mutex_);
  status_ = status;
}

void ApiserverStandIn::SetVersion(std::string_view version, bool has_policy) {
  const std::lock_guard lock(mutex_);
  git_version_ = version;
  has_policy_ = has_policy;
}

void ApiserverStandIn::CutWatches() {
  const std::lock_guard lock(mutex_);
  ++cuts_;
  up_to_date_.clear();
  changed_.notify_all();
}

void ApiserverStandIn::ForgetHistory() {
  const std::lock_guard lock(mutex_);
  oldest_ = version_ + 1;
  ++version_;
}

void ApiserverStandIn::HoldWatches(bool hold) {
  const std::lock_guard lock(mutex_);
  is_held_ = hold;
  changed_.notify_all();
}

void ApiserverStandIn::StreamLists(bool stream) {
  const std::lock_guard lock(mutex_);
  streams_lists_ = stream;
}

std::vector<std::string> ApiserverStandIn::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ApiserverStandIn::WaitForWatch(std::string_view resource) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this, resource] { return up_to_date_[std::string(resource)] > 0; });
}

bool ApiserverStandIn::Answer(const ReceivedRequest& request, Peer& peer) {
  const auto [resource, namespace_name, name] = Parse(request.path());
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request.method + " " + request.target);
    if (status_ != 0) return peer.Write(HttpAnswer(status_, Status(status_, "told to")));
    if (request.path() == "/version") return peer.Write(HttpAnswer(200, json{{"gitVersion", git_version_}}.dump()));
    if (request.path().starts_with("/apis/admissionregistration.k8s.io/v1")) {
      json resources = {{{"name", "mutatingwebhookconfigurations"}}};
      if (has_policy_) resources.push_back({{"name", "mutatingadmissionpolicies"}});
      const bool is_served = request.path().ends_with("/v1");
      return peer.Write(is_served ? HttpAnswer(200, json{{"resources", resources}}.dump())
                                  : HttpAnswer(404, Status(404, "not found")));
    }
    if (request.path().starts_with(kLeases)) return peer.Write(AnswerLease(request));
    if (!name.empty()) {
      const auto found = objects_.find({resource, namespace_name, name});
      if (found == objects_.end()) return peer.Write(HttpAnswer(404, Status(404, "not found")));
      return peer.Write(HttpAnswer(200, found->second));
    }
    if (QueryValue(request.target, "watch") != "true") return peer.Write(HttpAnswer(200, List(resource)));
  }
  return Watch(resource, request, peer);
}

std::string ApiserverStandIn::AnswerLease(const ReceivedRequest& request) {
  std::string path = request.path();
  if (request.method != "GET") {
    json lease = json::parse(request.body);
    if (request.method == "POST") path += "/" + lease.at("metadata").at("name").get<std::string>();
    lease["metadata"]["resourceVersion"] = std::to_string(++version_);
    leases_[path] = lease.dump();
  }
  const auto found = leases_.find(path);
  return found == leases_.end() ? HttpAnswer(404, Status(404, "not found")) : HttpAnswer(200, found->second);
}

std::string ApiserverStandIn::LeaseHolder(const std::string& namespace_name, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto lease = leases_.find(kLeases + namespace_name + "/leases/" + name);
  return lease == leases_.end() ? "" : json::parse(lease->second).at("spec").value("holderIdentity", "");
}

std::string ApiserverStandIn::List(const std::string& resource) const {
  json list = {{"metadata", {{"resourceVersion", std::to_string(version_)}}}, {"items", json::array()}};
  for (const auto& [key, object] : objects_) {
    if (std::get<0>(key) == resource) list["items"].push_back(json::parse(object));
  }
  return list.dump();
}

bool ApiserverStandIn::Watch(const std::string& resource, const ReceivedRequest& request, Peer& peer) {
  std::unique_lock lock(mutex_);
  const bool is_list = !QueryValue(request.target, "sendInitialEvents").empty();
  if (is_list && !streams_lists_) return peer.Write(HttpAnswer(422, Status(422, "sendInitialEvents: Forbidden")));
  int position = is_list ? version_ : std::stoi(QueryValue(request.target, "resourceVersion"));
  if (position < oldest_) return peer.Write(HttpAnswer(410, Status(410, "too old resource version")));
  std::string out = ChunkedHead();
  if (is_list) {
    const json list = json::parse(List(resource));
    for (const json& item : list["items"]) out += Chunk(EventLine("ADDED", item));
    out += Chunk(BookmarkLine(position, true));
  }
  size_t next = 0;
  const int cuts = cuts_;
  while (true) {
    for (; next < events_.size() && !is_held_; ++next) {
      if (events_[next].version > position && events_[next].resource == resource) out += Chunk(events_[next].line);
    }
    lock.unlock();
    const bool is_sent = out.empty() || peer.Write(std::exchange(out, {}));
    lock.lock();
    if (!is_sent) return false;
    if (cuts_ == cuts) {
      ++up_to_date_[resource];
      changed_.notify_all();
      const bool goes_on =
          changed_.wait(lock, peer.stop(), [&] { return cuts_ != cuts || (next < events_.size() && !is_held_); });
      if (!goes_on) return false;
    }
    if (cuts_ != cuts) {
      lock.unlock();
      peer.Write(Chunk("{\"type\":"));
      return false;
    }
    --up_to_date_[resource];
  }
}

}  // namespace irsa::testing
