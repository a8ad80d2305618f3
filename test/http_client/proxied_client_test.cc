// NetworkClient through proxies, over real sockets and TLS.
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"
#include "irsa/http/client/network_client.h"

#include "test/http_client/client_fixture.h"
#include "test/testing/connect_proxy.h"
#include "test/testing/refusing_port.h"
#include "test/testing/scripted_server.h"
#include "test/testing/test_ca.h"

namespace irsa::http {
namespace {

using irsa::testing::ConnectProxy;
using irsa::testing::HttpAnswer;
using irsa::testing::Peer;
using irsa::testing::ReceivedRequest;
using irsa::testing::ScriptedServer;
using irsa::testing::ScriptedTls;
using irsa::testing::TestCa;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

bool Answer(const ReceivedRequest&, Peer& peer) { return peer.Write(HttpAnswer(200, "x")); }

ProxyChoice Through(const std::string& url) { return ProxyChoice(ParseProxyUrl(url).value()); }

class ProxiedClient : public ::testing::Test {
 protected:
  // A URL that no resolver knows: the proxy is the one to look it up.
  std::string Server() const { return "https://api.invalid:" + std::to_string(server_.port()); }

  std::shared_ptr<const ClientTls> Tls(bool with_certificate = false) const {
    ClientTlsOptions options;
    options.ca_pem = ca_.pem();
    if (with_certificate) {
      const testing::PemPair pair = ca_.Issue("client", "");
      options.certificate =
          std::make_shared<const crypto::KeyPair>(crypto::ParseKeyPair(pair.certificate, pair.key).value());
    }
    return ClientTls::Make(options).value();
  }

  // The error of a request through that proxy, after the beginning that all have; "" when there is none.
  std::string ErrorThrough(const std::string& proxy) const {
    NetworkClient client(Tls(), Through(proxy));
    const auto response = client.Send(RequestTo(Server()));
    if (response.ok()) return "";
    const std::string prefix = Server() + ": ";
    EXPECT_TRUE(response.error().message.starts_with(prefix)) << response.error().message;
    return response.error().message.substr(prefix.size());
  }

