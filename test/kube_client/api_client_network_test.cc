// ApiClient over real sockets and TLS, its files on a real disk.
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/http/client/network_client.h"
#include "irsa/kube/api/api_client.h"

#include "test/testing/fake_clock.h"
#include "test/testing/fake_log.h"
#include "test/testing/refusing_port.h"
#include "test/testing/scripted_server.h"
#include "test/testing/temporary_directory.h"
#include "test/testing/test_ca.h"

namespace irsa::kube {
namespace {

using irsa::testing::Chunk;
using irsa::testing::ChunkedHead;
using irsa::testing::HttpAnswer;
using irsa::testing::Peer;
using irsa::testing::ReceivedRequest;
using irsa::testing::ScriptedServer;
using irsa::testing::ScriptedTls;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Far over what any exchange of these tests needs, under sanitizers too.
constexpr std::chrono::seconds kPatience{60};

// Answers with the Authorization header it got, and only to the current token.
class TokenChecker {
 public:
  bool operator()(const ReceivedRequest& request, Peer& peer) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    const auto authorization = request.headers.find("authorization");
    const bool knows = authorization != request.headers.end() && authorization->second == "Bearer " + accepted_;
    return peer.Write(HttpAnswer(knows ? 200 : 401, knows ? "welcome" : "who are you?"));
  }

  void Accept(std::string token) {
    const std::lock_guard lock(mutex_);
    accepted_ = std::move(token);
  }

  std::vector<ReceivedRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  mutable std::mutex mutex_;
  std::string accepted_ = "one";           // guarded by mutex_
  std::vector<ReceivedRequest> requests_;  // guarded by mutex_
};

class ApiClientNetworkTest : public ::testing::Test {
 protected:
  ApiClientNetworkTest() {
    folder_.Write("ca.crt", ca_.pem());
    folder_.Write("token", "one");
    config_.ca.path = folder_.Path("ca.crt");
    config_.token.path = folder_.Path("token");
  }

  ScriptedTls ServerTls(const std::string& client_ca = "") const {
    return {ca_.Issue("kube-apiserver", "IP:127.0.0.1"), client_ca};
  }

  std::unique_ptr<ApiClient> ClientOf(const std::string& url) {
    config_.server = base::ParseUrl(url).value();
    return std::make_unique<ApiClient>(
        ApiClientOptions{.cluster = config_},
        ApiClientParts{
            .client = network_,
            .set_tls = [this](std::shared_ptr<const http::ClientTls> tls) { network_.SetTls(std::move(tls)); },
            .files = files_,
            .clock = clock_,
            .log = log_});
  }

  static ApiRequest Get(std::string path) {
    ApiRequest request;
    request.path = std::move(path);
    request.deadline = std::chrono::steady_clock::now() + kPatience;
    return request;
  }

  testing::TestCa ca_;
  testing::TemporaryDirectory folder_;
  ClusterConfig config_;
  base::DiskFileReader files_;
  testing::FakeClock clock_;  // of the polls only
  testing::FakeLog log_;
  http::NetworkClient network_;
};

TEST_F(ApiClientNetworkTest, LogsInOverOneConnection) {
  TokenChecker checker;
  const ScriptedServer server(std::ref(checker), ServerTls());
  const auto client = ClientOf(server.Url());
  ASSERT_TRUE(client->Load().ok());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client->Send(Get("/api/v1/pods?limit=1"))->body, "welcome");
  EXPECT_EQ(server.connection_count(), 1);
  const ReceivedRequest request = checker.requests().front();
  EXPECT_EQ(request.target, "/api/v1/pods?limit=1");
  EXPECT_EQ(request.headers.at("accept"), "application/json");
  EXPECT_EQ(request.headers.at("user-agent"), "irsa/" IRSA_VERSION);
}

