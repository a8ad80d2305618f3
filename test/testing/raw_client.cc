#include "test/testing/raw_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

namespace irsa::testing {
namespace {

constexpr time_t kPatienceSeconds = 60;

[[noreturn]] void FailWithErrno(const std::string& what) {
  throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

[[noreturn]] void FailWithOpenSsl(const std::string& what) {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  throw std::runtime_error(what + ": " + (reason == nullptr ? "connection ended" : reason));
}

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

BioPtr ReadingBio(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

void UseCertificate(SSL_CTX* context, const PemPair& pair) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(ReadingBio(pair.certificate).get(), nullptr, nullptr, nullptr), X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(ReadingBio(pair.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const bool is_used =
      SSL_CTX_use_certificate(context, certificate.get()) == 1 && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  if (!is_used) FailWithOpenSsl("client certificate");
}

void Trust(SSL_CTX* context, const std::string& ca_pem) {
  const std::unique_ptr<X509, decltype(&X509_free)> ca(
      PEM_read_bio_X509(ReadingBio(ca_pem).get(), nullptr, nullptr, nullptr), X509_free);
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) != 1) FailWithOpenSsl("CA");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

// Each name after its length (RFC 7301).
std::string AlpnList(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list.append(1, static_cast<char>(name.size())).append(name);
  return list;
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// `head` ends with its empty line. Throws for what is no answer.
RawAnswer ParseHead(std::string_view head) {
  RawAnswer answer;
  answer.status = std::stoi(std::string(head.substr(head.find(' ') + 1, 3)));
  for (size_t start = head.find("\r\n") + 2; start + 2 < head.size();) {
    const size_t end = head.find("\r\n", start);
    const size_t colon = head.find(": ", start);
    const std::string name = Lower(std::string(head.substr(start, colon - start)));
    std::string& value = answer.headers[name];
    if (!value.empty()) value += " and ";  // a header sent twice shows
    value += head.substr(colon + 2, end - colon - 2);
    start = end + 2;
  }
  return answer;
}

}  // namespace

void RawClient::Deleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
void RawClient::Deleter::operator()(SSL* ssl) const { SSL_free(ssl); }

RawClient::RawClient(const RawClientOptions& options) {
  try {
    Connect(options);
    if (options.tls) Handshake(options);
  } catch (...) {
    ssl_.reset();
    if (fd_ >= 0) ::close(fd_);
    throw;
  }
}

RawClient::~RawClient() { ::close(fd_); }

void RawClient::Connect(const RawClientOptions& options) {
  sockaddr_in6 ipv6{};
  sockaddr_in ipv4{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(static_cast<uint16_t>(options.port));
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = ipv6.sin6_port;
  const bool is_ipv6 = ::inet_pton(AF_INET6, options.address.c_str(), &ipv6.sin6_addr) == 1;
  if (!is_ipv6) ::inet_pton(AF_INET, options.address.c_str(), &ipv4.sin_addr);
  const auto* address = is_ipv6 ? reinterpret_cast<const sockaddr*>(&ipv6) : reinterpret_cast<const sockaddr*>(&ipv4);
  const socklen_t size = is_ipv6 ? sizeof(ipv6) : sizeof(ipv4);

  fd_ = ::socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) FailWithErrno("socket");
  const timeval patience{kPatienceSeconds, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (options.receive_buffer > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(options.receive_buffer));
  }
  if (::connect(fd_, address, size) != 0) FailWithErrno("connect");
}

void RawClient::Handshake(const RawClientOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL to a server that may have cut the connection
  ERR_clear_error();
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!options.ca_pem.empty()) Trust(context_.get(), options.ca_pem);
  if (options.certificate) UseCertificate(context_.get(), *options.certificate);
  if (options.max_version != 0) SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
  if (!options.tls12_ciphers.empty()) SSL_CTX_set_cipher_list(context_.get(), options.tls12_ciphers.c_str());
  const std::string alpn = AlpnList(options.alpn);
  if (!alpn.empty()) {
    SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned int>(alpn.size()));
  }
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_);
  if (SSL_connect(ssl_.get()) != 1) FailWithOpenSsl("handshake");
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      ERR_clear_error();
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawClient::EndSending() {
  if (ssl_) {
    SSL_shutdown(ssl_.get());
  } else {
    ::shutdown(fd_, SHUT_WR);
  }
}

long RawClient::Read(char* into, size_t size) {
  if (!ssl_) return ::recv(fd_, into, size, 0);
  const int got = SSL_read(ssl_.get(), into, static_cast<int>(size));
  if (got > 0) return got;
  const bool is_ended = SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
  ERR_clear_error();
  return is_ended ? 0 : -1;
}

bool RawClient::ReadMore() {
  std::array<char, 65536> buffer;
  const long got = Read(buffer.data(), buffer.size());
  if (got > 0) received_.append(buffer.data(), static_cast<size_t>(got));
  return got > 0;
}

std::optional<RawAnswer> RawClient::Receive(bool has_body) {
  size_t head_end = std::string::npos;
  while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore()) return std::nullopt;
  }
  RawAnswer answer = ParseHead(std::string_view(received_).substr(0, head_end + 4));
  received_.erase(0, head_end + 4);
  const auto length = answer.headers.find("content-length");
  const size_t size = has_body && length != answer.headers.end() ? std::stoul(length->second) : 0;
  while (received_.size() < size) {
    if (!ReadMore()) return std::nullopt;
  }
  answer.body = received_.substr(0, size);
  received_.erase(0, size);
  received_.shrink_to_fit();  // a test may count what is allocated
  return answer;
}

std::optional<RawAnswer> RawClient::Exchange(std::string_view request) {
  if (!Send(request)) return std::nullopt;
  return Receive();
}

std::string RawClient::ReceiveToEnd() {
  while (ReadMore()) {
  }
  return std::exchange(received_, {});
}

bool RawClient::IsEnded() {
  char byte = 0;
  return received_.empty() && Read(&byte, 1) == 0;
}

std::string RawClient::PeerNames() const {
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_.get());
  std::string names;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    std::array<char, 256> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(sk_X509_value(chain, i)), NID_commonName, name.data(),
                              static_cast<int>(name.size()));
    names += (i > 0 ? ", " : "") + std::string(name.data());
  }
  return names;
}

std::string RawClient::PeerSerial() const {
  const std::unique_ptr<X509, decltype(&X509_free)> leaf(SSL_get1_peer_certificate(ssl_.get()), X509_free);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf.get()), nullptr), BN_free);
  char* text = BN_bn2hex(number.get());
  std::string digits = text;
  OPENSSL_free(text);
  return digits;
}

std::string RawClient::ChosenAlpn() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string RawClient::Version() const { return SSL_get_version(ssl_.get()); }

std::string RawClient::Cipher() const { return SSL_get_cipher_name(ssl_.get()); }

bool RawClient::IsResumable() const { return SSL_SESSION_is_resumable(SSL_get0_session(ssl_.get())) == 1; }

std::string HttpRequest(std::string_view method, std::string_view target, std::string_view headers,
                        std::string_view body) {
  std::string request;
  request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(headers);
  if (!body.empty()) request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return request.append("\r\n").append(body);
}

}  // namespace irsa::testing
