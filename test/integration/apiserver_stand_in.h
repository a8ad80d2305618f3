// As much of a kube-apiserver as irsa asks for: service accounts and ConfigMaps by list, watch and get, and Leases to
// write, over plain HTTP.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/testing/scripted_server.h"

namespace irsa::testing {

// May be used from any thread.
class ApiserverStandIn {
 public:
  ApiserverStandIn();
  ~ApiserverStandIn();
  ApiserverStandIn(const ApiserverStandIn&) = delete;
  ApiserverStandIn& operator=(const ApiserverStandIn&) = delete;

  std::string Url() const { return server_->Url(""); }

  // Creates or changes it; an empty role is none.
  void PutAccount(std::string_view namespace_name, std::string_view name, std::string_view role_arn);
  void PutConfigMap(std::string_view namespace_name, std::string_view name, std::string_view config);
  void RemoveAccount(std::string_view namespace_name, std::string_view name);

  // From now on each request gets this status instead of its answer, as from an apiserver that is starting; 0: its
  // answer.
  void AnswerWith(int status);
  // What it says of itself; v1.36.3 with the identity policy's kind, unless told.
  void SetVersion(std::string_view version, bool has_policy);
  // Ends the watches that are under way in the middle of an event.
  void CutWatches();
  // Watches from before the present state get 410.
  void ForgetHistory();
  // While it is held, watches bring nothing.
  void HoldWatches(bool hold);
  // Whether lists may be the beginning of a watch.
  void StreamLists(bool stream);

  // "GET /path?query" for each up to now.
  std::vector<std::string> requests() const;
  // Empty when nobody holds it, or there is none.
  std::string LeaseHolder(const std::string& namespace_name, const std::string& name) const;
  // Returns when a watch is under way that has brought all there is.
  void WaitForWatch(std::string_view resource = "serviceaccounts");

 private:
  struct Event {
    int version;
    std::string resource;
    std::string line;
  };
  // Resource ("serviceaccounts"), namespace, name.
  using Key = std::tuple<std::string, std::string, std::string>;

  void Put(const Key& key, const std::string& object_fields, const std::string& annotations);
  bool Answer(const ReceivedRequest& request, Peer& peer);
  std::string AnswerLease(const ReceivedRequest& request);
  std::string List(const std::string& resource) const;
  bool Watch(const std::string& resource, const ReceivedRequest& request, Peer& peer);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Key, std::string> objects_;         // guarded by mutex_, as is the rest
  std::map<std::string, std::string> leases_;  // by path
  std::vector<Event> events_;
  std::vector<std::string> requests_;
  std::map<std::string, int> up_to_date_;  // watches by resource
  int version_ = 1;
  int oldest_ = 0;
  int status_ = 0;
  std::string git_version_ = "v1.36.3";
  bool has_policy_ = true;
  int cuts_ = 0;
  bool is_held_ = false;
  bool streams_lists_ = false;
  std::optional<ScriptedServer> server_;  // last: it uses the others
};

}  // namespace irsa::testing
