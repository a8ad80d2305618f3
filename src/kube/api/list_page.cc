#include "list_page.h"

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace irsa::kube {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;
using base::Result;

Result<std::vector<ObjectView>> ReadItems(const Json& list) {
  std::vector<ObjectView> views;
  const Json* items = base::FindMember(list, "items");
  if (items == nullptr) return views;  // how Go writes an empty list
  if (!items->is_array()) {
    return Error{ErrorCode::kInvalid, "items is not an array but of type " + std::string(items->type_name())};
  }
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

base::Status ListProgress::Take(const ListPage& page) {
  if (page.continue_token.empty()) return {};
  empty_pages_ = page.items == 0 ? empty_pages_ + 1 : 0;
  if (page.continue_token == last_token_ || empty_pages_ == kMaxEmptyPages) {
    return Error{ErrorCode::kInvalid, "a list that does not end: the apiserver repeats its continue token or sends " +
                                          std::to_string(kMaxEmptyPages) + " empty pages in a row"};
  }
  last_token_ = page.continue_token;
  return {};
}

}  // namespace irsa::kube
