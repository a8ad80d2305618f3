#include "src/http/tls_channel.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "src/http/socket_io.h"
#include "test/http/ssl_pointers.h"
#include "test/http/test_server.h"

namespace irsa::http {
namespace {

// A client whose bytes are sent when the test says so, many records with one call.
class BatchingClient {
 public:
  explicit BatchingClient(int fd) : fd_(fd) {
    SSL_set_bio(ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl());
  }

  SSL* ssl() { return ssl_.get(); }

  void Flush() {
    const char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl()), &bytes);
    ASSERT_EQ(::send(fd_, bytes, static_cast<size_t>(size), 0), size);
    BIO_reset(SSL_get_wbio(ssl()));
  }

  void Receive() {
    std::array<char, 16384> bytes{};
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got > 0) BIO_write(SSL_get_rbio(ssl()), bytes.data(), static_cast<int>(got));
  }

 private:
  const int fd_;
  const ContextPtr context_{SSL_CTX_new(TLS_client_method())};
  const SslPtr ssl_{SSL_new(context_.get())};
};

// Each costs the server what a small request does, and none of them is data.
TEST(TlsChannel, LetsOthersHaveATurnWhenAClientChangesItsKeysAgainAndAgain) {
  const testing::TestCa ca;
  const tls::LiveCertificate live(KeyPairOf(ca.Issue("leaf", "IP:127.0.0.1")));
  TlsOptions options;
  options.certificate = &live;
  const auto context = TlsContext::Make(options);
  ASSERT_TRUE(context.ok());
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  const base::Descriptor client_end(ends[0]);
  TlsChannel channel(base::Descriptor(ends[1]), **context);
  BatchingClient client(client_end.get());
  for (int i = 0; i < 3; ++i) {
    SSL_do_handshake(client.ssl());
    client.Flush();
    channel.Handshake();
    client.Receive();
  }
  ASSERT_TRUE(channel.IsReady());

  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(client.ssl()), 1);
  }
  ASSERT_EQ(SSL_write(client.ssl(), "x", 1), 1);
  client.Flush();

  std::array<char, 10> into{};
  EXPECT_EQ(channel.Read(into).status, IoStatus::kWantRead);
  EXPECT_TRUE(IsReadable(channel.fd())) << "so that it is its turn again";
  IoResult result{IoStatus::kWantRead, 0};
  for (int turns = 1; turns < 10 && result.status != IoStatus::kDone; ++turns) result = channel.Read(into);
  EXPECT_EQ(std::string(into.data(), result.bytes), "x");
}

}  // namespace
}  // namespace irsa::http
