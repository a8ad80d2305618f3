// The server's TLS settings, made once, for OpenSSL.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/types.h>

#include "irsa/base/result.h"
#include "irsa/http/server.h"
#include "irsa/tls/key_pair.h"

namespace irsa::http {

// A socket, and how many bytes may still be read from it before it is as if nothing more had arrived: records without
// data (a client that changes its keys again and again, RFC 8446, 4.6.3) are read on and on within one SSL_read.
struct TlsSocket {
  int fd;
  size_t readable_bytes;
};

// Only http/1.1 by ALPN; no renegotiation, no compression, and no resumption of sessions: the apiserver does not ask
// for it, and what a ticket says about a client's certificate would outlive a change of the CA. Immutable; for any
// number of threads.
class TlsContext {
 public:
  // kInvalid and kMalformed name the option. The certificate is asked for at each handshake.
  static base::Result<std::unique_ptr<TlsContext>> Make(const TlsOptions& options);

  SSL_CTX* get() const { return context_.get(); }

  // OpenSSL's way to the socket, which outlives it: as its own socket BIO, but never raising SIGPIPE, and within the
  // bound. Null when memory is out.
  BIO* MakeBio(TlsSocket& socket) const;

 private:
  struct BioMethodDeleter {
    void operator()(BIO_METHOD* method) const;
  };

  TlsContext();

  std::unique_ptr<SSL_CTX, tls::OpenSslDeleter> context_;
  std::unique_ptr<BIO_METHOD, BioMethodDeleter> bio_method_;
};

}  // namespace irsa::http
