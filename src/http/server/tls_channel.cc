#include "tls_channel.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/ssl3.h>
#include <sys/socket.h>

#include "http/socket/socket.h"

namespace irsa::http {
namespace {

// Within one call of OpenSSL: a few records of the largest size. What is left behind is reported as readable again.
constexpr size_t kMaxBytesAtOnce = 64 << 10;

// What OpenSSL allocates to read a record, and again to write one: 16 KiB with what encryption adds, its header and
// alignment. Both are given back between records (SSL_MODE_RELEASE_BUFFERS).
constexpr size_t kRecordBufferBytes = 17 << 10;

// Fatal alerts (RFC 8446, section 6), each in a record of its own.
constexpr std::string_view kDecodeErrorAlert("\x15\x03\x03\x00\x02\x02\x32", 7);
constexpr std::string_view kUnexpectedMessageAlert("\x15\x03\x03\x00\x02\x02\x0a", 7);
constexpr std::string_view kRecordOverflowAlert("\x15\x03\x03\x00\x02\x02\x16", 7);

std::string_view AlertFor(ClientHelloFramer::State refused) {
  switch (refused) {
    case ClientHelloFramer::State::kTooLarge:
      return kDecodeErrorAlert;
    case ClientHelloFramer::State::kOverflow:
      return kRecordOverflowAlert;
    default:
      return kUnexpectedMessageAlert;
  }
}

// Whether the bytes begin with a record of TLS, of whatever content; who sends none would not understand an alert.
bool IsTls(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] >= SSL3_RT_CHANGE_CIPHER_SPEC && bytes[0] <= SSL3_RT_APPLICATION_DATA &&
         bytes[1] == SSL3_VERSION_MAJOR;
}

HandshakeFailure FailureOf(unsigned long error) {
  if (error == 0) return HandshakeFailure::kEnded;
  switch (ERR_GET_REASON(error)) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return HandshakeFailure::kEnded;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return HandshakeFailure::kVersion;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return HandshakeFailure::kCipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return HandshakeFailure::kProtocol;
    case SSL_R_CERT_CB_ERROR:
    case SSL_R_NO_CERTIFICATE_SET:
      return HandshakeFailure::kNoCertificate;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return HandshakeFailure::kNoClientCertificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return HandshakeFailure::kClientCertificate;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return HandshakeFailure::kCertificateRefused;
    default:
      break;
  }
  return ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET ? HandshakeFailure::kAlert : HandshakeFailure::kOther;
}

}  // namespace

IoStatus TlsChannel::Handshake() {
  while (true) {
    if (tls_socket_.awaits_hello) {
      const IoStatus status = ReadHello();
      if (status != IoStatus::kDone) return status;
      // The answer costs a signature. In a flood, hellos wait until some clients have given up.
      if (HasHungUp(fd())) {
        handshake_failure_ = HandshakeFailure::kEnded;
        return IoStatus::kFailed;
      }
    }
    if (!ssl_) ssl_.reset(context_.MakeSsl(tls_socket_));
    if (!ssl_) return IoStatus::kFailed;
    ERR_clear_error();  // here and below: what others left in this thread's queue would be taken for our failure
    tls_socket_.readable_bytes = kMaxBytesAtOnce;
    const int result = SSL_accept(ssl_.get());
    if (result == 1) {
      is_usable_ = true;
      return IoStatus::kDone;
    }
    const IoStatus status = Status(result);
    if (status == IoStatus::kFailed || status == IoStatus::kEnd) handshake_failure_ = FailureOf(ERR_peek_error());
    if (status != IoStatus::kWantRead || !tls_socket_.awaits_hello) return status;
  }
}

// kDone when OpenSSL may see the hello, or a record of early data before it: OpenSSL skips 16 KiB of that. Bytes that
// came behind the first hello may be the beginning of a second one already.
IoStatus TlsChannel::ReadHello() {
  std::string& early = tls_socket_.early;
  early.erase(0, tls_socket_.early_begin);
  tls_socket_.early_end -= std::exchange(tls_socket_.early_begin, 0);
  while (true) {
    const std::string_view unseen = std::string_view(early).substr(tls_socket_.early_end + hello_.taken_bytes());
    const ClientHelloFramer::State state = hello_.Feed(unseen);
    if (state == ClientHelloFramer::State::kWhole) tls_socket_.awaits_hello = false;
    if (state == ClientHelloFramer::State::kWhole || state == ClientHelloFramer::State::kEarlyData) break;
    if (state != ClientHelloFramer::State::kMore) {
      RefuseHello(state);
      return IoStatus::kFailed;
    }
    std::array<char, 2048> bytes;
    const IoResult result = ReceiveBytes(fd(), bytes);
    if (result.status == IoStatus::kEnd || result.status == IoStatus::kFailed) {
      handshake_failure_ = HandshakeFailure::kEnded;
      return IoStatus::kFailed;
    }
    if (result.status != IoStatus::kDone) return result.status;
    early.append(bytes.data(), result.bytes);
    has_heard_ = true;
  }
  tls_socket_.early_end += hello_.taken_bytes();
  hello_ = ClientHelloFramer(WhichHello::kSecond);
  return IoStatus::kDone;
}

void TlsChannel::RefuseHello(ClientHelloFramer::State why) {
  const bool is_tls = why != ClientHelloFramer::State::kNoTls;
  handshake_failure_ = is_tls ? HandshakeFailure::kHelloTooLarge : HandshakeFailure::kNoTls;
  // It fits the empty socket.
  if (IsTls(tls_socket_.early)) SendBytes(fd(), AlertFor(why));
  std::exchange(tls_socket_.early, {});
  tls_socket_.early_begin = tls_socket_.early_end = 0;
}

IoResult TlsChannel::Read(std::span<char> into) {
  ERR_clear_error();
  tls_socket_.readable_bytes = kMaxBytesAtOnce;
  size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
  if (result == 1) return {IoStatus::kDone, got};
  return {Status(result), 0};
}

IoResult TlsChannel::Write(std::string_view bytes) {
  ERR_clear_error();
  size_t sent = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  is_write_held_ = result != 1;
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

// Bytes that OpenSSL has read and not handed out, or a record's header, behind which it waits for the body
// (SSL_rstate_string(3)).
bool TlsChannel::HasBuffered() const {
  return ssl_ != nullptr &&
         (SSL_has_pending(ssl_.get()) == 1 || std::string_view(SSL_rstate_string(ssl_.get())) == "RB");
}

size_t TlsChannel::held_bytes() const {
  return (tls_socket_.early.empty() ? 0 : tls_socket_.early.capacity()) + (HasBuffered() ? kRecordBufferBytes : 0) +
         (is_write_held_ ? kRecordBufferBytes : 0);
}

void TlsChannel::EndWriting() {
  ERR_clear_error();
  if (is_usable_) SSL_shutdown(ssl_.get());  // once, without waiting for the other side's
  is_usable_ = false;
  is_write_held_ = false;
  ssl_.reset();  // a connection that lingers costs nothing but its socket
  ::shutdown(fd(), SHUT_WR);
}

IoResult TlsChannel::Discard(size_t bytes) { return DiscardBytes(fd(), bytes); }

}  // namespace irsa::http
