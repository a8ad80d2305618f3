// An HTTP server of which the test decides every byte: answers cut in the middle, sent a byte at a time or never.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include <openssl/types.h>

#include "test/testing/test_ca.h"

namespace irsa::testing {

struct ReceivedRequest {
  std::string method;
  std::string target;                          // path and query
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string path() const { return target.substr(0, target.find('?')); }
};

// A connection, for the handler that answers a request on it.
class Peer {
 public:
  virtual ~Peer() = default;

  // Whether it was sent; false once the other side has gone.
  virtual bool Write(std::string_view bytes) = 0;
  // Returns when the other side has closed the connection, or the server is stopped.
  virtual void WaitForClose() = 0;
  // Requested when the server is being destroyed: whoever waits in a handler must then return.
  virtual std::stop_token stop() const = 0;
};

struct ScriptedTls {
  PemPair certificate;
  std::string client_ca;  // when not empty, a certificate that it signed is required
};

// Listens on a free port of 127.0.0.1, or [::1], from construction to destruction; a thread for each connection.
class ScriptedServer {
 public:
  // Answers a request; whether the connection stays open for another. Called from several threads at once.
  using Handler = std::function<bool(const ReceivedRequest& request, Peer& peer)>;

  explicit ScriptedServer(Handler handler, const std::optional<ScriptedTls>& tls = std::nullopt, bool use_ipv6 = false);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  // http://127.0.0.1:port, https if it has TLS, with `target` behind it.
  std::string Url(std::string_view target = "/") const;
  // Accepted up to now.
  size_t connection_count() const;

 private:
  class Connection;

  void Accept(const std::stop_token& stop);

  Handler handler_;
  bool use_ipv6_;
  std::shared_ptr<SSL_CTX> tls_;  // null for plain HTTP
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::list<std::unique_ptr<Connection>> connections_;  // guarded by mutex_; closed ones stay until the end
  std::jthread acceptor_;
};

// A whole answer with Content-Length.
std::string HttpAnswer(int status, std::string_view body, std::string_view headers = "");

// The head of an answer whose body follows in chunks, and one of them.
std::string ChunkedHead(int status = 200);
std::string Chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace irsa::testing
