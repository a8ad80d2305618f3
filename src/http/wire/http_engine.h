// The seam to cpp-httplib: a whole request in memory goes in, the text of its answer comes out. And the answers that
// the server gives by itself, without a handler.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/http/message/message.h"

#include "request_head.h"

namespace irsa::http {

// Runs the handler of a route between cpp-httplib's reading of the request line (target and query) and its writing of
// the answer. The library is shown nothing else of the request: lengths, encodings, ranges and expectations are the
// framer's business, so that the two cannot disagree about where a request ends, and the library finds no reason to
// decompress a body, compress an answer or cut a range out of it. For one thread.
class HttpEngine {
 public:
  struct Exchange {
    const RequestHead& head;
    const std::string& head_text;
    const Route& route;
    std::string body;
    base::SteadyTime begin;
    base::SteadyTime deadline;
    std::string peer_address = {};
  };

  // Once `sends_clients_away`, every answer closes its connection. It outlives the engine. `write_refusal` words the
  // answer when a handler throws.
  HttpEngine(OnException on_exception, const std::atomic<bool>& sends_clients_away, RefusalWriter write_refusal = {});
  ~HttpEngine();
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  // Appends the answer to `out`. Whether the connection may be kept open.
  bool Answer(Exchange exchange, std::string& out);

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

// The answer as `writer` words it, or in plain text when there is none.
Response RefusalResponse(const Refusal& refusal, const RefusalWriter& writer, std::string_view accept);

enum class Persistence { kKeepAlive, kClose };   // of the connection, as the answer tells the client
enum class AnswerParts { kHeadAndBody, kHead };  // the head alone answers a HEAD request

// The whole answer: status and header of `refusal`, the rest of `response`.
std::string WriteRefusal(const Refusal& refusal, const Response& response, Persistence persistence, AnswerParts parts);

}  // namespace irsa::http
