// Which handler a request is for, decided from its head alone: what is refused here has not sent its body yet.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include "irsa/http/message/message.h"

#include "http/wire/request_head.h"

namespace irsa::http {

// Immutable; for any number of threads.
class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // In this order: 404, 405, 417, 415 (encoding), 411, 415 (type), 413 over max_body_bytes. 400 for a body where the
  // route takes none. The route lives as long as the table.
  std::variant<const Route*, Refusal> Admit(const RequestHead& head, size_t max_body_bytes) const;

 private:
  std::variant<const Route*, Refusal> Find(const RequestHead& head) const;

  std::vector<Route> routes_;
};

}  // namespace irsa::http
