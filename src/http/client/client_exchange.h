// One request and its answer over a connection.
#pragma once

#include "irsa/base/result.h"
#include "irsa/http/client/client.h"

#include "client_connection.h"
#include "http/socket/wait.h"

namespace irsa::http {

struct ExchangeResult {
  base::Result<ClientResponse> response;  // errors say what failed, not where
  bool got_bytes = false;                 // of an answer
  bool may_reuse = false;                 // the answer ended where it should and both sides keep the connection
};

ExchangeResult RunExchange(const ClientRequest& request, ClientConnection& connection, Wait& wait);

}  // namespace irsa::http
