#include "irsa/http/message/message.h"

#include <algorithm>
#include <utility>

#include "irsa/base/text.h"

namespace irsa::http {

const std::string* FindQuery(const Request& request, std::string_view name) {
  const auto found = std::ranges::find(request.query, name, &std::pair<std::string, std::string>::first);
  return found == request.query.end() ? nullptr : &found->second;
}

std::string JoinedHeader(std::span<const std::pair<std::string, std::string>> headers, std::string_view name) {
  std::string joined;
  bool is_first = true;
  for (const auto& [other, value] : headers) {
    if (!base::EqualsIgnoringCase(other, name)) continue;
    joined.append(is_first ? "" : ", ").append(value);
    is_first = false;
  }
  return joined;
}

Response TextResponse(int status, std::string text) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

}  // namespace irsa::http
