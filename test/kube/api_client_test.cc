#include "irsa/kube/api/api_client.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/fake_clock.h"
#include "test/testing/fake_file_reader.h"
#include "test/testing/fake_log.h"
#include "test/testing/fake_program_runner.h"
#include "test/testing/test_ca.h"

namespace irsa::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr const char* kPods = "/api/v1/pods";

// Gives the scripted answers one after another; keeps what was sent.
class FakeClient final : public http::Client {
 public:
  Result<http::ClientResponse> Send(const http::ClientRequest& request) override {
    sent.push_back(request);
    if (answers.empty()) return http::ClientResponse{.status = 200, .headers = {}, .body = "{}"};
    auto answer = std::move(answers.front());
    answers.pop_front();
    if (const auto hook = on_send) hook();  // a copy, since it may set on_send anew while it runs
    return answer;
  }

  void AnswerStatus(int status, http::Headers headers = {}) {
    answers.push_back(http::ClientResponse{.status = status, .headers = std::move(headers), .body = ""});
  }

  std::vector<http::ClientRequest> sent;
  std::deque<Result<http::ClientResponse>> answers;
  std::function<void()> on_send;  // during a scripted exchange
};

class ApiClientTest : public ::testing::Test {
 protected:
  ApiClientTest() {
    config_.server = base::ParseUrl("https://10.0.0.1:6443/base").value();
    config_.ca.path = "/sa/ca.crt";
    config_.token.path = "/sa/token";
    files_.files = {{"/sa/ca.crt", ca_.pem()}, {"/sa/token", "one"}};
  }

  ApiClient& Client() {
    if (!client_) {
      client_ = std::make_unique<ApiClient>(
          ApiClientOptions{.cluster = config_,
                           .on_answer = [this](std::string_view verb,
                                               int status) { counted_.emplace_back(std::string(verb), status); }},
          ApiClientParts{.client = network_,
                         .set_tls = [this](std::shared_ptr<const http::ClientTls> tls) { tls_.push_back(tls); },
                         .files = files_,
                         .clock = clock_,
                         .log = log_,
                         .exec_plugins = &exec_plugins_});
    }
    return *client_;
  }

  Result<ApiAnswer> Get(const std::string& path = kPods) {
    ApiRequest request;
    request.verb = path == kPods ? Verb::kList : Verb::kGet;
    request.path = path;
    return Client().Send(request);
  }

  // The Authorization header of each request sent so far, "" where there was none.
  std::vector<std::string> Authorizations() const {
    std::vector<std::string> values;
    for (const http::ClientRequest& request : network_.sent) {
      values.emplace_back();
      for (const auto& [name, value] : request.headers) {
        if (name == "Authorization") values.back() = value;
      }
    }
    return values;
  }

  testing::TestCa ca_;
  ClusterConfig config_;
  testing::FakeFileReader files_;
  testing::FakeClock clock_;
  testing::FakeLog log_;
  FakeClient network_;
  testing::FakeProgramRunner programs_;
  ExecPluginRunner exec_plugins_{programs_, Terminal::kNone};
  std::vector<std::shared_ptr<const http::ClientTls>> tls_;
  std::vector<std::pair<std::string, int>> counted_;
  std::unique_ptr<ApiClient> client_;
};

TEST_F(ApiClientTest, SendsRequestsBelowTheServersPath) {
  ApiRequest request;
  request.verb = Verb::kApply;
  request.path = "/api/v1/namespaces/a/secrets/b?fieldManager=irsa";
  request.body = "{}";
  request.accept = "application/jwk-set+json";
  request.deadline = clock_.SteadyNow() + std::chrono::seconds(3);
  request.max_answer_bytes = 77;
  network_.answers.push_back(http::ClientResponse{.status = 201, .headers = {}, .body = "made"});
  const auto answer = Client().Send(request);
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "made");
  ASSERT_EQ(network_.sent.size(), 1);
  const http::ClientRequest& sent = network_.sent[0];
  EXPECT_EQ(sent.method, "PATCH");
  EXPECT_EQ(Origin(sent.url), "https://10.0.0.1:6443");
  EXPECT_EQ(sent.url.target, "/base/api/v1/namespaces/a/secrets/b?fieldManager=irsa");
  EXPECT_EQ(sent.body, "{}");
  EXPECT_EQ(sent.deadline, request.deadline);
  EXPECT_EQ(sent.max_body_bytes, 77);
  EXPECT_THAT(sent.headers,
              ElementsAre(Pair("Accept", "application/jwk-set+json"),
                          Pair("Content-Type", "application/apply-patch+yaml"), Pair("Authorization", "Bearer one")));
}

TEST_F(ApiClientTest, HandsOnTheStreamAndTheStop) {
  std::string taken;
  std::stop_source stop;
  ApiRequest request;
  request.path = kPods;
  request.stop = stop.get_token();
  request.on_body = [&taken](std::string_view piece) {
    taken += piece;
    return false;
  };
  ASSERT_TRUE(Client().Send(request).ok());
  EXPECT_FALSE(network_.sent[0].on_body("piece"));
  EXPECT_EQ(taken, "piece");
  EXPECT_EQ(network_.sent[0].stop, stop.get_token());
  EXPECT_THAT(network_.sent[0].headers, ::testing::Contains(Pair("Accept", "application/json")));
}

