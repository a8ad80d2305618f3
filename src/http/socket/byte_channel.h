// A connection's bytes, whatever carries them: TLS or the bare socket. Nothing here ever waits.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "irsa/http/message/handshake_failure.h"

namespace irsa::http {

enum class IoStatus {
  kDone,
  kWantRead,   // nothing was done: try again when the socket is readable
  kWantWrite,  // … writable
  kEnd,        // the other side has properly ended its direction
  kFailed,     // the connection is of no more use
};

struct IoResult {
  IoStatus status = IoStatus::kDone;
  size_t bytes = 0;  // with kDone
};

// For one thread at a time. Closes the socket when it goes.
class ByteChannel {
 public:
  virtual ~ByteChannel() = default;

  virtual int fd() const = 0;
  // Whether Read and Write may be called; else Handshake comes first.
  virtual bool IsReady() const = 0;
  // kDone once it is ready.
  virtual IoStatus Handshake() = 0;
  // Whether what costs most is still to come: a signature and a key exchange, once the client's hello is there.
  virtual bool AwaitsHello() const { return !IsReady(); }
  // Why it failed, or what it would be for if it did now.
  virtual HandshakeFailure handshake_failure() const { return HandshakeFailure::kOther; }
  // Whether the other side has ever sent a byte; only asked before it is ready.
  virtual bool HasHeard() const { return true; }
  virtual IoResult Read(std::span<char> into) = 0;
  // May take a part. After kWantRead or kWantWrite, the next call brings the same bytes again.
  virtual IoResult Write(std::string_view bytes) = 0;
  // Whether bytes were taken from the socket that Read has not handed out: the socket may stay silent about them.
  virtual bool HasBuffered() const = 0;
  // The memory it holds for what has arrived or is to be sent in part; not what it needs as long as it lives.
  virtual size_t held_bytes() const = 0;
  // Tells the other side that nothing more will be written. From then on, only Discard is called.
  virtual void EndWriting() = 0;
  // Reads and drops what has arrived, at most about `bytes`.
  virtual IoResult Discard(size_t bytes) = 0;
};

}  // namespace irsa::http
