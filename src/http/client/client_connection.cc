#include "client_connection.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include "http/socket/socket.h"

namespace irsa::http {
namespace {

Error Cut(int error) {
  const std::string reason = error == 0 ? "the peer closed it" : std::generic_category().message(error);
  return {ErrorCode::kUnavailable, "the connection was cut: " + reason};
}

int ClampToInt(size_t size) { return static_cast<int>(std::min<size_t>(size, INT_MAX)); }

// Why the TLS operation failed, from the calling thread's error queue, which it empties.
std::string TakeSslReason() {
  const unsigned long error = ERR_peek_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  ERR_clear_error();
  return reason == nullptr ? "the connection was cut" : reason;
}

}  // namespace

Result<std::unique_ptr<ClientConnection>> ClientConnection::Open(ConnectionTarget target, Wait& wait) {
  const std::string proxy = target.proxy ? "the proxy " + Origin(target.proxy->url) : "";
  auto socket = ConnectSocket(target.proxy ? target.proxy->url : target.url, wait);
  if (!socket.ok()) {
    return target.proxy ? base::WithContext(std::move(socket).error(), proxy) : std::move(socket).error();
  }
  std::unique_ptr<ClientConnection> connection(new ClientConnection(std::move(*socket), std::move(target)));
  if (connection->target_.proxy) {
    Status reached = connection->ReachOrigin(wait);
    if (!reached.ok()) return base::WithContext(std::move(reached).error(), proxy);
  }
  if (connection->target_.url.scheme == "https") {
    if (Status shaken = connection->ShakeHandsWithServer(wait); !shaken.ok()) return std::move(shaken).error();
  }
  return connection;
}

ClientConnection::ClientConnection(base::Descriptor socket, ConnectionTarget target)
    : socket_(std::move(socket)), target_(std::move(target)), origin_(Origin(target_.url)) {}

const Proxy* ClientConnection::forwarder() const {
  return target_.proxy && target_.url.scheme == "http" ? &*target_.proxy : nullptr;
}

ClientConnection::~ClientConnection() {
  // Says goodbye when that is possible without waiting, so that the other side can tell it from a cut.
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

// From the proxy on.
Status ClientConnection::ReachOrigin(Wait& wait) {
  if (target_.proxy->url.scheme == "https") {
    if (Status shaken = ShakeHandsWithProxy(wait); !shaken.ok()) return shaken;
  }
  return forwarder() == nullptr ? OpenTunnel(target_.url, *target_.proxy, *this, wait) : Status();
}

Status ClientConnection::ShakeHandsWithProxy(Wait& wait) {
  if (Status begun = BeginTls(); !begun.ok()) return begun;
  SSL_certs_clear(ssl_.get());
  return Handshake(target_.proxy->url.host, wait);
}

Status ClientConnection::ShakeHandsWithServer(Wait& wait) {
  if (Status begun = BeginTls(); !begun.ok()) return begun;
  const std::string& name = target_.tls->server_name();
  return Handshake(name.empty() ? target_.url.host : name, wait);
}

// On the socket, or within the TLS that there is already.
Status ClientConnection::BeginTls() {
  ERR_clear_error();
  crypto::OpenSslPtr<SSL> ssl(SSL_new(target_.tls->context()));
  bool has_begun = ssl != nullptr;
  if (has_begun && ssl_ == nullptr) {
    has_begun = SSL_set_fd(ssl.get(), socket_.get()) == 1;
  } else if (has_begun) {
    BIO* below = BIO_new(BIO_f_ssl());
    has_begun = below != nullptr;
    if (has_begun) {
      BIO_set_ssl(below, ssl_.get(), BIO_NOCLOSE);
      SSL_set_bio(ssl.get(), below, below);  // owns it
    }
  }
  if (!has_begun) return Error{ErrorCode::kInternal, "cannot begin TLS: " + TakeSslReason()};
  proxy_ssl_ = std::exchange(ssl_, std::move(ssl));
  return {};
}

Status ClientConnection::Handshake(const std::string& name, Wait& wait) {
  // RFC 6066 section 3: no addresses in the server name indication.
  const bool named =
      base::IsAddress(name)
          ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), name.c_str()) == 1
          : SSL_set1_host(ssl_.get(), name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1;
  if (!named) return Error{ErrorCode::kInvalid, "cannot verify a certificate for the name " + name};
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return {};
    Status waited = WaitForSsl(SSL_get_error(ssl_.get(), result), "TLS handshake", wait);
    if (!waited.ok()) return waited;
  }
}

