#include "test/integration/webhook_request.h"

namespace irsa::testing {

RawClientOptions TlsTo(int port) { return {.port = port, .tls = true}; }

std::string MutateRequest(std::string_view body, std::string_view further_headers) {
  return HttpRequest("POST", "/mutate?timeout=10s",
                     "Content-Type: application/json\r\nAccept-Encoding: gzip\r\n" + std::string(further_headers) +
                         (body.empty() ? "Content-Length: 0\r\n" : ""),
                     body);
}

RawAnswer Exchange(int port, std::string_view request) {
  RawClient client(TlsTo(port));
  client.Send(request);
  return ReceiveFrom(client);
}

RawAnswer ReceiveFrom(RawClient& client) { return client.Receive().value_or(RawAnswer()); }

}  // namespace irsa::testing
