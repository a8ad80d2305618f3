// An HTTP/1.1 client: one request, one answer, within a deadline and limits. What talks to a cluster, fetches discovery
// documents and key sets is written against this interface; NetworkClient is the real one.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"
#include "irsa/base/url.h"

namespace irsa::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  std::string method = "GET";
  base::Url url;
  Headers headers;  // beside Host, Content-Length, User-Agent and Accept-Encoding, which are the client's
  std::string body;
  base::SteadyTime deadline;        // of the whole exchange: connecting, sending, and the answer's last byte
  size_t max_body_bytes = 1 << 20;  // of the answer's body that is kept
  std::stop_token stop = {};        // ends the exchange at once, from any thread
  // Takes the body of an answer with status 200 to 299 piece by piece, as it arrives and however long it is; false ends
  // the exchange, which then has succeeded. Called from the thread that called Send.
  std::function<bool(std::string_view piece)> on_body = {};
};

struct ClientResponse {
  int status = 0;
  Headers headers;   // names in lower case
  std::string body;  // empty when on_body took it
};

// The first value of that name (in lower case); null when there is none.
const std::string* FindHeader(const ClientResponse& response, std::string_view name);

// Implementations may be called from any thread, and from several at once.
class Client {
 public:
  virtual ~Client() = default;

  // An answer of any status, redirects among them: they are not followed. Errors name the origin (scheme, host and
  // port), never a path, header or body: kUnavailable when there is no whole answer (connecting, TLS, a cut, deadline,
  // stop), kMalformed for bytes that are no HTTP answer or a body in an encoding that was not asked for, kTooLarge over
  // max_body_bytes, kInvalid for a request that cannot be sent.
  virtual Result<ClientResponse> Send(const ClientRequest& request) = 0;
};

}  // namespace irsa::http
