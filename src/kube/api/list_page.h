// Lists, page by page.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/object_view.h"
#include "irsa/kube/api/objects.h"

namespace irsa::kube {

struct ListPage {
  std::string continue_token;    // empty: it is the last page
  std::string resource_version;  // the state that all pages of the list show
  size_t items = 0;

  bool operator==(const ListPage&) const = default;
};

// Hands on the page's objects in order; what an object points to is gone afterwards. Errors, before the first object is
// handed on: kTooLarge, kMalformed, and kInvalid for what is no list, naming the item.
Result<ListPage> ReadListPage(std::string_view text, size_t max_bytes,
                              const std::function<void(const ObjectView&)>& take);

// Whether a list gets anywhere. A server that hands out tokens for ever would be asked for ever, without a pause.
class ListProgress {
 public:
  // After each page. kInvalid when the same token comes twice in a row, or kMaxEmptyPages in a row have no items but a
  // token.
  Status Take(const ListPage& page);

  static constexpr size_t kMaxEmptyPages = 100;

 private:
  std::string last_token_;
  size_t empty_pages_ = 0;
};

// A list that is being read. A page over the limit is asked for again in smaller ones.
class PagedList {
 public:
  PagedList(ApiServer& server, const base::Clock& clock, ObjectList list, ReadBounds bounds);

  // Asks for the next page: an answer of any status.
  Result<ApiAnswer> Ask();

  // What the answer holds, its objects handed on; an error, of whichever kind, begins with "list PATH".
  Result<ListPage> Read(Result<ApiAnswer> answer, const std::function<void(const ObjectView&)>& take);

  // Whether the next page is not the first one.
  bool has_begun() const { return !token_.empty(); }
  void StartAnew();

 private:
  ApiServer& server_;
  const base::Clock& clock_;
  const ObjectList list_;
  const ReadBounds bounds_;
  size_t page_size_;
  std::string token_;
  ListProgress progress_;
};

}  // namespace irsa::kube
