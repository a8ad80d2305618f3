// Owners of OpenSSL's objects, for tests that are both ends of a connection.
#pragma once

#include <memory>

#include <openssl/ssl.h>

namespace irsa::http {

struct SslDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, SslDeleter>;
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

}  // namespace irsa::http
