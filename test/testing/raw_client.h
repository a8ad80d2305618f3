// An HTTP client of which the test decides every byte and every TLS setting: for what no well-behaved client does.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

#include "test/testing/test_ca.h"

namespace irsa::testing {

struct RawClientOptions {
  std::string address = "127.0.0.1";
  int port = 0;
  bool tls = false;
  std::string ca_pem = {};                       // with TLS: whom to trust; no certificate is checked when empty
  std::vector<std::string> alpn = {"http/1.1"};  // none: no ALPN
  int max_version = 0;                           // TLS1_2_VERSION, …; 0: any
  std::string tls12_ciphers = {};                // OpenSSL's names
  std::optional<PemPair> certificate = {};
  int receive_buffer = 0;  // in bytes; 0: the system's
};

struct RawAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  bool operator==(const RawAnswer&) const = default;
};

// For one thread at a time. All of it blocks, for a minute at most: then it is as if the connection had failed.
class RawClient {
 public:
  // Connects, and with TLS completes the handshake. Throws std::runtime_error with OpenSSL's reason, or errno's.
  explicit RawClient(const RawClientOptions& options);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Whether the system took all of it.
  bool Send(std::string_view bytes);
  // Nothing more will be sent, but answers are read.
  void EndSending();

  // The next answer; nullopt when the connection has ended or failed before it was whole. `has_body` is false for an
  // answer to HEAD.
  std::optional<RawAnswer> Receive(bool has_body = true);
  // Send, then Receive.
  std::optional<RawAnswer> Exchange(std::string_view request);
  // All that comes until the other side ends the connection.
  std::string ReceiveToEnd();
  // Whether the other side has ended the connection properly (with TLS: announced it), with nothing before that.
  bool IsEnded();

  // The common names of the server's certificate and of what it sent with it: "leaf, intermediate".
  std::string PeerNames() const;
  // The hexadecimal digits of the serial number of the server's certificate.
  std::string PeerSerial() const;
  std::string ChosenAlpn() const;
  // "TLSv1.3", …
  std::string Version() const;
  // OpenSSL's name.
  std::string Cipher() const;
  // Whether the server gave a ticket, after an exchange.
  bool IsResumable() const;

 private:
  struct Deleter {
    void operator()(SSL_CTX* context) const;
    void operator()(SSL* ssl) const;
  };

  void Connect(const RawClientOptions& options);
  void Handshake(const RawClientOptions& options);
  // As recv(2).
  long Read(char* into, size_t size);
  bool ReadMore();

  int fd_ = -1;
  std::unique_ptr<SSL_CTX, Deleter> context_;
  std::unique_ptr<SSL, Deleter> ssl_;
  std::string received_;
};

// The text of a request with Host, the header lines given (each with its CR LF) and, unless there is no body,
// Content-Length.
std::string HttpRequest(std::string_view method, std::string_view target, std::string_view headers = "",
                        std::string_view body = "");

}  // namespace irsa::testing
