// The values of an HTTP server: a request, its answer, and the route that selects a handler.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "irsa/base/clock.h"

namespace irsa::http {

// A parser may append that much unused capacity to a request's body without a copy.
inline constexpr size_t kBodyPadding = 64;

struct Request {
  std::string method;
  std::string path;  // without the query
  // Decoded; ordered by name, equal names in the order sent, an identical pair only once.
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;  // as sent; empty unless the route wants them
  std::string body;                                          // its capacity is kBodyPadding over its size
  base::SteadyTime begin = {};                               // when its first bytes were read
  base::SteadyTime deadline = {};                            // of the server: when request_timeout is over
  std::string peer_address = {};  // the client's IP address, "192.0.2.1"; empty unless the route wants it
};

// The first value of that name; null when there is none.
const std::string* FindQuery(const Request& request, std::string_view name);

// All values of the header of that name, in the order sent, with ", " between them (RFC 9110 section 5.3).
std::string JoinedHeader(std::span<const std::pair<std::string, std::string>> headers, std::string_view name);

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool close = false;  // send Connection: close and end the connection
};

// `text` as it is, in plain text.
Response TextResponse(int status, std::string text);

// Called from any of the server's threads, several at once. It holds its thread until it returns.
using Handler = std::function<Response(Request&)>;

struct Route {
  std::string method;        // GET also answers HEAD
  std::string path;          // compared whole and as sent (not percent-decoded), without the query
  std::string content_type;  // of the body it takes: "application/json"; empty for a route that takes no body
  Handler handler;
  bool wants_headers = false;  // fill Request::headers
  bool wants_peer = false;     // fill Request::peer_address
  // Whether a request without a body is served as well, whatever its content type.
  bool is_body_optional = false;
};

// Why the server answers a request by itself.
struct Refusal {
  int status = 400;
  std::string reason;  // one sentence; quotes nothing that was sent
  std::string header;  // one more header line of the answer ("Allow: POST"), or empty

  bool operator==(const Refusal&) const = default;
};

// Writes the answer to a refused request in the form that clients of the API understand: its content type, body and
// headers count; the status is the refusal's. `accept` is what JoinedHeader finds for "accept"; empty when the headers
// could not be read. Called from any thread; must not throw anything but std::bad_alloc.
using RefusalWriter = std::function<Response(const Refusal& refusal, std::string_view accept)>;

// Takes the path and what() of an exception that no handler should throw; "" for one met outside of any request.
using OnException = std::function<void(std::string_view path, std::string_view what)>;

}  // namespace irsa::http
