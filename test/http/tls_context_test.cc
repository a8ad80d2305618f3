#include "src/http/server/tls_context.h"

#include <memory>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "irsa/crypto/key_pair.h"
#include "irsa/crypto/live_certificate.h"

#include "test/http/ssl_pointers.h"
#include "test/testing/test_ca.h"

namespace irsa::http {
namespace {

// Without a network between them; whether both are content.
bool ShakeHands(SSL* client, SSL* server) {
  BIO* client_end = nullptr;
  BIO* server_end = nullptr;
  EXPECT_EQ(BIO_new_bio_pair(&client_end, 1 << 16, &server_end, 1 << 16), 1);
  SSL_set_bio(client, client_end, client_end);
  SSL_set_bio(server, server_end, server_end);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  for (int i = 0; i < 10; ++i) {
    SSL_do_handshake(client);
    SSL_do_handshake(server);
  }
  return SSL_is_init_finished(client) == 1 && SSL_is_init_finished(server) == 1;
}

// How many hellos the client sends.
int CountHellos(SSL* client, SSL* server) {
  int hellos = 0;
  SSL_set_msg_callback_arg(client, &hellos);
  SSL_set_msg_callback(client, [](int is_sent, int, int type, const void* bytes, size_t size, SSL*, void* count) {
    const bool is_handshake = type == SSL3_RT_HANDSHAKE && size > 0;
    const bool is_hello = is_handshake && *static_cast<const unsigned char*>(bytes) == SSL3_MT_CLIENT_HELLO;
    if (is_sent == 1 && is_hello) ++*static_cast<int*>(count);
  });
  EXPECT_TRUE(ShakeHands(client, server));
  SSL_set_msg_callback(client, nullptr);
  return hellos;
}

// A server that wants another group than the one the client guessed asks for a second hello (RFC 8446, 4.1.4), and the
// certificate is chosen once more.
TEST(TlsContext, SendsEachIntermediateOnceAfterASecondHello) {
  const testing::TestCa ca;
  testing::PemPair pem = ca.Issue("leaf", "IP:127.0.0.1");
  pem.certificate += ca.pem();
  auto pair = crypto::ParseKeyPair(pem.certificate, pem.key);
  ASSERT_TRUE(pair.ok());
  const crypto::LiveCertificate live(std::make_shared<const crypto::KeyPair>(std::move(pair).value()));
  TlsOptions options;
  options.certificate = &live;
  const auto made = TlsContext::Make(options);
  ASSERT_TRUE(made.ok());
  SSL_CTX* context = made.value()->get();
  ASSERT_EQ(SSL_CTX_set1_groups_list(context, "P-256"), 1);

  const ContextPtr client_context(SSL_CTX_new(TLS_client_method()));
  for (const auto& [groups, hellos] : {std::pair("P-256", 1), std::pair("X25519:P-256", 2)}) {
    ASSERT_EQ(SSL_CTX_set1_groups_list(client_context.get(), groups), 1);
    const SslPtr client(SSL_new(client_context.get()));
    const SslPtr server(SSL_new(context));
    EXPECT_EQ(CountHellos(client.get(), server.get()), hellos);
    EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(client.get())), 2) << groups;
  }
}

// It would let a client have one signature after another on one connection.
TEST(TlsContext, DoesNotNegotiateAgain) {
  const testing::TestCa ca;
  const testing::PemPair pem = ca.Issue("leaf", "IP:127.0.0.1");
  const crypto::LiveCertificate live(
      std::make_shared<const crypto::KeyPair>(crypto::ParseKeyPair(pem.certificate, pem.key).value()));
  TlsOptions options;
  options.certificate = &live;
  const auto made = TlsContext::Make(options);
  ASSERT_TRUE(made.ok());
  const ContextPtr client_context(SSL_CTX_new(TLS_client_method()));
  ASSERT_EQ(SSL_CTX_set_max_proto_version(client_context.get(), TLS1_2_VERSION), 1);  // later versions do not know it
  const SslPtr client(SSL_new(client_context.get()));
  const SslPtr server(SSL_new(made.value()->get()));
  ASSERT_TRUE(ShakeHands(client.get(), server.get()));

  int answers = 0;
  SSL_set_msg_callback_arg(server.get(), &answers);
  SSL_set_msg_callback(server.get(), [](int is_sent, int, int type, const void*, size_t, SSL*, void* count) {
    if (is_sent == 1 && type == SSL3_RT_HANDSHAKE) ++*static_cast<int*>(count);
  });
  ASSERT_EQ(SSL_renegotiate(client.get()), 1);
  SSL_do_handshake(client.get());
  ASSERT_GT(BIO_pending(SSL_get_rbio(server.get())), 0) << "a second hello";
  char byte = 0;
  EXPECT_LE(SSL_read(server.get(), &byte, 1), 0);
  EXPECT_EQ(BIO_pending(SSL_get_rbio(server.get())), 0) << "it was read";
  EXPECT_EQ(answers, 0);
}

// OpenSSL makes room for as much as is announced, 100 KiB of it by default.
TEST(TlsContext, RefusesAClientsChainOver16KiB) {
  const testing::TestCa ca;
  const testing::PemPair pem = ca.Issue("leaf", "IP:127.0.0.1");
  const crypto::LiveCertificate live(
      std::make_shared<const crypto::KeyPair>(crypto::ParseKeyPair(pem.certificate, pem.key).value()));
  TlsOptions options;
  options.certificate = &live;
  options.client_ca_pem = ca.pem();
  const auto made = TlsContext::Make(options);
  ASSERT_TRUE(made.ok());

  const testing::PemPair shown = ca.Issue("client", "DNS:client");
  const auto pair = crypto::ParseKeyPair(shown.certificate, shown.key);
  ASSERT_TRUE(pair.ok());
  const auto leaf_size = static_cast<size_t>(i2d_X509(pair->leaf.get(), nullptr));
  for (const size_t bytes : {8U << 10, 32U << 10}) {
    const ContextPtr client_context(SSL_CTX_new(TLS_client_method()));
    ASSERT_EQ(SSL_CTX_use_certificate(client_context.get(), pair->leaf.get()), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey(client_context.get(), pair->key.get()), 1);
    for (size_t i = 0; i < bytes / leaf_size; ++i) {
      ASSERT_EQ(SSL_CTX_add1_chain_cert(client_context.get(), pair->leaf.get()), 1);
    }
    const SslPtr client(SSL_new(client_context.get()));
    const SslPtr server(SSL_new(made.value()->get()));
    EXPECT_EQ(ShakeHands(client.get(), server.get()), bytes < 16U << 10) << bytes;
  }
}

}  // namespace
}  // namespace irsa::http
