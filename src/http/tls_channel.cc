#include "tls_channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "socket_io.h"

namespace irsa::http {
namespace {

// Within one call of OpenSSL: a few records of the largest size. What is left behind is reported as readable again.
constexpr size_t kMaxBytesAtOnce = 64 << 10;

}  // namespace

void TlsChannel::SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }

IoStatus TlsChannel::Handshake() {
  if (!ssl_ && !MakeSsl()) return IoStatus::kFailed;
  ERR_clear_error();  // here and below: what others left in this thread's queue would be taken for our failure
  reading_.readable_bytes = kMaxBytesAtOnce;
  const int result = SSL_accept(ssl_.get());
  if (result != 1) return Status(result);
  is_usable_ = true;
  return IoStatus::kDone;
}

bool TlsChannel::MakeSsl() {
  ssl_.reset(SSL_new(context_.get()));
  if (!ssl_) return false;
  BIO* bio = context_.MakeBio(reading_);
  if (bio == nullptr) {
    ssl_.reset();
    return false;
  }
  SSL_set_bio(ssl_.get(), bio, bio);
  return true;
}

IoResult TlsChannel::Read(std::span<char> into) {
  ERR_clear_error();
  reading_.readable_bytes = kMaxBytesAtOnce;
  size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
  if (result == 1) return {IoStatus::kDone, got};
  return {Status(result), 0};
}

IoResult TlsChannel::Write(std::string_view bytes) {
  ERR_clear_error();
  size_t sent = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  if (result == 1) return {IoStatus::kDone, sent};
  return {Status(result), 0};
}

IoStatus TlsChannel::Status(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return IoStatus::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return IoStatus::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return IoStatus::kEnd;
    default:
      is_usable_ = false;
      return IoStatus::kFailed;
  }
}

bool TlsChannel::HasBuffered() const { return ssl_ != nullptr && SSL_has_pending(ssl_.get()) == 1; }

void TlsChannel::EndWriting() {
  ERR_clear_error();
  if (is_usable_) SSL_shutdown(ssl_.get());  // once, without waiting for the other side's
  ::shutdown(fd(), SHUT_WR);
}

IoResult TlsChannel::Discard(size_t bytes) { return DiscardBytes(fd(), bytes); }

}  // namespace irsa::http
