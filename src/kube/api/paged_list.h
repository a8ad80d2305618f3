// Lists, page by page.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/api/objects.h"

namespace irsa::kube {

// A list that is being read. A page over the limit is asked for again in smaller ones.
class PagedList {
 public:
  static constexpr size_t kMaxEmptyPages = 100;

  PagedList(ApiServer& server, const base::Clock& clock, ObjectList list, ReadBounds bounds);

  // Asks for the next page: an answer of any status.
  Result<ApiAnswer> Ask();

  // Hands on the objects of the page that the answer holds, in order; what an object points to is gone afterwards.
  // Returns the resource version of the state that all pages of the list show. An error, of whichever kind, begins with
  // "list PATH". Before the first object is handed on: those of BodyOf, kTooLarge, kMalformed, and kInvalid for what is
  // no list, naming the item. After it, kInvalid for a list that gets nowhere, since a server that hands out tokens for
  // ever would be asked for ever, without a pause: it repeats a token, or sends kMaxEmptyPages with nothing but a
  // token.
  Result<std::string> Read(Result<ApiAnswer> answer, const std::function<void(const ObjectView&)>& take);

  // Whether the next page is not the first one.
  bool has_begun() const { return !token_.empty(); }
  void StartAnew();

 private:
  ApiServer& server_;
  const base::Clock& clock_;
  const ObjectList list_;
  const ReadBounds bounds_;
  size_t page_size_;
  std::string token_;  // of the next page
  size_t empty_pages_ = 0;
};

}  // namespace irsa::kube
