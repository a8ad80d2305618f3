#include "test/integration/tls_client.h"

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

namespace irsa::testing {
namespace {

// A peer that does not answer must fail a test, not hang it.
constexpr timeval kPatienceOnSockets{.tv_sec = 60, .tv_usec = 0};

int Connect(int port) {
  std::signal(SIGPIPE, SIG_IGN);  // a server that cuts a connection must not end the test
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatienceOnSockets, sizeof kPatienceOnSockets);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatienceOnSockets, sizeof kPatienceOnSockets);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
  return fd;
}

// Where the head ends and how long the body is, or npos while the head is not whole.
size_t AnswerLength(std::string_view received) {
  const size_t head = received.find("\r\n\r\n");
  if (head == std::string_view::npos) return std::string_view::npos;
  constexpr std::string_view kLength = "Content-Length: ";
  const size_t length = received.substr(0, head).find(kLength);
  const size_t body =
      length == std::string_view::npos ? 0 : std::stoul(std::string(received.substr(length + kLength.size(), 12)));
  return head + 4 + body;
}

}  // namespace

void TlsClient::Deleter::operator()(SSL* ssl) const { SSL_free(ssl); }
void TlsClient::Deleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsClient::TlsClient(int port)
    : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())), socket_(Connect(port)) {
  SSL_set_fd(ssl_.get(), socket_);
  if (SSL_connect(ssl_.get()) == 1) return;
  ERR_clear_error();
  ::close(socket_);
  throw std::runtime_error("the TLS handshake failed");
}

TlsClient::~TlsClient() { ::close(socket_); }

bool TlsClient::Send(std::string_view bytes) {
  size_t sent = 0;
  ERR_clear_error();
  return bytes.empty() || SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1;
}

void TlsClient::HalfClose() { SSL_shutdown(ssl_.get()); }

bool TlsClient::ReadMore() {
  char chunk[16384];
  size_t got = 0;
  ERR_clear_error();
  if (SSL_read_ex(ssl_.get(), chunk, sizeof chunk, &got) != 1) return false;
  received_.append(chunk, got);
  return true;
}

std::string TlsClient::ReadAnswer() {
  while (AnswerLength(received_) > received_.size() && ReadMore()) {
  }
  const size_t length = std::min(AnswerLength(received_), received_.size());
  std::string answer = received_.substr(0, length);
  received_.erase(0, length);
  return answer;
}

std::string TlsClient::ReadToEnd() {
  while (ReadMore()) {
  }
  return std::exchange(received_, {});
}

std::string TlsClient::PeerCertificate() const {
  X509* certificate = SSL_get1_peer_certificate(ssl_.get());
  BIGNUM* serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* text = BN_bn2hex(serial);
  std::string name = text;
  OPENSSL_free(text);
  BN_free(serial);
  X509_free(certificate);
  return name;
}

std::string MutateRequest(std::string_view body, std::string_view further_headers) {
  return "POST /mutate?timeout=10s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept-Encoding: "
         "gzip\r\n" +
         std::string(further_headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string Exchange(int port, std::string_view request) {
  TlsClient client(port);
  client.Send(request);
  return client.ReadAnswer();
}

std::string StatusOf(std::string_view answer) {
  return std::string(answer.substr(0, 12)).substr(answer.size() < 12 ? 0 : 9);
}

std::string BodyOf(std::string_view answer) {
  const size_t head = answer.find("\r\n\r\n");
  return head == std::string_view::npos ? std::string() : std::string(answer.substr(head + 4));
}

}  // namespace irsa::testing
