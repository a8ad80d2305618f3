// The socket that clients connect to.
#pragma once

#include <string>
#include <utility>

#include "irsa/base/descriptor.h"
#include "irsa/base/result.h"

namespace irsa::http {

// For one thread at a time.
class Listener {
 public:
  // How many may have connected without being accepted. The kernel cuts it to net.core.somaxconn.
  static constexpr int kBacklog = 4096;

  enum class Outcome {
    kAccepted,
    kNone,       // nobody is waiting
    kExhausted,  // no descriptor or memory left; who waits goes on waiting
  };
  struct Acceptance {
    Outcome outcome;
    base::Descriptor socket;  // does not block, and sends without delay
  };

  // Listens at once. `address` empty: all, of IPv6 and IPv4, or of IPv4 alone where there is no IPv6. Errors as
  // Server::Start's.
  static Result<Listener> Open(const std::string& address, int port);

  int fd() const { return socket_.get(); }
  int port() const { return port_; }

  // Does not block.
  Acceptance Accept();

 private:
  explicit Listener(base::Descriptor socket);

  base::Descriptor socket_;
  int port_;
};

}  // namespace irsa::http
