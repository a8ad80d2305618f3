#include "irsa/kube/api/objects.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/http/message/url.h"

#include "list_page.h"

namespace irsa::kube {
namespace {

using base::ErrorCode;
using base::Result;

constexpr size_t kShrink = 8;  // what a page that is too large is divided by

ApiRequest Request(std::string path, const base::Clock& clock, const ReadBounds& bounds) {
  ApiRequest request;
  request.path = std::move(path);
  request.deadline = clock.SteadyNow() + bounds.request_timeout;
  request.max_answer_bytes = bounds.max_answer_bytes;
  request.stop = bounds.stop;
  return request;
}

std::string PagePath(const ObjectList& list, size_t page_size, const std::string& token) {
  std::string path = list.path + "?limit=" + std::to_string(page_size);
  if (!list.query.empty()) path += "&" + list.query;
  if (!token.empty()) path += "&continue=" + http::EncodeComponent(token);
  return path;
}

}  // namespace

Result<base::Json> GetObject(ApiServer& server, const base::Clock& clock, const std::string& path,
                             const ReadBounds& bounds) {
  const std::string what = "get " + path;
  const Result<std::string> body = BodyOf(server.Send(Request(path, clock, bounds)), what);
  if (!body.ok()) return body.error();
  Result<base::Json> object = base::ReadJson(*body, {.max_bytes = bounds.max_answer_bytes});
  if (!object.ok()) return base::WithContext(std::move(object).error(), what + ": the apiserver's answer");
  return object;
}

base::Status ListObjects(ApiServer& server, const base::Clock& clock, const ObjectList& list,
                         const std::function<void(const ObjectView&)>& take, const ReadBounds& bounds) {
  const std::string what = "list " + list.path;
  size_t page_size = list.page_size;
  std::string token;
  ListProgress progress;
  do {
    Result<ApiAnswer> answer = server.Send(Request(PagePath(list, page_size, token), clock, bounds));
    if (answer.FailedWith(ErrorCode::kTooLarge) && page_size > 1) {
      page_size = std::max<size_t>(1, page_size / kShrink);
      continue;
    }
    const Result<std::string> body = BodyOf(std::move(answer), what);
    if (!body.ok()) return body.error();
    Result<ListPage> page = ReadListPage(*body, bounds.max_answer_bytes, take);
    if (!page.ok()) return base::WithContext(std::move(page).error(), what);
    if (base::Status status = progress.Take(*page); !status.ok()) return WithContext(status.error(), what);
    token = std::move(page->continue_token);
    if (token.empty()) return {};
  } while (true);
}

std::string CollectionPath(std::string_view group_version, std::string_view namespace_name, std::string_view plural) {
  std::string path = "/" + std::string(group_version);
  if (!namespace_name.empty()) path.append("/namespaces/").append(namespace_name);
  return path.append("/").append(plural);
}

}  // namespace irsa::kube
