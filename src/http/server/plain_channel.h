// A connection without TLS.
#pragma once

#include <utility>

#include <sys/socket.h>

#include "irsa/base/descriptor.h"

#include "http/socket/byte_channel.h"
#include "http/socket/socket.h"

namespace irsa::http {

class PlainChannel final : public ByteChannel {
 public:
  // `socket` does not block.
  explicit PlainChannel(base::Descriptor socket) : socket_(std::move(socket)) {}

  int fd() const override { return socket_.get(); }
  bool IsReady() const override { return true; }
  IoStatus Handshake() override { return IoStatus::kDone; }
  IoResult Read(std::span<char> into) override { return ReceiveBytes(fd(), into); }
  IoResult Write(std::string_view bytes) override { return SendBytes(fd(), bytes); }
  size_t held_bytes() const override { return 0; }
  bool HasBuffered() const override { return false; }
  void EndWriting() override { ::shutdown(fd(), SHUT_WR); }
  IoResult Discard(size_t bytes) override { return DiscardBytes(fd(), bytes); }

 private:
  base::Descriptor socket_;
};

}  // namespace irsa::http
