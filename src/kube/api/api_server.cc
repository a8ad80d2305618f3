#include "irsa/kube/api/api_server.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/text.h"

namespace irsa::kube {
namespace {

// Of a Status object's message: a refusal by an admission plug-in can quote a whole object.
constexpr size_t kMaxMessage = 1024;

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400:
    case 422:
      return ErrorCode::kInvalid;
    case 401:
    case 403:
      return ErrorCode::kDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
      return ErrorCode::kConflict;
    case 413:
      return ErrorCode::kTooLarge;
    default:
      return ErrorCode::kUnavailable;
  }
}

// The message of the Status object that an apiserver's refusal carries; "" for any other body, such as a proxy's page.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
std::string StatusMessage(std::string_view body) {
  const auto json = base::ReadJson(body);
  if (!json.ok() || base::TextAt(*json, {"kind"}) != "Status") return "";
  return base::Shortened(std::string(base::TextAt(*json, {"message"})), kMaxMessage);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::string_view part = base::TakeUntil(separator, text);
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

bool IsWatch(std::string_view query) {
  return std::ranges::any_of(Split(query, '&'), [](std::string_view parameter) {
    return parameter == "watch=1" || parameter == "watch=true" || parameter == "watch";
  });
}

// Whether the path names a collection: /api/v1/pods, /apis/GROUP/VERSION/namespaces/NAMESPACE/leases.
bool IsCollection(std::string_view path) {
  std::vector<std::string_view> parts = Split(path, '/');
  const size_t prefix = parts.empty() ? 0 : parts[0] == "api" ? 2 : parts[0] == "apis" ? 3 : 0;
  if (prefix == 0 || parts.size() <= prefix) return false;
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(prefix));
  const bool is_namespaced = parts.size() > 2 && parts[0] == "namespaces";
  return parts.size() == (is_namespaced ? 3 : 1);
}

}  // namespace

std::string_view VerbOf(const ApiRequest& request) {
  if (request.method == "POST") return "create";
  if (request.method == "PUT") return "update";
  if (request.method == "PATCH") return request.content_type == kServerSideApply ? "apply" : "patch";
  if (request.method == "DELETE") return "delete";
  if (request.method != "GET") return "other";
  std::string_view query = request.path;
  const std::string_view path = base::TakeUntil('?', query);
  if (!IsCollection(path)) return "get";
  return IsWatch(query) ? "watch" : "list";
}

Result<std::string> BodyOf(Result<ApiAnswer> answer, std::string_view what) {
  if (!answer.ok()) return base::WithContext(std::move(answer).error(), what);
  if (answer->status >= 200 && answer->status < 300) return std::move(answer->body);
  std::string message = "the apiserver answered " + std::to_string(answer->status);
  if (const std::string reason = StatusMessage(answer->body); !reason.empty()) message += ": " + reason;
  return base::WithContext({CodeOf(answer->status), std::move(message)}, what);
}

}  // namespace irsa::kube
