#include "irsa/http/client/client_tls.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "irsa/http/client/network_client.h"

#include "test/http_client/client_fixture.h"
#include "test/testing/scripted_server.h"
#include "test/testing/test_ca.h"

namespace irsa::http {
namespace {

using irsa::testing::HttpAnswer;
using irsa::testing::Peer;
using irsa::testing::PemPair;
using irsa::testing::ReceivedRequest;
using irsa::testing::ScriptedServer;
using irsa::testing::ScriptedTls;
using irsa::testing::TestCa;
using ::testing::HasSubstr;

bool Answer(const ReceivedRequest&, Peer& peer) { return peer.Write(HttpAnswer(200, "x")); }

std::shared_ptr<const ClientTls> Trusting(const std::string& ca_pem, const std::string& server_name = "") {
  return ClientTls::Make({.ca_pem = ca_pem, .trust_system_cas = false, .server_name = server_name, .certificate = {}})
      .value();
}

// The error of a request to `server` from a client with `tls`; "" when there is none.
std::string ErrorOf(const ScriptedServer& server, std::shared_ptr<const ClientTls> tls) {
  NetworkClient client(std::move(tls));
  const auto response = client.Send(RequestTo(server.Url("/path")));
  if (response.ok()) return "";
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  return response.error().message;
}

TEST(ClientTls, TrustsACertificateOfTheCaForTheAddress) {
  const TestCa ca;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ""});
  EXPECT_EQ(ErrorOf(server, Trusting(ca.pem())), "");
}

TEST(ClientTls, TrustsIpv6Addresses) {
  const TestCa ca;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "IP:::1"), ""}, true);
  EXPECT_EQ(ErrorOf(server, Trusting(ca.pem())), "");
}

TEST(ClientTls, ReusesATlsConnection) {
  const TestCa ca;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ""});
  NetworkClient client(Trusting(ca.pem()));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
  EXPECT_EQ(server.connection_count(), 1);
}

TEST(ClientTls, RefusesACertificateForAnotherAddress) {
  const TestCa ca;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "IP:127.0.0.2,DNS:localhost"), ""});
  EXPECT_EQ(ErrorOf(server, Trusting(ca.pem())),
            server.Url("") + ": TLS handshake failed: the certificate is not trusted: IP address mismatch");
}

TEST(ClientTls, ChecksTheNameItIsGivenInPlaceOfTheHost) {
  const TestCa ca;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "DNS:kubernetes.default.svc"), ""});
  EXPECT_EQ(ErrorOf(server, Trusting(ca.pem(), "kubernetes.default.svc")), "");
  EXPECT_THAT(ErrorOf(server, Trusting(ca.pem(), "kubernetes")), HasSubstr("hostname mismatch"));
}

TEST(ClientTls, DoesNotTakeTheCommonNameForAName) {
  const TestCa ca;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("kubernetes", ""), ""});
  EXPECT_THAT(ErrorOf(server, Trusting(ca.pem(), "kubernetes")), HasSubstr("hostname mismatch"));
}

TEST(ClientTls, RefusesAnotherCasCertificate) {
  const TestCa ca;
  const TestCa other;
  const ScriptedServer server(Answer, ScriptedTls{other.Issue("server", "IP:127.0.0.1"), ""});
  EXPECT_THAT(ErrorOf(server, Trusting(ca.pem())), HasSubstr("the certificate is not trusted: "));
  EXPECT_EQ(ErrorOf(server, Trusting(ca.pem() + other.pem())), "");
}

TEST(ClientTls, RefusesAnExpiredCertificate) {
  const TestCa ca;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "IP:127.0.0.1", -std::chrono::hours(1)), ""});
  EXPECT_THAT(ErrorOf(server, Trusting(ca.pem())), HasSubstr("certificate has expired"));
}

TEST(ClientTls, TrustsACertificateThatIsNoRoot) {
  const TestCa ca;
  const PemPair leaf = ca.Issue("server", "IP:127.0.0.1");
  const ScriptedServer server(Answer, ScriptedTls{leaf, ""});
  EXPECT_EQ(ErrorOf(server, Trusting(leaf.certificate)), "");
}

TEST(ClientTls, TrustsTheSystemsCasOnlyWhenAskedTo) {
  const TestCa ca;
  EXPECT_EQ(ClientTls::Make({}).error(),
            (Error{ErrorCode::kInvalid, "there is no CA certificate to verify servers with"}));
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ""});
  ClientTlsOptions options;
  options.trust_system_cas = true;
  EXPECT_THAT(ErrorOf(server, ClientTls::Make(options).value()), HasSubstr("the certificate is not trusted: "));
}

