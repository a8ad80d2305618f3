#include "list_page.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/url.h"

namespace irsa::kube {
namespace {

using base::Json;

constexpr size_t kShrink = 8;  // what the size of a page that is too large is divided by

Result<std::vector<ObjectView>> ReadItems(const Json& list) {
  std::vector<ObjectView> views;
  const Json* items = base::FindMember(list, "items");
  if (items == nullptr) return views;  // how Go writes an empty list
  if (!items->is_array()) return base::WrongType("items", "an array", *items);
  views.reserve(items->size());
  for (const Json& item : *items) {
    const Result<ObjectView> view = ViewObject(item);
    if (!view) return base::WithContext(view.error(), "item " + std::to_string(views.size() + 1));
    views.push_back(*view);
  }
  return views;
}

}  // namespace

Result<ListPage> ReadListPage(std::string_view text, size_t max_bytes,
                              const std::function<void(const ObjectView&)>& take) {
  const Result<Json> list = base::ReadJson(text, {.max_bytes = max_bytes});
  if (!list) return base::WithContext(list.error(), "a list");
  ListPage page{.continue_token = std::string(MetadataText(*list, "continue")),
                .resource_version = std::string(MetadataText(*list, "resourceVersion"))};
  if (page.resource_version.empty()) return Error{ErrorCode::kInvalid, "a list: it has no metadata.resourceVersion"};
  const Result<std::vector<ObjectView>> items = ReadItems(*list);
  if (!items) return base::WithContext(items.error(), "a list");
  page.items = items->size();
  for (const ObjectView& item : *items) take(item);
  return page;
}

Status ListProgress::Take(const ListPage& page) {
  if (page.continue_token.empty()) return {};
  empty_pages_ = page.items == 0 ? empty_pages_ + 1 : 0;
  if (page.continue_token == last_token_ || empty_pages_ == kMaxEmptyPages) {
    return Error{ErrorCode::kInvalid, "a list that does not end: the apiserver repeats its continue token or sends " +
                                          std::to_string(kMaxEmptyPages) + " empty pages in a row"};
  }
  last_token_ = page.continue_token;
  return {};
}

PagedList::PagedList(ApiServer& server, const base::Clock& clock, ObjectList list, ReadBounds bounds)
    : server_(server), clock_(clock), list_(std::move(list)), bounds_(std::move(bounds)), page_size_(list_.page_size) {}

Result<ApiAnswer> PagedList::Ask() {
  while (true) {
    ApiRequest request;
    request.path = list_.path + "?limit=" + std::to_string(page_size_);
    if (!list_.query.empty()) request.path += "&" + list_.query;
    if (!token_.empty()) request.path += "&continue=" + base::EncodeComponent(token_);
    request.deadline = clock_.SteadyNow() + bounds_.request_timeout;
    request.max_answer_bytes = bounds_.max_answer_bytes;
    request.stop = bounds_.stop;
    Result<ApiAnswer> answer = server_.Send(request);
    if (!answer.FailedWith(ErrorCode::kTooLarge) || page_size_ == 1) return answer;
    page_size_ = std::max<size_t>(1, page_size_ / kShrink);
  }
}

Result<ListPage> PagedList::Read(Result<ApiAnswer> answer, const std::function<void(const ObjectView&)>& take) {
  const std::string what = "list " + list_.path;
  const Result<std::string> body = BodyOf(std::move(answer), what);
  if (!body.ok()) return body.error();
  Result<ListPage> page = ReadListPage(*body, bounds_.max_answer_bytes, take);
  if (!page.ok()) return base::WithContext(std::move(page).error(), what);
  if (Status status = progress_.Take(*page); !status.ok()) return base::WithContext(status.error(), what);
  token_ = page->continue_token;
  return page;
}

void PagedList::StartAnew() {
  token_.clear();
  progress_ = {};
}

}  // namespace irsa::kube
