#include "tls_context.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/ssl3.h>
#include <openssl/x509.h>

#include "http/socket/socket.h"
#include "http/wire/request_head.h"

namespace irsa::http {
namespace {

// Of a client's certificate with its intermediates: OpenSSL makes room for as much as is announced. The default is
// 100 KiB; one certificate with an RSA key of 4096 bits has under 2 KiB.
constexpr long kMaxClientChainBytes = 16 << 10;

TlsSocket& SocketOf(BIO* bio) { return *static_cast<TlsSocket*>(BIO_get_data(bio)); }

IoResult ReadEarly(TlsSocket& socket, std::span<char> into) {
  if (socket.early_begin == socket.early_end) {
    if (socket.awaits_hello) return {IoStatus::kWantRead, 0};
    socket.early_end = socket.early.size();  // what came behind the hello
  }
  const size_t take = std::min(into.size(), socket.early_end - socket.early_begin);
  std::memcpy(into.data(), socket.early.data() + socket.early_begin, take);
  socket.early_begin += take;
  if (socket.early_begin == socket.early.size()) {
    std::exchange(socket.early, {});  // with its memory
    socket.early_begin = socket.early_end = 0;
  }
  return {IoStatus::kDone, take};
}

int BioRead(BIO* bio, char* into, size_t size, size_t* got) {
  BIO_clear_retry_flags(bio);
  TlsSocket& socket = SocketOf(bio);
  IoResult result{IoStatus::kWantRead, 0};
  if (!socket.early.empty() || socket.awaits_hello) {
    result = ReadEarly(socket, {into, size});
  } else if (socket.readable_bytes > 0) {
    result = ReceiveBytes(socket.fd, {into, size});
    socket.readable_bytes -= std::min(socket.readable_bytes, result.bytes);
  }
  if (result.status == IoStatus::kWantRead) BIO_set_retry_read(bio);
  *got = result.bytes;
  return result.status == IoStatus::kDone ? 1 : 0;
}

// RFC 8446, section 4.1.3: the random of a ServerHello that asks for a second ClientHello.
constexpr std::array<unsigned char, 32> kRetryRandom = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
constexpr size_t kRandomOffset = 6;  // behind the type, the length and the version

// `socket` is the connection's TlsSocket. Sees each message before it is sent.
void SeeMessage(int is_sent, int, int content_type, const void* bytes, size_t size, SSL*, void* socket) {
  const auto* message = static_cast<const unsigned char*>(bytes);
  const bool is_server_hello = is_sent == 1 && content_type == SSL3_RT_HANDSHAKE &&
                               size >= kRandomOffset + kRetryRandom.size() && message[0] == SSL3_MT_SERVER_HELLO;
  if (socket != nullptr && is_server_hello &&
      std::equal(kRetryRandom.begin(), kRetryRandom.end(), message + kRandomOffset)) {
    static_cast<TlsSocket*>(socket)->awaits_hello = true;
  }
}

int BioWrite(BIO* bio, const char* bytes, size_t size, size_t* sent) {
  BIO_clear_retry_flags(bio);
  const IoResult result = SendBytes(SocketOf(bio).fd, {bytes, size});
  if (result.status == IoStatus::kWantWrite) BIO_set_retry_write(bio);
  *sent = result.bytes;
  return result.status == IoStatus::kDone ? 1 : 0;
}

long BioControl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

// `live` is the const crypto::LiveCertificate.
int UseCurrentCertificate(SSL* ssl, void* live) {
  const auto pair = static_cast<const crypto::LiveCertificate*>(live)->Current();
  if (!pair || SSL_use_certificate(ssl, pair->leaf.get()) != 1 || SSL_use_PrivateKey(ssl, pair->key.get()) != 1) {
    return 0;
  }
  // Called again after a HelloRetryRequest.
  if (SSL_clear_chain_certs(ssl) != 1) return 0;
  for (const crypto::X509Ptr& intermediate : pair->intermediates) {
    if (SSL_add1_chain_cert(ssl, intermediate.get()) != 1) return 0;
  }
  return 1;
}

// A client that offers only other protocols is refused with the alert no_application_protocol; one that offers none is
// not asked.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                   unsigned int offered_size, void*) {
  constexpr std::string_view kHttp11 = "http/1.1";
  std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
  while (!list.empty()) {
    const auto size = static_cast<unsigned char>(list.front());
    const std::string_view name = list.substr(1, size);
    if (name == kHttp11) {
      *chosen = reinterpret_cast<const unsigned char*>(name.data());
      *chosen_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
    list.remove_prefix(1 + name.size());
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

Status RequireClientCertificate(SSL_CTX* context, const std::string& ca_pem) {
  const auto certificates = crypto::ParseCertificates(ca_pem, crypto::kTrustedCaLimits);
  if (!certificates.ok()) return base::WithContext(certificates.error(), "client CA");
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const crypto::X509Ptr& ca : *certificates) {
    if (X509_STORE_add_cert(store, ca.get()) != 1 || SSL_CTX_add_client_CA(context, ca.get()) != 1) {
      ERR_clear_error();
      return Error{ErrorCode::kInvalid, "client CA: a certificate cannot be used"};
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

// TLS 1.3's suites name no key exchange: TLS_AES_128_GCM_SHA256, but TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
bool IsForTls13(std::string_view name) { return name.find("_WITH_") == std::string_view::npos; }

void AppendSuite(std::string& list, std::string_view name) {
  if (!list.empty()) list += ':';
  list += name;
}

// One at a time: in a list, OpenSSL passes over what it does not know.
Status CheckSuite(SSL_CTX* context, const std::string& name, std::string_view openssl_name) {
  const std::string suite(openssl_name);
  const bool is_usable = IsForTls13(name) ? SSL_CTX_set_ciphersuites(context, suite.c_str()) == 1
                                          : SSL_CTX_set_cipher_list(context, suite.c_str()) == 1;
  ERR_clear_error();
  if (openssl_name != "(NONE)" && is_usable) return {};
  return Error{ErrorCode::kInvalid, "cipher suite \"" + name + "\" is unknown or not available"};
}

// `names` as TlsOptions::cipher_suites says, by the names that IANA gave them
// (https://www.iana.org/assignments/tls-parameters); empty changes nothing. kInvalid, naming it, for one that OpenSSL
// does not know or would not use.
Status SetCipherSuites(SSL_CTX* context, std::string_view names) {
  if (names.empty()) return {};
  std::string tls12;
  std::string tls13;
  while (true) {
    const size_t comma = names.find(',');
    const std::string name(TrimBlanks(names.substr(0, comma)));
    const std::string_view openssl_name = OPENSSL_cipher_name(name.c_str());
    if (auto status = CheckSuite(context, name, openssl_name); !status.ok()) return status;
    AppendSuite(IsForTls13(name) ? tls13 : tls12, openssl_name);
    if (comma == std::string_view::npos) break;
    names.remove_prefix(comma + 1);
  }
  if (tls13.empty()) tls13 = TLS_DEFAULT_CIPHERSUITES;
  bool is_set = SSL_CTX_set_ciphersuites(context, tls13.c_str()) == 1;
  is_set = is_set && (tls12.empty() ? SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)
                                    : SSL_CTX_set_cipher_list(context, tls12.c_str())) == 1;
  if (is_set) return {};
  return Error{ErrorCode::kInternal, "OpenSSL does not accept the cipher suites"};
}

}  // namespace

TlsContext::TlsContext()
    : context_(SSL_CTX_new(TLS_server_method())), bio_method_(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "irsa socket")) {}

Result<std::unique_ptr<TlsContext>> TlsContext::Make(const TlsOptions& options) {
  if (options.certificate == nullptr) return Error{ErrorCode::kInvalid, "TLS needs a certificate"};
  std::unique_ptr<TlsContext> made(new TlsContext);
  SSL_CTX* context = made->get();
  if (context == nullptr || made->bio_method_ == nullptr) {
    return Error{ErrorCode::kInternal, "cannot create a TLS context"};
  }
  BIO_meth_set_read_ex(made->bio_method_.get(), BioRead);
  BIO_meth_set_write_ex(made->bio_method_.get(), BioWrite);
  BIO_meth_set_ctrl(made->bio_method_.get(), BioControl);

  // OpenSSL 3 neither renegotiates nor compresses of itself.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // An idle connection gives its record buffers back; a busy one reads as much as there is with one call; what could
  // not be written may be offered again from another place.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_msg_callback(context, SeeMessage);
  SSL_CTX_set_max_cert_list(context, kMaxClientChainBytes);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  SSL_CTX_set_cert_cb(context, UseCurrentCertificate, const_cast<crypto::LiveCertificate*>(options.certificate));

  const int version = options.min_version == TlsVersion::k13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(context, version) != 1) {
    return Error{ErrorCode::kInternal, "cannot set the minimum TLS version"};
  }
  if (auto status = SetCipherSuites(context, options.cipher_suites); !status.ok()) return std::move(status).error();
  if (options.client_ca_pem) {
    auto status = RequireClientCertificate(context, *options.client_ca_pem);
    if (!status.ok()) return std::move(status).error();
  }
  return made;
}

SSL* TlsContext::MakeSsl(TlsSocket& socket) const {
  SSL* ssl = SSL_new(context_.get());
  BIO* bio = ssl == nullptr ? nullptr : BIO_new(bio_method_.get());
  if (bio == nullptr) {
    SSL_free(ssl);
    return nullptr;
  }
  BIO_set_data(bio, &socket);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_msg_callback_arg(ssl, &socket);
  return ssl;
}

}  // namespace irsa::http
