#include "test/testing/scripted_server.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <unistd.h>

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "test/testing/passing_on.h"

namespace irsa::testing {
namespace {

std::shared_ptr<BIO> ReadingBio(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

std::shared_ptr<X509> ReadCertificate(const std::string& pem) {
  return {PEM_read_bio_X509(ReadingBio(pem).get(), nullptr, nullptr, nullptr), X509_free};
}

std::shared_ptr<SSL_CTX> MakeContext(const ScriptedTls& tls) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const std::shared_ptr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(ReadingBio(tls.certificate.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (SSL_CTX_use_certificate(context.get(), ReadCertificate(tls.certificate.certificate).get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    throw std::runtime_error("the scripted server cannot use its certificate");
  }
  if (!tls.client_ca.empty()) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ReadCertificate(tls.client_ca).get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

std::string ToLower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

ReceivedRequest ParseHead(std::string_view head) {
  ReceivedRequest request;
  const size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const size_t space = line.find(' ');
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1, line.rfind(' ') - space - 1);
  for (head.remove_prefix(line_end + 2); head.find("\r\n") != std::string_view::npos;) {
    const size_t colon = head.find(':');
    const size_t end = head.find("\r\n");
    request.headers[ToLower(std::string(head.substr(0, colon)))] = head.substr(colon + 2, end - colon - 2);
    head.remove_prefix(end + 2);
  }
  return request;
}

}  // namespace

class ScriptedServer::Connection final : public Peer {
 public:
  Connection(int fd, SSL_CTX* tls, const Handler& handler)
      : fd_(fd),
        ssl_(tls == nullptr ? nullptr : SSL_new(tls), SSL_free),
        thread_([this, &handler] { Serve(handler); }) {}

  ~Connection() override {
    stop_.request_stop();
    ::shutdown(fd_, SHUT_RDWR);  // ends a blocked read or write
    thread_.join();
    ::close(fd_);
  }

  bool Write(std::string_view bytes) override {
    PassOn();
    if (ssl_) return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  void WaitForClose() override {
    while (Read()) {
    }
  }

  std::stop_token stop() const override { return stop_.get_token(); }

 private:
  void Serve(const Handler& handler) {
    if (!ssl_ || (SSL_set_fd(ssl_.get(), fd_) == 1 && SSL_accept(ssl_.get()) == 1)) {
      while (const auto request = ReadRequest()) {
        PassOn();
        if (!handler(*request, *this)) break;
      }
    }
    // Not closed, so that the descriptor's number is not taken by another file before the destructor.
    ::shutdown(fd_, SHUT_RDWR);
    ERR_clear_error();
  }

  // Appends to in_; false at the end.
  bool Read() {
    std::array<char, 4096> buffer;
    const ssize_t got =
        ssl_ ? SSL_read(ssl_.get(), buffer.data(), buffer.size()) : ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    in_.append(buffer.data(), static_cast<size_t>(got));
    return true;
  }

  std::optional<ReceivedRequest> ReadRequest() {
    size_t head_end = 0;
    while ((head_end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!Read()) return std::nullopt;
    }
    ReceivedRequest request = ParseHead(std::string_view(in_).substr(0, head_end + 2));
    in_.erase(0, head_end + 4);
    const auto length = request.headers.find("content-length");
    const size_t body_size = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (in_.size() < body_size) {
      if (!Read()) return std::nullopt;
    }
    request.body = in_.substr(0, body_size);
    in_.erase(0, body_size);
    return request;
  }

  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string in_;
  std::stop_source stop_;
  std::jthread thread_;  // last: it uses the others
};

ScriptedServer::ScriptedServer(Handler handler, const std::optional<ScriptedTls>& tls, bool use_ipv6)
    : handler_(std::move(handler)), use_ipv6_(use_ipv6), tls_(tls ? MakeContext(*tls) : nullptr) {
  std::signal(SIGPIPE, SIG_IGN);
  sockaddr_storage address{};
  if (use_ipv6) {
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_addr = in6addr_loopback;
  } else {
    auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
    ipv4.sin_family = AF_INET;
    ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  socklen_t size = use_ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  listener_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the scripted server cannot listen");
  }
  port_ = ntohs(use_ipv6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                         : reinterpret_cast<sockaddr_in&>(address).sin_port);
  acceptor_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
}

ScriptedServer::~ScriptedServer() {
  acceptor_.request_stop();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  connections_.clear();
  ::close(listener_);
}

void ScriptedServer::Accept(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::make_unique<Connection>(fd, tls_.get(), handler_));
  }
}

std::string ScriptedServer::Url(std::string_view target) const {
  return (tls_ ? "https://" : "http://") + std::string(use_ipv6_ ? "[::1]" : "127.0.0.1") + ":" +
         std::to_string(port_) + std::string(target);
}

size_t ScriptedServer::connection_count() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

std::string HttpAnswer(int status, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

std::string ChunkedHead(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\nTransfer-Encoding: chunked\r\n\r\n";
}

std::string Chunk(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string size;
  for (size_t left = bytes.size(); left > 0; left /= 16) size.insert(size.begin(), kHex[left % 16]);
  return size + "\r\n" + std::string(bytes) + "\r\n";
}

}  // namespace irsa::testing