  TestCa ca_;
  ScriptedServer server_{Answer, ScriptedTls{ca_.Issue("server", "DNS:api.invalid"), ""}};
};

TEST_F(ProxiedClient, TunnelsHttps) {
  const ConnectProxy proxy;
  NetworkClient client(Tls(), Through(proxy.Url()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Send(RequestTo(Server() + "/secret"))->body, "x");
  const std::string target = "api.invalid:" + std::to_string(server_.port());
  EXPECT_THAT(proxy.heads(),
              ElementsAre("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\nUser-Agent: irsa/" IRSA_VERSION));
}

TEST_F(ProxiedClient, ShowsCredentialsToTheProxyOnly) {
  const ConnectProxy proxy;
  std::atomic<bool> was_shown = false;
  const ScriptedServer server(
      [&was_shown](const ReceivedRequest& request, Peer& peer) {
        was_shown = request.headers.contains("proxy-authorization");
        return peer.Write(HttpAnswer(200, "x"));
      },
      ScriptedTls{ca_.Issue("server", "IP:127.0.0.1"), ""});
  NetworkClient client(Tls(), Through(proxy.Url("joe:s%40same@")));
  ASSERT_TRUE(client.Send(RequestTo(server.Url())).ok());
  EXPECT_THAT(proxy.heads(),
              ElementsAre(HasSubstr("\r\nProxy-Authorization: Basic " + base::EncodeBase64("joe:s@same"))));
  EXPECT_FALSE(was_shown);
}

TEST_F(ProxiedClient, TunnelsWithinTlsToAnHttpsProxy) {
  const ConnectProxy proxy(ConnectProxy::kEstablished, ca_.Issue("proxy", "IP:127.0.0.1"));
  const std::string body(1'000'000, 'b');
  const ScriptedServer server(
      [&body](const ReceivedRequest& request, Peer& peer) {
        return peer.Write(HttpAnswer(200, request.body == body ? body : "another body"));
      },
      ScriptedTls{ca_.Issue("server", "IP:127.0.0.1"), ca_.pem()});
  NetworkClient client(Tls(true), Through(proxy.Url()));
  ClientRequest request = RequestTo(server.Url());
  request.method = "POST";
  request.body = body;
  for (int i = 0; i < 3; ++i) {
    const auto response = client.Send(request);
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response->body, body);
  }
  EXPECT_THAT(proxy.heads(), SizeIs(1));
  // The client's certificate is for the server, which requires it.
  EXPECT_EQ(proxy.certificate_count(), 0);
}

TEST_F(ProxiedClient, VerifiesAnHttpsProxy) {
  const TestCa other;
  const ConnectProxy stranger(ConnectProxy::kEstablished, other.Issue("proxy", "IP:127.0.0.1"));
  EXPECT_THAT(ErrorThrough(stranger.Url()), AllOf(HasSubstr("the proxy " + stranger.Url() + ": TLS handshake failed"),
                                                  HasSubstr("the certificate is not trusted")));
  const ConnectProxy misnamed(ConnectProxy::kEstablished, ca_.Issue("proxy", "IP:127.0.0.2"));
  EXPECT_THAT(ErrorThrough(misnamed.Url()), HasSubstr("IP address mismatch"));
}

TEST_F(ProxiedClient, VerifiesTheServerBehindTheProxy) {
  const ConnectProxy proxy;
  const ScriptedServer other(Answer, ScriptedTls{ca_.Issue("server", "DNS:other.invalid"), ""});
  NetworkClient client(Tls(), Through(proxy.Url()));
  const std::string url = "https://api.invalid:" + std::to_string(other.port());
  EXPECT_EQ(client.Send(RequestTo(url)).error().message,
            url + ": TLS handshake failed: the certificate is not trusted: hostname mismatch");
}

TEST_F(ProxiedClient, SaysHowTheProxyRefuses) {
  const auto with = [this](const std::string& answer) {
    const ConnectProxy proxy(answer);
    const std::string error = ErrorThrough(proxy.Url("joe:sesame@"));
    EXPECT_THAT(error, Not(HasSubstr("sesame")));
    const std::string prefix = "the proxy " + proxy.Url() + ": ";
    EXPECT_TRUE(error.starts_with(prefix)) << error;
    return error.substr(prefix.size());
  };
  EXPECT_EQ(with("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope"),
            "it refused the connection with status 403");
  EXPECT_EQ(with("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
            "it refused the connection with status 407: check the user name and password in its URL");
  EXPECT_EQ(with("HTTP/1.0 502 Bad Gateway\r\n\r\n"), "it refused the connection with status 502");
  EXPECT_EQ(with("SSH-2.0-OpenSSH\r\n\r\n"), "its answer is not HTTP");
  EXPECT_EQ(with("HTTP/1.1 99 Low\r\n\r\n"), "its answer is not HTTP");
  EXPECT_EQ(with("HTTP/1.1 200 OK\r\n\r\nearly"), "it sent data before the connection was used");
  EXPECT_EQ(with("HTTP/1.1 500 cut"), "it closed the connection instead of answering");
  EXPECT_EQ(with("HTTP/1.1 500 " + std::string(100'000, 'x')), "the head of its answer is too long");
}

TEST_F(ProxiedClient, SaysThatTheProxyCannotBeReached) {
  const testing::RefusingPort port;
  const std::string url = "http://127.0.0.1:" + std::to_string(port.port());
  EXPECT_EQ(ErrorThrough(url), "the proxy " + url + ": cannot connect: Connection refused");
}

TEST_F(ProxiedClient, NamesAProxyWithoutAUsableUrl) {
  NetworkClient client(Tls(), ProxyChoice::FromEnvironment([](const char* name) {
                         return std::string_view(name) == "HTTPS_PROXY" ? "socks5://joe:sesame@proxy" : nullptr;
                       }));
  const auto error = client.Send(RequestTo(Server())).error();
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_EQ(error.message, Server() +
                               ": the proxy of HTTPS_PROXY: socks5 proxies are not supported: use an http or "
                               "https proxy");
}

TEST_F(ProxiedClient, LetsTheProxyForwardPlainHttp) {
  std::mutex mutex;
  ReceivedRequest received;
  const auto forward = [&](const ReceivedRequest& request, Peer& peer) {
    const std::lock_guard lock(mutex);
    received = request;
    return peer.Write(HttpAnswer(200, "forwarded"));
  };
  const ScriptedServer plain(forward);
  const ScriptedServer secure(forward, ScriptedTls{ca_.Issue("proxy", "IP:127.0.0.1"), ""});
  for (const ScriptedServer* proxy : {&plain, &secure}) {
    const std::string scheme = proxy == &plain ? "http" : "https";
    NetworkClient client(Tls(), Through(scheme + "://joe:sesame@127.0.0.1:" + std::to_string(proxy->port())));
    const auto response = client.Send(RequestTo("http://keys.invalid:81/a?b=c"));
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response->body, "forwarded");
    EXPECT_EQ(received.target, "http://keys.invalid:81/a?b=c");
    EXPECT_EQ(received.headers.at("host"), "keys.invalid:81");
    EXPECT_EQ(received.headers.at("proxy-authorization"), "Basic " + base::EncodeBase64("joe:sesame"));
  }
}

TEST_F(ProxiedClient, NeedsSomeoneToTrustForAnHttpsProxy) {
  NetworkClient client(nullptr, Through("https://127.0.0.1:1"));
  EXPECT_EQ(client.Send(RequestTo("http://keys.invalid")).error(),
            (Error{ErrorCode::kInvalid, "http://keys.invalid: no CA certificates were given to verify it with"}));
}

TEST_F(ProxiedClient, KeepsToTheDeadlineWhileTheProxyIsSilent) {
  const ScriptedServer silent([](const ReceivedRequest&, Peer& peer) {
    peer.WaitForClose();
    return false;
  });
  NetworkClient client(Tls(), Through("http://127.0.0.1:" + std::to_string(silent.port())));
  const auto response = client.Send(RequestTo(Server(), std::chrono::milliseconds(100)));
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("timed out"));
}

}  // namespace
}  // namespace irsa::http
