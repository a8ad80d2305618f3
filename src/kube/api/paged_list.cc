#include "paged_list.h"

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

PagedList::PagedList(ApiServer& server, const base::Clock& clock, ObjectList list, ReadBounds bounds)
    : server_(server), clock_(clock), list_(std::move(list)), bounds_(std::move(bounds)), page_size_(list_.page_size) {}

Result<ApiAnswer> PagedList::Ask() {
  while (true) {
    ApiRequest request;
    request.verb = Verb::kList;
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

Result<std::string> PagedList::Read(Result<ApiAnswer> answer, const std::function<void(const ObjectView&)>& take) {
  const std::string what = "list " + list_.path;
  const Result<std::string> body = BodyOf(std::move(answer), what);
  if (!body.ok()) return body.error();
  const auto no_list = [&what](const Error& error) { return base::WithContext(error, what + ": a list"); };
  const Result<Json> list = base::ReadJson(*body, {.max_bytes = bounds_.max_answer_bytes});
  if (!list) return no_list(list.error());
  std::string version(base::TextAt(*list, {"metadata", "resourceVersion"}));
  if (version.empty()) return no_list({ErrorCode::kInvalid, "it has no metadata.resourceVersion"});
  const Result<std::vector<ObjectView>> items = ReadItems(*list);
  if (!items) return no_list(items.error());
  for (const ObjectView& item : *items) take(item);
  std::string last_token = std::exchange(token_, base::TextAt(*list, {"metadata", "continue"}));
  if (token_.empty()) return version;
  empty_pages_ = items->empty() ? empty_pages_ + 1 : 0;
  if (token_ != last_token && empty_pages_ < kMaxEmptyPages) return version;
  return Error{ErrorCode::kInvalid,
               what + ": a list that does not end: the apiserver repeats its continue token or sends " +
                   std::to_string(kMaxEmptyPages) + " empty pages in a row"};
}

void PagedList::StartAnew() {
  token_.clear();
  empty_pages_ = 0;
}

}  // namespace irsa::kube
