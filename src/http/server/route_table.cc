#include "route_table.h"

#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/text.h"

namespace irsa::http {
namespace {

using base::EqualsIgnoringCase;

bool TakesMethod(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

std::optional<Refusal> RefuseBody(const Route& route, const RequestHead& head, size_t max_body_bytes) {
  if (route.content_type.empty()) {
    if (head.HasBody()) return Refusal{400, "this path accepts no body", {}};
    return std::nullopt;
  }
  if (route.is_body_optional && !head.HasBody()) return std::nullopt;
  if (head.body == RequestHead::Body::kNone) return Refusal{411, "the body's length is missing", {}};
  if (!EqualsIgnoringCase(head.content_type, route.content_type)) {
    return Refusal{415, "the body's type must be " + route.content_type, {}};
  }
  if (head.content_length > max_body_bytes) {
    return Refusal{413, "the body has more than the limit of " + std::to_string(max_body_bytes) + " bytes", {}};
  }
  return std::nullopt;
}

}  // namespace

std::variant<const Route*, Refusal> RouteTable::Admit(const RequestHead& head, size_t max_body_bytes) const {
  auto found = Find(head);
  if (std::holds_alternative<Refusal>(found)) return found;
  if (head.expectation == RequestHead::Expectation::kUnknown) {
    return Refusal{417, "the only supported expectation is 100-continue", {}};
  }
  if (head.is_encoded) return Refusal{415, "the body must not be compressed or otherwise encoded", {}};
  auto refusal = RefuseBody(*std::get<const Route*>(found), head, max_body_bytes);
  if (refusal) return *std::move(refusal);
  return found;
}

std::variant<const Route*, Refusal> RouteTable::Find(const RequestHead& head) const {
  std::string allowed;
  for (const Route& route : routes_) {
    if (route.path != head.path()) continue;
    if (TakesMethod(route, head.method)) return &route;
    allowed += (allowed.empty() ? "" : ", ") + route.method;
    if (route.method == "GET") allowed += ", HEAD";
  }
  if (allowed.empty()) return Refusal{404, "no such path", {}};
  return Refusal{405, "this path accepts only " + allowed, "Allow: " + allowed};
}

}  // namespace irsa::http