TEST_F(ApiClientTest, RefusesPathsThatNoRequestCanHave) {
  for (const char* path : {"", "api", "/a b", "/a\r\nX: y", "/a#b", "/é"}) {
    EXPECT_EQ(Get(path).error().code, ErrorCode::kInvalid) << path;
  }
  EXPECT_TRUE(network_.sent.empty());
}

TEST_F(ApiClientTest, ReadsRetryAfterWhenItIsANumberOfSeconds) {
  network_.AnswerStatus(429, {{"retry-after", "7"}});
  EXPECT_EQ(Get()->retry_after, std::chrono::seconds(7));
  for (const char* text : {"", "-1", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999"}) {
    network_.AnswerStatus(503, {{"retry-after", text}});
    EXPECT_EQ(Get()->retry_after, std::nullopt) << text;
  }
  EXPECT_EQ(Get()->retry_after, std::nullopt);
}

TEST_F(ApiClientTest, CountsEachExchange) {
  network_.AnswerStatus(200);
  network_.AnswerStatus(404);
  network_.answers.push_back(Error{ErrorCode::kUnavailable, "https://10.0.0.1:6443: the connection was cut"});
  EXPECT_TRUE(Get().ok());
  EXPECT_TRUE(Get("/api/v1/namespaces/a").ok());
  EXPECT_EQ(Get().error(), (Error{ErrorCode::kUnavailable, "https://10.0.0.1:6443: the connection was cut"}));
  EXPECT_THAT(counted_, ElementsAre(Pair("list", 200), Pair("get", 404), Pair("list", 0)));
}

TEST_F(ApiClientTest, DoesNotCountWhatItStoppedItself) {
  std::stop_source stop;
  stop.request_stop();
  ApiRequest request;
  request.path = kPods;
  request.stop = stop.get_token();
  network_.answers.push_back(Error{ErrorCode::kUnavailable, "stopped"});
  EXPECT_FALSE(Client().Send(request).ok());
  EXPECT_THAT(counted_, ElementsAre());
}

TEST_F(ApiClientTest, ReadsTheTokenAgainOnceInASecond) {
  ASSERT_TRUE(Client().Load().ok());
  files_.files["/sa/token"] = "two";
  clock_.Advance(std::chrono::milliseconds(999));
  ASSERT_TRUE(Get().ok());
  clock_.Advance(std::chrono::milliseconds(1));
  ASSERT_TRUE(Get().ok());
  EXPECT_THAT(Authorizations(), ElementsAre("Bearer one", "Bearer two"));
  EXPECT_THAT(log_.Lines(), ElementsAre("credentials for the apiserver reloaded"));
}

TEST_F(ApiClientTest, TriesAgainWithARenewedTokenAfterA401) {
  ASSERT_TRUE(Client().Load().ok());
  files_.files["/sa/token"] = "two";
  network_.AnswerStatus(401);
  EXPECT_EQ(Get()->status, 200);
  EXPECT_THAT(Authorizations(), ElementsAre("Bearer one", "Bearer two"));
  EXPECT_THAT(counted_, ElementsAre(Pair("list", 401), Pair("list", 200)));
}

TEST_F(ApiClientTest, TriesAgainOnlyOnce) {
  ASSERT_TRUE(Client().Load().ok());
  network_.on_send = [this] { files_.files["/sa/token"] += "x"; };
  network_.AnswerStatus(401);
  network_.AnswerStatus(401);
  EXPECT_EQ(Get()->status, 401);
  EXPECT_THAT(Authorizations(), ElementsAre("Bearer one", "Bearer onex"));
}

TEST_F(ApiClientTest, TakesA401WithCredentialsThatAreTheLatest) {
  ASSERT_TRUE(Client().Load().ok());
  network_.AnswerStatus(401);
  EXPECT_EQ(Get()->status, 401);
  EXPECT_EQ(network_.sent.size(), 1);
}

TEST_F(ApiClientTest, TriesAgainWhenAnotherRequestHasTakenUpTheNewToken) {
  ASSERT_TRUE(Client().Load().ok());
  network_.on_send = [this] {
    network_.on_send = nullptr;
    files_.files["/sa/token"] = "two";
    clock_.Advance(std::chrono::seconds(1));
    ASSERT_TRUE(Get("/api/v1/namespaces").ok());  // as if from another thread
  };
  network_.AnswerStatus(401);
  EXPECT_EQ(Get()->status, 200);
  EXPECT_THAT(Authorizations(), ElementsAre("Bearer one", "Bearer two", "Bearer two"));
}

TEST_F(ApiClientTest, GivesTheNetworkNewTlsWhenTheCaChanges) {
  ASSERT_TRUE(Client().Load().ok());
  ASSERT_EQ(tls_.size(), 1);
  clock_.Advance(std::chrono::seconds(1));
  ASSERT_TRUE(Get().ok());
  EXPECT_EQ(tls_.size(), 1);
  files_.files["/sa/ca.crt"] = testing::TestCa().pem();
  clock_.Advance(std::chrono::seconds(1));
  ASSERT_TRUE(Get().ok());
  ASSERT_EQ(tls_.size(), 2);
  EXPECT_NE(tls_[0], tls_[1]);
}

TEST_F(ApiClientTest, KeepsTheLastGoodCredentialsAndSaysSoOnce) {
  ASSERT_TRUE(Client().Load().ok());
  files_.files.erase("/sa/token");
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(std::chrono::seconds(1));
    ASSERT_TRUE(Get().ok());
  }
  EXPECT_THAT(Authorizations(), ElementsAre("Bearer one", "Bearer one", "Bearer one"));
  EXPECT_THAT(log_.Lines(), ElementsAre("credentials for the apiserver not reloaded: the last good ones stay in use "
                                        "error=the token: cannot read /sa/token: no such file"));
}

