#include "irsa/kube/api/objects.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"

#include "paged_list.h"

namespace irsa::kube {

std::string CollectionPath(std::string_view group_version, std::string_view namespace_name, std::string_view plural) {
  std::string path = "/" + std::string(group_version);
  if (!namespace_name.empty()) path.append("/namespaces/").append(namespace_name);
  return path.append("/").append(plural);
}

std::string ObjectPath(std::string_view group_version, std::string_view namespace_name, std::string_view plural,
                       std::string_view name) {
  return CollectionPath(group_version, namespace_name, plural).append("/").append(name);
}

Result<ObjectView> ViewObject(const base::Json& object) {
  const ObjectView view{.namespace_name = base::TextAt(object, {"metadata", "namespace"}),
                        .name = base::TextAt(object, {"metadata", "name"}),
                        .resource_version = base::TextAt(object, {"metadata", "resourceVersion"}),
                        .json = &object};
  if (view.name.empty()) return Error{ErrorCode::kInvalid, "an object without metadata.name"};
  if (view.resource_version.empty()) {
    return Error{ErrorCode::kInvalid, "object " + std::string(view.name) + " has no metadata.resourceVersion"};
  }
  return view;
}

std::optional<uint64_t> VersionNumber(std::string_view resource_version) { return base::ParseNumber(resource_version); }

Result<base::Json> RequestObject(ApiServer& server, const ApiRequest& request, std::string_view what) {
  const Result<std::string> body = BodyOf(server.Send(request), what);
  if (!body.ok()) return body.error();
  Result<base::Json> object = base::ReadJson(*body, {.max_bytes = request.max_answer_bytes});
  if (!object.ok()) return base::WithContext(std::move(object).error(), std::string(what) + ": the apiserver's answer");
  return object;
}

Result<base::Json> GetObject(ApiServer& server, const base::Clock& clock, const std::string& path,
                             const ReadBounds& bounds) {
  ApiRequest request;
  request.path = path;
  request.deadline = clock.SteadyNow() + bounds.request_timeout;
  request.max_answer_bytes = bounds.max_answer_bytes;
  request.stop = bounds.stop;
  return RequestObject(server, request, "get " + path);
}

Status ListObjects(ApiServer& server, const base::Clock& clock, const ObjectList& list,
                   const std::function<void(const ObjectView&)>& take, const ReadBounds& bounds) {
  PagedList pages(server, clock, list, bounds);
  do {
    const Result<std::string> version = pages.Read(pages.Ask(), take);
    if (!version.ok()) return version.error();
  } while (pages.has_begun());
  return {};
}

}  // namespace irsa::kube
