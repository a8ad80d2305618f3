// Requests to a cluster's kube-apiserver, behind an interface: what lists, watches and writes objects is written and
// tested against it; ApiClient (api_client.h) is the real one.
// https://kubernetes.io/docs/reference/using-api/api-concepts/
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"

namespace irsa::kube {

// What the API calls a request, as audit logs and RBAC rules do.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
enum class Verb {
  kGet,
  kList,
  kWatch,
  kCreate,
  kUpdate,
  kPatch,  // by a JSON merge patch
  kApply,  // on the server's side
};

struct VerbText {
  std::string_view name;       // "list"
  std::string_view method;     // "GET"
  std::string_view body_type;  // the media type of the body, if there is one
};

const VerbText& TextOf(Verb verb);

inline constexpr std::string_view kJsonType = "application/json";

struct ApiRequest {
  Verb verb = Verb::kGet;
  std::string path;  // with its query, percent-encoded: "/api/v1/serviceaccounts?limit=500"
  std::string body;
  std::string_view accept = kJsonType;  // the apiserver's key set is another type, and nothing else will do for it
  base::SteadyTime deadline;            // of the whole exchange
  size_t max_answer_bytes = 8 << 20;    // of a body that is kept; on_body may take more
  std::stop_token stop = {};            // ends the exchange at once, from any thread
  // Takes the body of an answer with status 200 to 299 piece by piece, as it arrives; false ends the exchange, which
  // then has succeeded. Called from the thread that called Send.
  std::function<bool(std::string_view piece)> on_body = {};
};

struct ApiAnswer {
  int status = 0;
  std::string body;                                 // empty when on_body took it
  std::optional<std::chrono::seconds> retry_after;  // from Retry-After, when it is a number of seconds
};

// Implementations may be called from any thread, and from several at once.
class ApiServer {
 public:
  virtual ~ApiServer() = default;

  // An answer of any status. kUnavailable when there is no whole answer (connecting, TLS, a cut, deadline, stop); other
  // errors as http::Client's. Messages name the server, never a token.
  virtual Result<ApiAnswer> Send(const ApiRequest& request) = 0;
};

// The answer's body when its status is 200 to 299; else an error whose message is `what` ("get secret irsa/tls") with
// the status and the message of the Status object in the body, if it is one: kNotFound for 404, kConflict for 409,
// kDenied for 401 and 403, kInvalid for 400 and 422, kTooLarge for 413, kUnavailable for 408, 410, 429, 5xx and what is
// no such answer at all.
Result<std::string> BodyOf(Result<ApiAnswer> answer, std::string_view what);

}  // namespace irsa::kube
