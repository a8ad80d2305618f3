#include "test/testing/connect_proxy.h"

#include <array>
#include <csignal>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace irsa::testing {
namespace {

std::shared_ptr<BIO> ReadingBio(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

std::shared_ptr<SSL_CTX> MakeContext(const PemPair& pair) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const std::shared_ptr<X509> certificate(
      PEM_read_bio_X509(ReadingBio(pair.certificate).get(), nullptr, nullptr, nullptr), X509_free);
  const std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(ReadingBio(pair.key).get(), nullptr, nullptr, nullptr),
                                      EVP_PKEY_free);
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    throw std::runtime_error("the proxy cannot use its certificate");
  }
  // Asks for one and takes any.
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  return context;
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int ConnectTo(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  ::close(fd);
  return -1;
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

}  // namespace

class ConnectProxy::Connection {
 public:
  Connection(ConnectProxy& proxy, int fd)
      : proxy_(proxy), fd_(fd), ssl_(proxy.tls_ ? SSL_new(proxy.tls_.get()) : nullptr, SSL_free), thread_([this] {
          Serve();
          ERR_clear_error();
          // Not closed, so that the descriptor's number is not taken by another file before the destructor.
          ::shutdown(fd_, SHUT_RDWR);
        }) {}

  ~Connection() {
    ::shutdown(fd_, SHUT_RDWR);  // ends whatever blocks
    thread_.join();
    ::close(fd_);
  }

 private:
  void Serve() {
    if (ssl_ && (SSL_set_fd(ssl_.get(), fd_) != 1 || SSL_accept(ssl_.get()) != 1)) return;
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      const std::string piece = Read();
      if (piece.empty()) return;
      head += piece;
    }
    const std::string target = head.substr(0, head.find(" HTTP/"));
    head.resize(head.find("\r\n\r\n"));
    proxy_.Note(head, ssl_ && SSL_get0_peer_certificate(ssl_.get()) != nullptr);
    if (!Write(proxy_.answer_) || proxy_.answer_.find(" 200 ") == std::string::npos) return;
    const int server = ConnectTo(std::stoi(target.substr(target.rfind(':') + 1)));
    if (server < 0) return;
    Relay(server);
    ::close(server);
  }

  void Relay(int server) {
    std::array<pollfd, 2> fds{pollfd{fd_, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    std::array<char, 16384> buffer{};
    while (true) {
      const bool has_pending = ssl_ && SSL_pending(ssl_.get()) > 0;
      if (::poll(fds.data(), fds.size(), has_pending ? 0 : -1) < 0) return;
      if (fds[0].revents != 0 || has_pending) {
        const std::string piece = Read();
        if (piece.empty() || !SendAll(server, piece)) return;
      }
      if (fds[1].revents != 0) {
        const ssize_t got = ::recv(server, buffer.data(), buffer.size(), 0);
        if (got <= 0 || !Write({buffer.data(), static_cast<size_t>(got)})) return;
      }
    }
  }

  // "" at the end.
  std::string Read() {
    std::array<char, 16384> buffer{};
    const ssize_t got =
        ssl_ ? SSL_read(ssl_.get(), buffer.data(), buffer.size()) : ::recv(fd_, buffer.data(), buffer.size(), 0);
    return got <= 0 ? "" : std::string(buffer.data(), static_cast<size_t>(got));
  }

  bool Write(std::string_view bytes) {
    if (ssl_) return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
    return SendAll(fd_, bytes);
  }

  ConnectProxy& proxy_;
  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::jthread thread_;  // last: it uses the others
};

ConnectProxy::ConnectProxy(std::string answer, const std::optional<PemPair>& certificate)
    : answer_(std::move(answer)), tls_(certificate ? MakeContext(*certificate) : nullptr) {
  std::signal(SIGPIPE, SIG_IGN);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
}

ConnectProxy::~ConnectProxy() {
  acceptor_.request_stop();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  connections_.clear();
  ::close(listener_);
}

void ConnectProxy::Accept(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    auto connection = std::make_unique<Connection>(*this, fd);
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::move(connection));
  }
}

void ConnectProxy::Note(std::string head, bool has_certificate) {
  const std::lock_guard lock(mutex_);
  heads_.push_back(std::move(head));
  if (has_certificate) ++certificate_count_;
}

std::string ConnectProxy::Url(std::string_view user_info) const {
  return (tls_ ? "https://" : "http://") + std::string(user_info) + "127.0.0.1:" + std::to_string(port_);
}

std::vector<std::string> ConnectProxy::heads() const {
  const std::lock_guard lock(mutex_);
  return heads_;
}

size_t ConnectProxy::certificate_count() const {
  const std::lock_guard lock(mutex_);
  return certificate_count_;
}

}  // namespace irsa::testing
