// One connection of a client: a socket that never blocks by itself, with TLS on it when the origin is https.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "irsa/base/descriptor.h"
#include "irsa/base/result.h"
#include "irsa/http/client_tls.h"
#include "irsa/http/url.h"

#include "wait.h"

namespace irsa::http {

// For one thread at a time. Errors are kUnavailable and say what failed, not where.
class ClientConnection {
 public:
  // Tries the host's addresses one after the other until one answers; `tls` is null for http.
  static base::Result<std::unique_ptr<ClientConnection>> Open(const Url& url, std::shared_ptr<const ClientTls> tls,
                                                              Wait& wait);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // How many bytes arrived, at least one; 0 when the other side has properly ended the connection.
  base::Result<size_t> Read(char* out, size_t size, Wait& wait);
  base::Status Write(std::string_view bytes, Wait& wait);

  // Whether it is open and nothing has arrived: fit for another request. Does not block.
  bool IsQuiet();

  const std::string& origin() const { return origin_; }
  const std::shared_ptr<const ClientTls>& tls() const { return tls_; }

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const;
  };

  ClientConnection(base::Descriptor socket, std::string origin, std::shared_ptr<const ClientTls> tls);
  base::Status Handshake(const std::string& host, Wait& wait);
  base::Status WaitForSsl(int ssl_error, std::string_view action, Wait& wait);
  base::Result<size_t> ReadSocket(char* out, size_t size, Wait& wait);
  base::Result<size_t> ReadSsl(char* out, size_t size, Wait& wait);
  base::Status WriteSocket(std::string_view bytes, Wait& wait);
  base::Status WriteSsl(std::string_view bytes, Wait& wait);

  base::Descriptor socket_;
  std::string origin_;
  std::shared_ptr<const ClientTls> tls_;
  std::unique_ptr<SSL, SslDeleter> ssl_;  // null for http
};

}  // namespace irsa::http
