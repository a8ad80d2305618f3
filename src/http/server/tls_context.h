// The server's TLS settings, made once, for OpenSSL.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/types.h>

#include "irsa/base/result.h"
#include "irsa/crypto/key_pair.h"
#include "irsa/http/server/server.h"

namespace irsa::http {

// A socket, and how many bytes may still be read from it before it is as if nothing more had arrived: records without
// data (a client that changes its keys again and again, RFC 8446, 4.6.3) are read on and on within one SSL_read.
struct TlsSocket {
  int fd;
  size_t readable_bytes = 0;

  // Bytes that were read before OpenSSL may see them, because they are, or may be, the client's hello: it may read up
  // to early_end of them, and goes on from there as from the socket unless the hello is to be seen a second time.
  std::string early = {};
  size_t early_begin = 0;
  size_t early_end = 0;
  bool awaits_hello = true;  // the client's next message is a hello, of which not all is in `early`
};

// Only http/1.1 by ALPN; no renegotiation, no compression, and no resumption of sessions: the apiserver does not ask
// for it, and what a ticket says about a client's certificate would outlive a change of the CA. Immutable; for any
// number of threads.
class TlsContext {
 public:
  // kInvalid and kMalformed name the option. The certificate is asked for at each handshake.
  static Result<std::unique_ptr<TlsContext>> Make(const TlsOptions& options);

  SSL_CTX* get() const { return context_.get(); }

  // A connection's TLS with its way to the socket, which outlives it: as OpenSSL's own socket BIO, but never raising
  // SIGPIPE, and within the bounds that the TlsSocket sets. Null when memory is out.
  SSL* MakeSsl(TlsSocket& socket) const;

 private:
  TlsContext();

  crypto::OpenSslPtr<SSL_CTX> context_;
  crypto::OpenSslPtr<BIO_METHOD> bio_method_;
};

}  // namespace irsa::http
