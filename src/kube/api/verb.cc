#include <algorithm>
#include <string_view>
#include <vector>

#include "irsa/kube/api/api_server.h"

namespace irsa::kube {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool IsWatch(std::string_view query) {
  const auto parameters = Split(query, '&');
  return std::any_of(parameters.begin(), parameters.end(), [](std::string_view parameter) {
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
  const std::string_view path = request.path;
  const size_t query = std::min(path.find('?'), path.size());
  if (!IsCollection(path.substr(0, query))) return "get";
  return IsWatch(path.substr(std::min(query + 1, path.size()))) ? "watch" : "list";
}

}  // namespace irsa::kube
