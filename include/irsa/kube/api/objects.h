// Objects of the Kubernetes API: where they are, what each kind has, and single ones and whole lists read once, for
// what looks at a cluster and is done. https://kubernetes.io/docs/reference/using-api/api-concepts/
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/json.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"

namespace irsa::kube {

// "/api/v1/pods", or with a namespace "/api/v1/namespaces/NAMESPACE/pods"; `group_version` is "api/v1" or
// "apis/apps/v1".
std::string CollectionPath(std::string_view group_version, std::string_view namespace_name, std::string_view plural);

// The path of one of them: ".../pods/NAME".
std::string ObjectPath(std::string_view group_version, std::string_view namespace_name, std::string_view plural,
                       std::string_view name);

// An object as lists and events carry it, down to what is needed of each kind alike. Points into the JSON it was read
// from.
struct ObjectView {
  std::string_view namespace_name;  // empty for what is in no namespace
  std::string_view name;
  std::string_view resource_version;
  const base::Json* json = nullptr;  // the whole object
};

// kInvalid when it is no object with a metadata that has a name and a resourceVersion.
Result<ObjectView> ViewObject(const base::Json& object);

// A resource version as a number: they grow with each change within a kind. Nothing for one that is no number below
// 2^64 (versions are opaque for servers that are no kube-apiserver): such can only be compared for equality.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
std::optional<uint64_t> VersionNumber(std::string_view resource_version);

struct ReadBounds {
  std::chrono::milliseconds request_timeout{30000};  // of each request
  size_t max_answer_bytes = 8 << 20;
  std::stop_token stop = {};
};

// The object that the request is answered with. Errors are those of BodyOf, and kMalformed for an answer that is no
// JSON; they begin with `what`.
Result<base::Json> RequestObject(ApiServer& server, const ApiRequest& request, std::string_view what);

// The same of an object that is only read; errors begin with "get PATH".
Result<base::Json> GetObject(ApiServer& server, const base::Clock& clock, const std::string& path,
                             const ReadBounds& bounds = {});

struct ObjectList {
  std::string path;   // "/api/v1/pods"
  std::string query;  // "labelSelector=app%3Dweb", encoded; empty: all objects
  // Objects a page: the JSON of a hundred pods is about 1 MB, and ten times that once it is read.
  size_t page_size = 100;
};

// Hands on all objects of the list, page by page, so that only one page is ever in memory; what an object points to is
// gone afterwards. Pages that are over the limit are asked for again in smaller ones. An error, which begins with "list
// PATH", may come after some objects have been handed on.
Status ListObjects(ApiServer& server, const base::Clock& clock, const ObjectList& list,
                   const std::function<void(const ObjectView&)>& take, const ReadBounds& bounds = {});

}  // namespace irsa::kube
