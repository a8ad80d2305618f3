#include "src/http/server/tls_context.h"

#include <memory>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "irsa/crypto/key_pair.h"
#include "irsa/crypto/live_certificate.h"

#include "test/http/ssl_pointers.h"
#include "test/testing/test_ca.h"

namespace irsa::http {
namespace {

// Handshakes without a network between them; returns how many hellos the client sent.
int Shake(SSL* client, SSL* server) {
  BIO* client_end = nullptr;
  BIO* server_end = nullptr;
  EXPECT_EQ(BIO_new_bio_pair(&client_end, 1 << 16, &server_end, 1 << 16), 1);
  SSL_set_bio(client, client_end, client_end);
  SSL_set_bio(server, server_end, server_end);
  int hellos = 0;
  SSL_set_msg_callback_arg(client, &hellos);
  SSL_set_msg_callback(client, [](int is_sent, int, int type, const void* bytes, size_t size, SSL*, void* count) {
    const bool is_handshake = type == SSL3_RT_HANDSHAKE && size > 0;
    const bool is_hello = is_handshake && *static_cast<const unsigned char*>(bytes) == SSL3_MT_CLIENT_HELLO;
    if (is_sent == 1 && is_hello) ++*static_cast<int*>(count);
  });
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  for (int i = 0; i < 10; ++i) {
    SSL_do_handshake(client);
    SSL_do_handshake(server);
  }
  EXPECT_TRUE(SSL_is_init_finished(client) == 1 && SSL_is_init_finished(server) == 1);
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
    EXPECT_EQ(Shake(client.get(), server.get()), hellos);
    EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(client.get())), 2) << groups;
  }
}

}  // namespace
}  // namespace irsa::http
