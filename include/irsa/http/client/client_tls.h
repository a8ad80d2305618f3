// The CAs that a client trusts, and the certificate that it presents, in its TLS connections.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <openssl/types.h>

#include "irsa/base/result.h"
#include "irsa/crypto/key_pair.h"

namespace irsa::http {

struct ClientTlsOptions {
  std::string ca_pem;             // certificates that are trusted as they are, be they roots or not
  bool trust_system_cas = false;  // those of the operating system as well
  // The name that the server's certificate must have, and that it is asked for, in place of the URL's host.
  std::string server_name;
  std::shared_ptr<const crypto::KeyPair> certificate;  // shown to a server that asks for one
};

// TLS 1.2 at least; the server's certificate must lead to a trusted one and have the host among its subject alternative
// names (a name or an IP address; its common name does not count). Immutable, for any number of threads.
class ClientTls {
 public:
  // kMalformed or kInvalid when ca_pem holds no usable certificate, or when no CA would be trusted at all.
  static Result<std::shared_ptr<const ClientTls>> Make(const ClientTlsOptions& options);

  SSL_CTX* context() const { return context_.get(); }
  const std::string& server_name() const { return server_name_; }

 private:
  using ContextPtr = crypto::OpenSslPtr<SSL_CTX>;
  ClientTls(ContextPtr context, std::string server_name)
      : context_(std::move(context)), server_name_(std::move(server_name)) {}

  ContextPtr context_;
  std::string server_name_;
};

}  // namespace irsa::http
