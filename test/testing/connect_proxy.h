// A proxy that opens tunnels (CONNECT) to this machine, whatever host it is asked for.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <openssl/types.h>

#include "test/testing/test_ca.h"

namespace irsa::testing {

// Listens on a free port of 127.0.0.1 from construction to destruction; a thread for each connection.
class ConnectProxy {
 public:
  static constexpr const char* kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

  // `answer` is what CONNECT gets; the tunnel is there when its status is 200. With a certificate the proxy is https.
  explicit ConnectProxy(std::string answer = kEstablished, const std::optional<PemPair>& certificate = std::nullopt);
  ~ConnectProxy();
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  // http://127.0.0.1:port, https if it has a certificate; `user_info` is "user:password@", or nothing.
  std::string Url(std::string_view user_info = "") const;
  // The heads of the requests up to now, without the empty line at their end.
  std::vector<std::string> heads() const;
  // How many clients have shown a certificate.
  size_t certificate_count() const;

 private:
  class Connection;

  void Accept(const std::stop_token& stop);
  void Note(std::string head, bool has_certificate);

  const std::string answer_;
  std::shared_ptr<SSL_CTX> tls_;  // null: http
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;  // guarded by mutex_, as are the next two
  size_t certificate_count_ = 0;
  std::list<std::unique_ptr<Connection>> connections_;  // closed ones stay until the end
  std::jthread acceptor_;
};

}  // namespace irsa::testing
