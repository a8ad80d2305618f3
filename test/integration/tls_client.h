// A TLS client that sends whatever bytes it is told to, for what no well-behaved client sends.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace irsa::testing {

// One connection to 127.0.0.1. The server's certificate is not verified. For one thread.
class TlsClient {
 public:
  // Throws std::runtime_error when the connection or handshake fails.
  explicit TlsClient(int port);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // False once the peer has closed.
  bool Send(std::string_view bytes);

  // Ends our direction only.
  void HalfClose();

  // One whole answer with a Content-Length: head and body. What came until the end when the peer closes early.
  std::string ReadAnswer();

  // Until the peer closes.
  std::string ReadToEnd();

  // The certificate that the server presented: the hexadecimal digits of its serial number.
  std::string PeerCertificate() const;

 private:
  bool ReadMore();

  struct Deleter {
    void operator()(SSL* ssl) const;
    void operator()(SSL_CTX* context) const;
  };
  std::unique_ptr<SSL_CTX, Deleter> context_;
  std::unique_ptr<SSL, Deleter> ssl_;
  int socket_ = -1;
  std::string received_;
};

// A POST of a JSON body to /mutate, head and body.
std::string MutateRequest(std::string_view body, std::string_view further_headers = "");

// Sends a request on a connection of its own and reads the answer.
std::string Exchange(int port, std::string_view request);

// "200" of an answer.
std::string StatusOf(std::string_view answer);

// What follows the head.
std::string BodyOf(std::string_view answer);

}  // namespace irsa::testing
