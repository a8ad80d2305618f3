// A proxy's CONNECT (RFC 9110 section 9.3.6).
#pragma once

#include "irsa/base/result.h"
#include "irsa/http/client/proxy.h"
#include "irsa/http/message/url.h"

#include "client_connection.h"
#include "http/socket/wait.h"

namespace irsa::http {

// Over a connection to the proxy: afterwards what is written to it reaches the URL's host and port. Errors say what
// failed: kUnavailable when the proxy refuses, with its status, or the connection fails; kMalformed for no answer of
// HTTP.
base::Status OpenTunnel(const Url& url, const Proxy& proxy, ClientConnection& connection, Wait& wait);

}  // namespace irsa::http