// What an unfinished operation waits for, or why it failed.
Status ClientConnection::WaitForSsl(int ssl_error, std::string_view action, Wait& wait) {
  const int system_error = errno;
  const std::string failed = std::string(action) + " failed";
  if (ssl_error == SSL_ERROR_WANT_READ || ssl_error == SSL_ERROR_WANT_WRITE) {
    Status ready = wait.For(socket_.get(), ssl_error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
    if (ready.ok()) return ready;
    return base::WithContext(std::move(ready).error(), failed);
  }
  if (ssl_error == SSL_ERROR_SYSCALL) return base::WithContext(Cut(system_error), failed);
  const std::string reason = TakeSslReason();
  const long verified = SSL_get_verify_result(ssl_.get());
  return Error{ErrorCode::kUnavailable, failed + ": " +
                                            (verified == X509_V_OK ? reason
                                                                   : std::string("the certificate is not trusted: ") +
                                                                         X509_verify_cert_error_string(verified))};
}

Result<size_t> ClientConnection::Read(char* out, size_t size, Wait& wait) {
  return ssl_ ? ReadSsl(out, size, wait) : ReadSocket(out, size, wait);
}

Status ClientConnection::Write(std::string_view bytes, Wait& wait) {
  return ssl_ ? WriteSsl(bytes, wait) : WriteSocket(bytes, wait);
}

Result<size_t> ClientConnection::ReadSocket(char* out, size_t size, Wait& wait) {
  while (true) {
    const IoResult got = ReceiveBytes(socket_.get(), {out, size});
    if (got.status == IoStatus::kFailed) return Cut(errno);
    if (got.status != IoStatus::kWantRead) return got.bytes;
    if (Status ready = wait.For(socket_.get(), POLLIN); !ready.ok()) return std::move(ready).error();
  }
}

Result<size_t> ClientConnection::ReadSsl(char* out, size_t size, Wait& wait) {
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int got = SSL_read(ssl_.get(), out, ClampToInt(size));
    if (got > 0) return static_cast<size_t>(got);
    const int error = SSL_get_error(ssl_.get(), got);
    if (error == SSL_ERROR_ZERO_RETURN) return size_t{0};
    if (Status ready = WaitForSsl(error, "reading", wait); !ready.ok()) return std::move(ready).error();
  }
}

Status ClientConnection::WriteSocket(std::string_view bytes, Wait& wait) {
  while (!bytes.empty()) {
    const IoResult sent = SendBytes(socket_.get(), bytes);
    if (sent.status == IoStatus::kFailed) return Cut(errno);
    bytes.remove_prefix(sent.bytes);
    if (sent.status != IoStatus::kWantWrite) continue;
    if (Status ready = wait.For(socket_.get(), POLLOUT); !ready.ok()) return ready;
  }
  return {};
}

Status ClientConnection::WriteSsl(std::string_view bytes, Wait& wait) {
  while (!bytes.empty()) {
    ERR_clear_error();
    errno = 0;
    const int sent = SSL_write(ssl_.get(), bytes.data(), ClampToInt(bytes.size()));
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (Status ready = WaitForSsl(SSL_get_error(ssl_.get(), sent), "writing", wait); !ready.ok()) {
      return ready;
    }
  }
  return {};
}

bool ClientConnection::IsQuiet() {
  char byte = 0;
  if (!ssl_) return ::recv(socket_.get(), &byte, 1, MSG_PEEK) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  ERR_clear_error();
  // Reads what is TLS's own (session tickets) on the way.
  const int got = SSL_peek(ssl_.get(), &byte, 1);
  const bool is_quiet = got <= 0 && SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return is_quiet;
}

}  // namespace irsa::http