TEST_F(ApiClientNetworkTest, FollowsARotatedToken) {
  TokenChecker checker;
  const ScriptedServer server(std::ref(checker), ServerTls());
  const auto client = ClientOf(server.Url());
  EXPECT_EQ(client->Send(Get("/"))->status, 200);
  checker.Accept("two");
  EXPECT_EQ(client->Send(Get("/"))->status, 401);
  folder_.Write("token", "two\n");
  EXPECT_EQ(client->Send(Get("/"))->status, 200);
  EXPECT_EQ(checker.requests().size(), 4);  // a 401 more: the file was read again because of it
}

TEST_F(ApiClientNetworkTest, FollowsARotatedCa) {
  TokenChecker checker;
  const testing::TestCa next;
  std::optional<ScriptedServer> server(std::in_place, std::ref(checker),
                                       ScriptedTls{next.Issue("kube-apiserver", "IP:127.0.0.1"), ""});
  const auto client = ClientOf(server->Url());
  const auto refused = client->Send(Get("/"));
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("the certificate is not trusted"));
  folder_.Write("ca.crt", ca_.pem() + next.pem());
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(client->Send(Get("/"))->status, 200);
  EXPECT_THAT(log_.Lines(), ElementsAre("credentials for the apiserver reloaded"));
}

TEST_F(ApiClientNetworkTest, ShowsItsClientCertificate) {
  TokenChecker checker;
  const testing::TestCa client_ca;
  const ScriptedServer server(std::ref(checker), ServerTls(client_ca.pem()));
  EXPECT_FALSE(ClientOf(server.Url())->Send(Get("/")).ok());
  const testing::PemPair pair = client_ca.Issue("admin", "");
  config_.client_certificate = {pair.certificate, ""};
  config_.client_key.path = folder_.Write("client.key", pair.key);
  EXPECT_EQ(ClientOf(server.Url())->Send(Get("/"))->status, 200);
}

TEST_F(ApiClientNetworkTest, ChecksTheNameOfTheKubeconfig) {
  TokenChecker checker;
  const ScriptedServer server(std::ref(checker), ScriptedTls{ca_.Issue("kube-apiserver", "DNS:kubernetes"), ""});
  EXPECT_THAT(ClientOf(server.Url())->Send(Get("/")).error().message, HasSubstr("IP address mismatch"));
  config_.tls_server_name = "kubernetes";
  EXPECT_EQ(ClientOf(server.Url())->Send(Get("/"))->status, 200);
}

TEST_F(ApiClientNetworkTest, StreamsAWatchUntilToldToStop) {
  const ScriptedServer server(
      [](const ReceivedRequest&, Peer& peer) {
        peer.Write(ChunkedHead() + Chunk("first\n"));
        peer.WaitForClose();
        return false;
      },
      ServerTls());
  std::stop_source stop;
  std::string taken;
  ApiRequest request = Get("/api/v1/pods?watch=1");
  request.stop = stop.get_token();
  request.on_body = [&](std::string_view piece) {
    taken += piece;
    stop.request_stop();  // while the next piece is waited for
    return true;
  };
  EXPECT_EQ(ClientOf(server.Url())->Send(request).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(taken, "first\n");
}

TEST_F(ApiClientNetworkTest, SaysHowLongToWait) {
  const ScriptedServer server(
      [](const ReceivedRequest&, Peer& peer) { return peer.Write(HttpAnswer(429, "", "Retry-After: 3\r\n")); });
  const auto answer = ClientOf(server.Url())->Send(Get("/"));
  EXPECT_EQ(answer->status, 429);
  EXPECT_EQ(answer->retry_after, std::chrono::seconds(3));
}

TEST_F(ApiClientNetworkTest, NamesAServerThatCannotBeReached) {
  const testing::RefusingPort port;
  const std::string url = "https://127.0.0.1:" + std::to_string(port.port());
  const auto answer = ClientOf(url)->Send(Get("/api/v1/pods"));
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr(url + ": "));
}

}  // namespace
}  // namespace irsa::kube