TEST_F(ApiClientTest, NeedsGoodCredentialsAtFirst) {
  files_.files.erase("/sa/ca.crt");
  const Error expected{ErrorCode::kNotFound, "the apiserver's CA: cannot read /sa/ca.crt: no such file"};
  EXPECT_EQ(Client().Load().error(), expected);
  EXPECT_EQ(Get().error(), expected);
  EXPECT_TRUE(network_.sent.empty());
  EXPECT_THAT(log_.Lines(), ElementsAre());
  files_.files["/sa/ca.crt"] = ca_.pem();
  EXPECT_TRUE(Get().ok());
}

class ExecApiClientTest : public ApiClientTest {
 protected:
  ExecApiClientTest() {
    config_.token = {};
    config_.exec.emplace();
    config_.exec->api_version = "client.authentication.k8s.io/v1";
    config_.exec->command = "aws";
  }

  void AnswerToken(const std::string& token, const std::string& more = "") {
    programs_.Answer(
        R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": ")" + token +
        "\"" + more + "}}");
  }
};

TEST_F(ExecApiClientTest, LogsInWithThePluginsToken) {
  AnswerToken("one");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Get().ok());
    clock_.Advance(std::chrono::hours(1));
  }
  EXPECT_THAT(Authorizations(), ElementsAre("Bearer one", "Bearer one", "Bearer one"));
  EXPECT_EQ(programs_.runs.size(), 1);
}

TEST_F(ExecApiClientTest, RunsThePluginOnceAfterA401) {
  AnswerToken("one");
  AnswerToken("two");
  network_.AnswerStatus(401);
  EXPECT_EQ(Get()->status, 200);
  EXPECT_THAT(Authorizations(), ElementsAre("Bearer one", "Bearer two"));
  for (int i = 0; i < 3; ++i) {
    network_.AnswerStatus(401);
    EXPECT_EQ(Get()->status, 401);
  }
  EXPECT_EQ(programs_.runs.size(), 2);
}

TEST_F(ExecApiClientTest, DoesNotRunAPluginAgainAndAgainThatGivesTheSameToken) {
  AnswerToken("one");
  for (int i = 0; i < 3; ++i) {
    network_.AnswerStatus(401);
    EXPECT_EQ(Get()->status, 401);
  }
  EXPECT_EQ(programs_.runs.size(), 2);
}

TEST_F(ExecApiClientTest, FailsWhenTheCredentialHasExpiredAndThereIsNoOther) {
  AnswerToken("one", R"(, "expirationTimestamp": "2026-09-21T15:00:00Z")");
  programs_.exits.emplace_back(base::ProgramExit{1, ""});
  ASSERT_TRUE(Get().ok());
  clock_.Advance(std::chrono::hours(24));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Get().error(), (Error{ErrorCode::kDenied, "exec plug-in \"aws\" failed with exit status 1"}));
  }
  EXPECT_EQ(programs_.runs.size(), 2);
  EXPECT_THAT(log_.Lines(), ElementsAre());
}

TEST_F(ExecApiClientTest, NamesAPluginThatIsMissingAtFirst) {
  const Error expected{ErrorCode::kNotFound, "exec plug-in \"aws\": there is no such program"};
  EXPECT_EQ(Client().Load().error(), expected);
  EXPECT_EQ(Get().error(), expected);
  EXPECT_TRUE(network_.sent.empty());
}

TEST_F(ApiClientTest, SendsNoTokenOverPlainHttpToAnotherMachine) {
  config_.server = base::ParseUrl("http://api.example").value();
  ASSERT_TRUE(Get().ok());
  EXPECT_THAT(Authorizations(), ElementsAre(""));
  EXPECT_THAT(log_.Lines(), ElementsAre("token not sent: plain HTTP to another machine would expose it "
                                        "server=http://api.example"));
}

}  // namespace
}  // namespace irsa::kube
