// The server's TLS: what it offers, whom it refuses, and its certificate's renewal.
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "irsa/http/server/server.h"

#include "test/http/test_server.h"
#include "test/testing/await.h"
#include "test/testing/raw_client.h"
#include "test/testing/test_ca.h"

namespace irsa::http {
namespace {

using ::testing::HasSubstr;
using testing::HttpRequest;
using testing::RawClient;
using testing::RawClientOptions;
using testing::TestCa;

// "" when the handshake and a request succeed.
std::string Outcome(const RawClientOptions& options) {
  try {
    RawClient client(options);
    // In TLS 1.3 a client learns only now that its certificate was refused.
    return client.Exchange(HttpRequest("GET", "/hello")) == Hello() ? "" : "no answer";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

ServerOptions WithTls(const TlsOptions& tls) {
  ServerOptions options;
  options.tls = tls;
  return options;
}

TEST(ServerTls, UsesTheCertificateThatIsCurrentAtTheHandshake) {
  TestServer server(true);
  RawClient before(server.Client());
  EXPECT_EQ(before.PeerNames(), "first");
  server.certificate().Set(KeyPairOf(server.ca().Issue("second", "IP:127.0.0.1")));
  EXPECT_EQ(RawClient(server.Client()).PeerNames(), "second");
  EXPECT_EQ(before.Exchange(HttpRequest("GET", "/hello")), Hello()) << "connections outlive their certificate";
}

TEST(ServerTls, SendsTheIntermediates) {
  TestServer server(true);
  testing::PemPair pair = server.ca().Issue("leaf", "IP:127.0.0.1");
  pair.certificate += server.ca().pem();
  server.certificate().Set(KeyPairOf(pair));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(RawClient(server.Client()).PeerNames(), "leaf, test CA");
}

TEST(ServerTls, RefusesHandshakesWhileThereIsNoCertificate) {
  TestServer server(true);
  server.certificate().Set(nullptr);
  EXPECT_NE(Outcome(server.Client()), "");
  server.certificate().Set(KeyPairOf(server.ca().Issue("later", "IP:127.0.0.1")));
  EXPECT_EQ(Outcome(server.Client()), "");
}

TEST(ServerTls, AgreesOnlyOnHttp11) {
  TestServer server(true);
  RawClientOptions options = server.Client();
  options.alpn = {"h2", "http/1.1"};
  EXPECT_EQ(RawClient(options).ChosenAlpn(), "http/1.1");
  options.alpn = {};
  EXPECT_EQ(RawClient(options).ChosenAlpn(), "");
  EXPECT_EQ(Outcome(options), "");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    options.alpn = {"h2", "http/1.0"};
    options.max_version = version;
    EXPECT_THAT(Outcome(options), HasSubstr("no application protocol"));
  }
}

TEST(ServerTls, SpeaksTls12And13) {
  TestServer server(true);
  RawClientOptions options = server.Client();
  EXPECT_EQ(RawClient(options).Version(), "TLSv1.3");
  options.max_version = TLS1_2_VERSION;
  EXPECT_EQ(RawClient(options).Version(), "TLSv1.2");
  EXPECT_EQ(Outcome(options), "");
  options.max_version = TLS1_1_VERSION;
  options.tls12_ciphers = "ALL:@SECLEVEL=0";  // so that the client dares
  EXPECT_THAT(Outcome(options), HasSubstr("protocol version"));
}

TEST(ServerTls, CanInsistOnTls13) {
  TestServer server(true, WithTls({.min_version = TlsVersion::k13}));
  RawClientOptions options = server.Client();
  EXPECT_EQ(Outcome(options), "");
  options.max_version = TLS1_2_VERSION;
  EXPECT_THAT(Outcome(options), HasSubstr("protocol version"));
}

TEST(ServerTls, UsesOnlyTheCipherSuitesNamed) {
  TestServer server(true, WithTls({.cipher_suites = "TLS_CHACHA20_POLY1305_SHA256, "
                                                    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
                                                    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}));
  RawClientOptions options = server.Client();
  EXPECT_EQ(RawClient(options).Cipher(), "TLS_CHACHA20_POLY1305_SHA256");
  options.max_version = TLS1_2_VERSION;
  EXPECT_EQ(RawClient(options).Cipher(), "ECDHE-ECDSA-AES256-GCM-SHA384");
  options.tls12_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  EXPECT_THAT(Outcome(options), HasSubstr("handshake failure"));
}

TEST(ServerTls, LeavesTls13AloneWhenOnlySuitesOfTls12AreNamed) {
  TestServer server(true, WithTls({.cipher_suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}));
  RawClientOptions options = server.Client();
  EXPECT_EQ(RawClient(options).Version(), "TLSv1.3");
  options.max_version = TLS1_2_VERSION;
  EXPECT_EQ(RawClient(options).Cipher(), "ECDHE-ECDSA-AES128-GCM-SHA256");
}

TEST(ServerTls, SpeaksOnlyTls13WhenOnlyItsSuitesAreNamed) {
  TestServer server(true, WithTls({.cipher_suites = "TLS_AES_128_GCM_SHA256"}));
  RawClientOptions options = server.Client();
  EXPECT_EQ(RawClient(options).Cipher(), "TLS_AES_128_GCM_SHA256");
  options.max_version = TLS1_2_VERSION;
  EXPECT_THAT(Outcome(options), HasSubstr("protocol version"));
}

TEST(ServerTls, CanRequireAClientCertificate) {
  const TestCa client_ca;
  const TestCa other_ca;
  TestServer server(true, WithTls({.client_ca_pem = client_ca.pem()}));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClientOptions options = server.Client();
    options.max_version = version;
    EXPECT_NE(Outcome(options), "");
    options.certificate = client_ca.Issue("apiserver", "");
    EXPECT_EQ(Outcome(options), "");
    options.certificate = other_ca.Issue("apiserver", "");
    EXPECT_NE(Outcome(options), "");
    options.certificate = client_ca.Issue("apiserver", "", std::chrono::seconds(-60));
    EXPECT_NE(Outcome(options), "") << "expired";
  }
}

TEST(ServerTls, GivesNoTickets) {
  TestServer server(true);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClientOptions options = server.Client();
    options.max_version = version;
    RawClient client(options);
    EXPECT_EQ(client.Exchange(HttpRequest("GET", "/hello")), Hello());
    EXPECT_FALSE(client.IsResumable());
  }
}

TEST(ServerTls, EndsWhatIsNoHandshake) {
  TestServer server(true);
  RawClientOptions options = server.Client();
  options.tls = false;
  RawClient client(options);
  ASSERT_TRUE(client.Send(HttpRequest("GET", "/hello")));
  EXPECT_EQ(client.ReceiveToEnd().find("HTTP"), std::string::npos);
  EXPECT_EQ(Outcome(server.Client()), "");
}

// Why each failed, as far as a server can know.
TEST(ServerTls, SaysWhyAHandshakeFailed) {
  const TestCa client_ca;
  std::mutex mutex;
  std::vector<std::string> failures;
  ServerOptions options = WithTls({.min_version = TlsVersion::k13, .client_ca_pem = client_ca.pem()});
  options.on_handshake_failure = [&](HandshakeFailure failure, const std::string& peer) {
    const std::lock_guard lock(mutex);
    failures.push_back(std::string(HandshakeFailureName(failure)) + " " + peer);
  };
  TestServer server(true, options);
  const auto failure = [&](const std::function<void(RawClientOptions&)>& change, const std::string& bytes = "") {
    RawClientOptions client = server.Client();
    client.certificate = client_ca.Issue("apiserver", "");
    change(client);
    client.tls = bytes.empty();
    try {
      RawClient connected(client);
      if (!bytes.empty()) connected.Send(bytes);
      connected.EndSending();
      connected.ReceiveToEnd();
    } catch (const std::runtime_error&) {
    }
    std::vector<std::string> told;
    EXPECT_TRUE(testing::Await([&] {
      const std::lock_guard lock(mutex);
      told = std::exchange(failures, {});
      return !told.empty();
    }));
    return told.empty() ? "" : told.front();
  };
  const auto nothing = [](RawClientOptions&) {};
  EXPECT_EQ(failure(nothing, "GET / HTTP/1.1\r\n\r\n"), "no-tls 127.0.0.1");
  EXPECT_EQ(failure(nothing, std::string("\x16\x03\x01\x40\x00\x01\x01\xff\x00\x03", 10)), "hello-too-large 127.0.0.1");
  EXPECT_EQ(failure(nothing, std::string("\x16\x03\x01\x02\x00\x01", 6)), "ended 127.0.0.1");
  EXPECT_EQ(failure([](RawClientOptions& client) { client.max_version = TLS1_2_VERSION; }), "version 127.0.0.1");
  EXPECT_EQ(failure([](RawClientOptions& client) { client.alpn = {"h2"}; }), "protocol 127.0.0.1");
  EXPECT_EQ(failure([](RawClientOptions& client) { client.certificate.reset(); }), "no-client-certificate 127.0.0.1");
  EXPECT_EQ(failure([](RawClientOptions& client) { client.certificate = TestCa().Issue("x", ""); }),
            "client-certificate 127.0.0.1");
  // Such a client is often gone before its address can be asked for.
  EXPECT_THAT(failure([](RawClientOptions& client) { client.ca_pem = TestCa().pem(); }),
              ::testing::StartsWith("certificate-refused "));
  server.certificate().Set(nullptr);
  EXPECT_EQ(failure(nothing), "no-certificate 127.0.0.1");
}

TEST(ServerTls, EndsAHandshakeThatStops) {
  ServerOptions timely;
  timely.request_timeout = std::chrono::milliseconds(50);
  TestServer server(true, timely);
  RawClientOptions options = server.Client();
  options.tls = false;
  RawClient silent(options);
  RawClient half(options);
  ASSERT_TRUE(half.Send(std::string("\x16\x03\x01\x02\x00\x01", 6)));  // the start of a ClientHello
  EXPECT_TRUE(silent.IsEnded());
  EXPECT_TRUE(half.IsEnded());
}

// Writing to a connection that the client has reset must not end the process, even if nobody ignores SIGPIPE.
TEST(ServerTls, SurvivesClientsThatAreGone) {
  TestServer server(true);
  struct sigaction before {};
  struct sigaction deadly {};
  deadly.sa_handler = SIG_DFL;
  ASSERT_EQ(::sigaction(SIGPIPE, &deadly, &before), 0);
  {
    RawClient client(server.Client());
    ASSERT_TRUE(client.Send(HttpRequest("GET", "/wait") + HttpRequest("GET", "/big?bytes=100000")));
    server.gate().AwaitArrivals(1);
  }
  // The first answer meets a closed socket, which resets the connection; the second one a broken pipe.
  server.gate().Open();
  EXPECT_EQ(Outcome(server.Client()), "");
  EXPECT_TRUE(server.server().Drain(std::chrono::seconds(60)));
  ::sigaction(SIGPIPE, &before, nullptr);
}

// Code and message of the error that Start returns.
std::string StartError(const TlsOptions& tls) {
  auto started = Server::Start(WithTls(tls), {});
  if (started.FailedWith(ErrorCode::kMalformed)) return "malformed: " + started.error().message;
  if (started.FailedWith(ErrorCode::kInvalid)) return "invalid: " + started.error().message;
  return started.ok() ? "started" : "another code: " + started.error().message;
}

TEST(ServerTls, SaysWhichOptionCannotBe) {
  const TestCa ca;
  const crypto::LiveCertificate live(KeyPairOf(ca.Issue("x", "")));
  EXPECT_EQ(StartError({}), "invalid: TLS needs a certificate");
  for (const std::string name : {"TLS_FROM_THE_FUTURE", "", "ECDHE-RSA-AES128-GCM-SHA256", "TLS_RSA_WITH_DES_CBC_SHA",
                                 "TLS_FUTURE_WITH_AES_128_GCM_SHA256"}) {
    EXPECT_EQ(StartError({.certificate = &live, .cipher_suites = "TLS_AES_128_GCM_SHA256," + name}),
              "invalid: cipher suite \"" + name + "\" is unknown or not available");
  }
  EXPECT_EQ(StartError({.certificate = &live, .client_ca_pem = ""}),
            StartError({.certificate = &live, .client_ca_pem = "no PEM"}));
  EXPECT_EQ(StartError({.certificate = &live, .client_ca_pem = "no PEM"}),
            "malformed: client CA: certificate: no PEM block of type CERTIFICATE");
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_THAT(StartError({.certificate = &live, .client_ca_pem = ca.pem() + broken}),
              ::testing::StartsWith("malformed: client CA: certificate: number 2 is not a certificate: "));
}

}  // namespace
}  // namespace irsa::http