TEST(ClientTls, ShowsItsCertificate) {
  const TestCa ca;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ca.pem()});
  const PemPair pair = ca.Issue("client", "");
  ClientTlsOptions options;
  options.ca_pem = ca.pem();
  options.certificate =
      std::make_shared<const crypto::KeyPair>(crypto::ParseKeyPair(pair.certificate, pair.key).value());
  EXPECT_EQ(ErrorOf(server, ClientTls::Make(options).value()), "");
  EXPECT_THAT(ErrorOf(server, Trusting(ca.pem())), HasSubstr("certificate required"));
}

TEST(ClientTls, RefusesPemTextsWithoutCertificates) {
  const TestCa ca;
  ClientTlsOptions options;
  options.ca_pem = "no PEM";
  EXPECT_EQ(ClientTls::Make(options).error(),
            (Error{ErrorCode::kMalformed, "certificate: no PEM block of type CERTIFICATE"}));
  options.ca_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  EXPECT_THAT(ClientTls::Make(options).error().message, HasSubstr("certificate: number 1 is not a certificate: "));
  options.ca_pem = ca.pem() + options.ca_pem;
  EXPECT_EQ(ClientTls::Make(options).error().code, ErrorCode::kMalformed);
  options.ca_pem = std::string(crypto::kTrustedCaLimits.bytes + 1, 'x');
  EXPECT_EQ(ClientTls::Make(options).error().code, ErrorCode::kTooLarge);
}

TEST(ClientTls, TellsACutFromAnEnd) {
  const TestCa ca;
  const ScriptedServer server(
      [](const ReceivedRequest&, Peer& peer) {
        peer.Write("HTTP/1.0 200 OK\r\n\r\nhalf of it");
        return false;  // without TLS's goodbye
      },
      ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ""});
  EXPECT_EQ(ErrorOf(server, Trusting(ca.pem())), server.Url("") + ": reading failed: unexpected eof while reading");
}

TEST(ClientTls, EndsAHandshakeThatHangsAtTheDeadline) {
  const TestCa ca;
  const ScriptedServer server(Answer);  // waits for a request, not for TLS
  NetworkClient client(Trusting(ca.pem()));
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(client.Send(RequestTo(url, std::chrono::milliseconds(50))).error(),
            (Error{ErrorCode::kUnavailable, url + ": TLS handshake failed: timed out"}));
}

// A watch has minutes; a server that is gone has not.
TEST(ClientTls, GivesUpAHandshakeLongBeforeALateDeadline) {
  const TestCa ca;
  const ScriptedServer server(Answer);
  NetworkClient client(Trusting(ca.pem()));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(client.Send(RequestTo("https://127.0.0.1:" + std::to_string(server.port()))).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience / 2) << "it is 5 s";
}

// As browsers: of "lo*.example" no two clients agree what it matches.
TEST(ClientTls, TakesAWildcardForAWholeLabelOnly) {
  const TestCa ca;
  const ScriptedServer whole(Answer, ScriptedTls{ca.Issue("server", "DNS:*.example.com"), ""});
  EXPECT_EQ(ErrorOf(whole, Trusting(ca.pem(), "local.example.com")), "");
  const ScriptedServer part(Answer, ScriptedTls{ca.Issue("server", "DNS:lo*.example.com"), ""});
  EXPECT_THAT(ErrorOf(part, Trusting(ca.pem(), "local.example.com")), HasSubstr("hostname mismatch"));
}

// Whatever the system's configuration of OpenSSL says.
TEST(ClientTls, SpeaksTls12AtLeast) {
  EXPECT_EQ(SSL_CTX_get_min_proto_version(Trusting(TestCa().pem())->context()), TLS1_2_VERSION);
}

TEST(NetworkClient, TrustsByTheLastTlsSet) {
  const TestCa ca;
  const TestCa other;
  const ScriptedServer server(Answer, ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ""});
  NetworkClient client(Trusting(ca.pem()));
  ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
  client.SetTls(Trusting(other.pem()));
  EXPECT_FALSE(client.Send(RequestTo(server.Url())).ok());
  client.SetTls(Trusting(ca.pem()));
  EXPECT_TRUE(client.Send(RequestTo(server.Url())).ok());
}

TEST(NetworkClient, DoesNotKeepAConnectionWhoseCaIsNoLongerTrusted) {
  const TestCa ca;
  const TestCa other;
  std::latch is_asked(1);
  std::latch may_answer(1);
  std::atomic<bool> is_first = true;
  const auto answer = [&](const ReceivedRequest& request, Peer& peer) {
    if (is_first.exchange(false)) {
      is_asked.count_down();
      may_answer.wait();
    }
    return Answer(request, peer);
  };
  const ScriptedServer server(answer, ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ""});
  NetworkClient client(Trusting(ca.pem()));
  std::jthread before([&] { EXPECT_TRUE(client.Send(RequestTo(server.Url())).ok()); });
  is_asked.wait();
  client.SetTls(Trusting(other.pem()));
  may_answer.count_down();
  before.join();
  EXPECT_FALSE(client.Send(RequestTo(server.Url())).ok());
}

}  // namespace
}  // namespace irsa::http
