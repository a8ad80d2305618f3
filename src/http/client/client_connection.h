// One connection of a client: a socket that never blocks by itself, to the origin or to a proxy, with TLS on it when
// the origin is https, and below that with the proxy's own TLS when that is https. And what goes over it: a proxy's
// CONNECT (RFC 9110 section 9.3.6), a request and its answer.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "irsa/base/descriptor.h"
#include "irsa/base/result.h"
#include "irsa/base/url.h"
#include "irsa/http/client/client.h"
#include "irsa/http/client/client_tls.h"
#include "irsa/http/client/proxy.h"

#include "http/socket/wait.h"

namespace irsa::http {

// What the client calls itself.
inline constexpr std::string_view kUserAgent = "irsa/" IRSA_VERSION;

// Of an answer; a server's and a proxy's.
inline constexpr size_t kMaxAnswerHeadBytes = 64 << 10;

// Where a connection leads, and how.
struct ConnectionTarget {
  base::Url url;
  std::optional<Proxy> proxy;            // none: directly
  std::shared_ptr<const ClientTls> tls;  // null when neither the URL nor the proxy is https
};

// For one thread at a time. Errors are kUnavailable and say what failed, not where.
class ClientConnection {
 public:
  // Tries the addresses of the URL's host, or the proxy's, one after the other until one answers. An https proxy has to
  // be trusted as the server is, and is shown no client certificate.
  static Result<std::unique_ptr<ClientConnection>> Open(ConnectionTarget target, Wait& wait);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // How many bytes arrived, at least one; 0 when the other side has properly ended the connection.
  Result<size_t> Read(char* out, size_t size, Wait& wait);
  Status Write(std::string_view bytes, Wait& wait);

  // Whether it is open and nothing has arrived: fit for another request. Does not block.
  bool IsQuiet();

  const std::string& origin() const { return origin_; }
  const std::shared_ptr<const ClientTls>& tls() const { return target_.tls; }
  // The proxy that requests are addressed to, which then forwards them; null when they are addressed to the origin.
  const Proxy* forwarder() const;

 private:
  ClientConnection(base::Descriptor socket, ConnectionTarget target);
  Status ReachOrigin(Wait& wait);
  Status ShakeHandsWithProxy(Wait& wait);
  Status ShakeHandsWithServer(Wait& wait);
  Status BeginTls();
  Status Handshake(const std::string& name, Wait& wait);
  Status WaitForSsl(int ssl_error, std::string_view action, Wait& wait);
  Result<size_t> ReadSocket(char* out, size_t size, Wait& wait);
  Result<size_t> ReadSsl(char* out, size_t size, Wait& wait);
  Status WriteSocket(std::string_view bytes, Wait& wait);
  Status WriteSsl(std::string_view bytes, Wait& wait);

  base::Descriptor socket_;
  const ConnectionTarget target_;
  const std::string origin_;
  crypto::OpenSslPtr<SSL> proxy_ssl_;  // below ssl_, when both proxy and origin are https
  crypto::OpenSslPtr<SSL> ssl_;        // what is read and written goes through it; null: the bare socket
};

struct ExchangeResult {
  Result<ClientResponse> response;  // errors say what failed, not where
  bool got_bytes = false;           // of an answer
  bool may_reuse = false;           // the answer ended where it should and both sides keep the connection
};

ExchangeResult RunExchange(const ClientRequest& request, ClientConnection& connection, Wait& wait);

// Over a connection to the proxy: afterwards what is written to it reaches the URL's host and port. Errors say what
// failed: kUnavailable when the proxy refuses, with its status, or the connection fails; kMalformed for no answer of
// HTTP.
Status OpenTunnel(const base::Url& url, const Proxy& proxy, ClientConnection& connection, Wait& wait);

}  // namespace irsa::http
