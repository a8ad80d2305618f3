// A connection with TLS, the server's side.
#pragma once

#include <memory>
#include <utility>

#include <openssl/types.h>

#include "irsa/base/descriptor.h"

#include "byte_channel.h"
#include "tls_context.h"

namespace irsa::http {

class TlsChannel final : public ByteChannel {
 public:
  // `socket` does not block. `context` outlives the channel. Holds next to nothing before the first Handshake.
  TlsChannel(base::Descriptor socket, const TlsContext& context)
      : socket_(std::move(socket)), context_(context), reading_{socket_.get(), 0} {}

  int fd() const override { return socket_.get(); }
  bool IsReady() const override { return is_usable_; }
  IoStatus Handshake() override;
  IoResult Read(std::span<char> into) override;
  IoResult Write(std::string_view bytes) override;
  bool HasBuffered() const override;
  void EndWriting() override;
  IoResult Discard(size_t bytes) override;

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const;
  };

  bool MakeSsl();
  IoStatus Status(int result);

  base::Descriptor socket_;
  const TlsContext& context_;
  TlsSocket reading_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  bool is_usable_ = false;  // the handshake is over and nothing has failed since
};

}  // namespace irsa::http
