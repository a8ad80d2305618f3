// One request and its answer over a connection, and a proxy's CONNECT (RFC 9110 section 9.3.6).
#pragma once

#include "irsa/base/result.h"
#include "irsa/base/url.h"
#include "irsa/http/client/client.h"
#include "irsa/http/client/proxy.h"

#include "client_connection.h"
#include "http/socket/wait.h"

namespace irsa::http {

struct ExchangeResult {
  base::Result<ClientResponse> response;  // errors say what failed, not where
  bool got_bytes = false;                 // of an answer
  bool may_reuse = false;                 // the answer ended where it should and both sides keep the connection
};

ExchangeResult RunExchange(const ClientRequest& request, ClientConnection& connection, Wait& wait);

// Over a connection to the proxy: afterwards what is written to it reaches the URL's host and port. Errors say what
// failed: kUnavailable when the proxy refuses, with its status, or the connection fails; kMalformed for no answer of
// HTTP.
base::Status OpenTunnel(const base::Url& url, const Proxy& proxy, ClientConnection& connection, Wait& wait);

}  // namespace irsa::http
