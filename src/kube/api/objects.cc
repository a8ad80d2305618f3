#include "irsa/kube/api/objects.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "list_page.h"

namespace irsa::kube {

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
    const Result<ListPage> page = pages.Read(pages.Ask(), take);
    if (!page.ok()) return page.error();
  } while (pages.has_begun());
  return {};
}

std::string CollectionPath(std::string_view group_version, std::string_view namespace_name, std::string_view plural) {
  std::string path = "/" + std::string(group_version);
  if (!namespace_name.empty()) path.append("/namespaces/").append(namespace_name);
  return path.append("/").append(plural);
}

}  // namespace irsa::kube
