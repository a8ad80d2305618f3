// An HTTP/1.1 server, over TLS or plain, for a few fixed paths and bounded untrusted input. Nothing outside this module
// knows which library parses HTTP.
//
// What it answers by itself, before a handler runs: 404 for an unknown path, 405 (with Allow) for another method,
// 411/400 for a body without a readable length, 413 over max_body_bytes (announced or sent in chunks), 415 for another
// content type than the route's (parameters allowed) or any Content-Encoding but identity, 414/431 for oversized
// request lines and headers, 500 when a handler throws. A refusal that leaves a body unread closes the connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/tls/live_certificate.h"

namespace irsa::http {

struct Request {
  std::string method;
  std::string path;                                        // without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::string body;
  base::SteadyTime deadline;  // of the server: when request_timeout is over
};

// The first value of that name; null when there is none.
const std::string* FindQuery(const Request& request, std::string_view name);

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;  // send Connection: close and end the connection
};

// Called from any of the server's threads, several at once.
using Handler = std::function<Response(Request&)>;

struct Route {
  std::string method;        // GET also answers HEAD
  std::string path;          // compared whole, without the query
  std::string content_type;  // of the body it takes: "application/json"; empty for a route that takes no body
  Handler handler;
};

struct TlsOptions {
  const tls::LiveCertificate* certificate = nullptr;  // outlives the server
  int min_version = 0x0303;                           // TLS1_2_VERSION or TLS1_3_VERSION
  std::string cipher_suites;                          // IANA names separated by commas; empty: OpenSSL's choice
  std::string client_ca_pem;                          // when not empty, a client certificate that it signed is required
};

struct ServerOptions {
  std::string bind_address;  // empty: all, IPv6 and IPv4
  int port = 0;              // 0: any free one
  std::optional<TlsOptions> tls;
  size_t threads = 0;  // 0: as many as there are cores
  size_t max_connections = 4096;
  size_t max_body_bytes = 7 << 20;
  std::chrono::milliseconds request_timeout{5000};  // from the first byte of a request to its last, and again to answer
  std::chrono::milliseconds idle_timeout{
      120000};  // the apiserver keeps idle connections for 90 s: ours must last longer
  // Called when a handler threw, with the path and what(); from any of the server's threads.
  std::function<void(std::string_view path, std::string_view what)> on_exception;
};

// Listens and serves from construction (Start) to destruction.
class Server {
 public:
  // kInvalid for options that cannot be (an unknown cipher suite), kUnavailable when the address cannot be bound; both
  // name the value.
  static base::Result<std::unique_ptr<Server>> Start(ServerOptions options, std::vector<Route> routes);

  virtual ~Server() = default;  // drains with a timeout of 0
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  virtual int port() const = 0;
  virtual size_t connection_count() const = 0;

  // Stops accepting, closes idle connections, answers what is in flight with Connection: close; returns when all are
  // closed or at the timeout, then closes the rest. True when nothing was cut off. Once; from any thread but a
  // handler's.
  virtual bool Drain(std::chrono::milliseconds timeout) = 0;

 protected:
  Server() = default;
};

}  // namespace irsa::http
