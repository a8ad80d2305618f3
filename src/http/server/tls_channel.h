// A connection with TLS, the server's side.
#pragma once

#include <memory>
#include <utility>

#include <openssl/types.h>

#include "irsa/base/descriptor.h"

#include "client_hello_framer.h"
#include "http/socket/byte_channel.h"
#include "tls_context.h"

namespace irsa::http {

class TlsChannel final : public ByteChannel {
 public:
  // `socket` does not block. `context` outlives the channel. Holds next to nothing before the first Handshake.
  TlsChannel(base::Descriptor socket, const TlsContext& context)
      : socket_(std::move(socket)), context_(context), tls_socket_{socket_.get()} {}

  int fd() const override { return socket_.get(); }
  bool IsReady() const override { return is_usable_; }
  IoStatus Handshake() override;
  bool AwaitsHello() const override { return tls_socket_.awaits_hello; }
  HandshakeFailure handshake_failure() const override { return handshake_failure_; }
  bool HasHeard() const override { return has_heard_; }
  IoResult Read(std::span<char> into) override;
  IoResult Write(std::string_view bytes) override;
  bool HasBuffered() const override;
  size_t held_bytes() const override;
  void EndWriting() override;
  IoResult Discard(size_t bytes) override;

 private:
  IoStatus ReadHello();
  void RefuseHello(ClientHelloFramer::State why);
  IoStatus Status(int result);

  base::Descriptor socket_;
  const TlsContext& context_;
  TlsSocket tls_socket_;
  ClientHelloFramer hello_;
  HandshakeFailure handshake_failure_ = HandshakeFailure::kOther;
  crypto::OpenSslPtr<SSL> ssl_;
  bool is_usable_ = false;  // the handshake is over and nothing has failed since
  bool is_write_held_ = false;
  bool has_heard_ = false;
};

}  // namespace irsa::http
