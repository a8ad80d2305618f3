// `irsa sts` as its users run it: the real binary, a port of its own, real tokens and the real clock.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <list>
#include <map>
#include <memory>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/base/files.h"
#include "irsa/base/time_text.h"

#include "test/sts/test_issuer.h"
#include "test/testing/await.h"
#include "test/testing/process.h"
#include "test/testing/raw_client.h"
#include "test/testing/scripted_server.h"
#include "test/testing/temporary_directory.h"
#include "test/testing/test_ca.h"

namespace irsa::sts {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Process;
using testing::ProcessResult;
using testing::RawAnswer;
using testing::RawClient;
using testing::RawClientOptions;

std::string ConfigYaml(const std::string& jwks = "keys.json", const std::string& issuer = kIssuer) {
  return "providers:\n- issuer: " + issuer + "\n  account: \"111122223333\"\n" +
         (jwks.empty() ? "" : "  jwks: " + jwks + "\n") + "  clientIds: [sts.amazonaws.com]\nroles:\n- arn: " + kRole +
         "\n  trustPolicy: policy.json\n";
}

TestClaims FreshClaims() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  TestClaims claims;
  claims.exp = std::to_string((now + std::chrono::hours(1)).time_since_epoch().count());
  return claims;
}

std::string AssumeBody(const std::string& token) {
  return "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=cart&RoleArn=" + std::string(kRole) +
         "&WebIdentityToken=" + token;
}

class StsCommand : public ::testing::Test {
 protected:
  StsCommand() {
    directory_.Write("sts.yaml", ConfigYaml());
    directory_.Write("keys.json", issuer_.jwks());
    directory_.Write("policy.json", TrustPolicyText());
  }

  std::vector<std::string> Command(const std::vector<std::string>& flags = {}) const {
    std::vector<std::string> command = {IRSA_BINARY, "sts", "--config=" + directory_.Path("sts.yaml"), "--port=0",
                                        "--log-format=json"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }

  // Starts it and waits until it is ready.
  void Start(const std::vector<std::string>& flags = {}) {
    process_ = std::make_unique<Process>(Command(flags));
    const nlohmann::json ready = WaitForLog("ready");
    client_.port = ready.value("port", 0);
    url_ = ready.value("url", "");
  }

  // The next log line with that message: at the second call the second one.
  nlohmann::json WaitForLog(const std::string& message) {
    int unwanted = seen_[message]++;
    const auto line = process_->WaitForErrorLine([&](std::string_view text) {
      return text.find("\"msg\":\"" + message + "\"") != std::string_view::npos && unwanted-- == 0;
    });
    if (!line) ADD_FAILURE() << "no log line \"" << message << "\": " << process_->err();
    return nlohmann::json::parse(line.value_or("{}"), nullptr, false);
  }

  RawAnswer Post(const std::string& body) {
    RawClient client(client_);
    const auto answer = client.Exchange(
        testing::HttpRequest("POST", "/", "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n", body));
    if (!answer) ADD_FAILURE() << "no answer";
    return answer.value_or(RawAnswer());
  }

  const testing::TemporaryDirectory directory_;
  const TestIssuer issuer_;
  std::unique_ptr<Process> process_;
  RawClientOptions client_;
  std::string url_;
  std::map<std::string, int> seen_;
};

TEST_F(StsCommand, GivesCredentialsOverHttpAndEndsOnSigterm) {
  Start();
  EXPECT_EQ(url_, "http://127.0.0.1:" + std::to_string(client_.port));
  const RawAnswer answer = Post(AssumeBody(issuer_.Token(FreshClaims())));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.at("content-type"), "text/xml");
  EXPECT_THAT(answer.body, HasSubstr("<AccessKeyId>ASIA"));
  EXPECT_THAT(answer.body, HasSubstr(":assumed-role/s3-reader/cart</Arn>"));
  process_->Signal(SIGTERM);
  EXPECT_EQ(process_->Wait(), 0);
  EXPECT_THAT(process_->err(), HasSubstr("stopped: every request was answered"));
}

// The first command of docs/sts.md, and the token beside its configuration.
TEST_F(StsCommand, RunsAsTheDocumentationShowsIt) {
  const std::string example = IRSA_SOURCE_DIR "/docs/examples/sts/";
  Start({"--config=" + example + "sts.yaml"});
  const Result<std::string> token = base::DiskFileReader().Read(example + "token", 4096);
  ASSERT_TRUE(token.ok()) << token.error().message;
  const RawAnswer answer = Post(AssumeBody(token->substr(0, token->find('\n'))));
  EXPECT_EQ(answer.status, 200) << process_->err();
  EXPECT_THAT(process_->err(), ::testing::Not(HasSubstr("cannot read")));
}

TEST_F(StsCommand, SpeaksHttps) {
  const testing::TestCa ca;
  const testing::PemPair pair = ca.Issue("sts", "IP:127.0.0.1");
  directory_.Write("tls.crt", pair.certificate);
  directory_.Write("tls.key", pair.key);
  Start({"--tls-cert=" + directory_.Path("tls.crt"), "--tls-key=" + directory_.Path("tls.key")});
  EXPECT_EQ(url_, "https://127.0.0.1:" + std::to_string(client_.port));
  client_.tls = true;
  client_.ca_pem = ca.pem();
  EXPECT_EQ(Post(AssumeBody(issuer_.Token(FreshClaims()))).status, 200);
}

TEST_F(StsCommand, DiscoversKeysAtTheIssuer) {
  const testing::TestCa ca;
  directory_.Write("ca.crt", ca.pem());
  std::string issuer_url;
  const testing::ScriptedServer server(
      [&](const testing::ReceivedRequest& request, testing::Peer& peer) {
        const std::string document = R"({"issuer": ")" + issuer_url + R"(", "jwks_uri": ")" + issuer_url + R"(/jwks"})";
        return peer.Write(testing::HttpAnswer(200, request.path() == "/jwks" ? issuer_.jwks() : document));
      },
      testing::ScriptedTls{ca.Issue("issuer", "IP:127.0.0.1"), {}});
  issuer_url = server.Url("");
  directory_.Write("sts.yaml", ConfigYaml("", issuer_url));
  std::string policy = TrustPolicyText();
  for (size_t at = 0; (at = policy.find("oidc.example.test/id/ABC")) != std::string::npos;) {
    policy.replace(at, 24, issuer_url.substr(8));
  }
  directory_.Write("policy.json", policy);
  TestClaims claims = FreshClaims();
  claims.iss = "\"" + issuer_url + "\"";
  Start({"--ca-file=" + directory_.Path("ca.crt")});
  WaitForLog("possible mistake in the configuration");  // IAM would not register an issuer with a port
  const RawAnswer answer = Post(AssumeBody(issuer_.Token(claims)));
  EXPECT_EQ(answer.status, 200) << answer.body << process_->err();
}

TEST_F(StsCommand, TakesUpChangedConfigurationAndKeepsTheLastGoodOne) {
  Start();
  directory_.Write("policy.json", TrustPolicyText("system:serviceaccount:shop:till"));
  WaitForLog("reloaded");
  EXPECT_EQ(Post(AssumeBody(issuer_.Token(FreshClaims()))).status, 403);
  EXPECT_EQ(WaitForLog("role refused").value("check", ""), "subject");
  directory_.Write("sts.yaml", "roles: 7");
  WaitForLog("not reloaded: the last good state stays in use");
  EXPECT_EQ(Post(AssumeBody(issuer_.Token(FreshClaims()))).status, 403);
  directory_.Write("policy.json", TrustPolicyText());
  directory_.Write("sts.yaml", ConfigYaml());
  WaitForLog("reloaded");
  EXPECT_EQ(Post(AssumeBody(issuer_.Token(FreshClaims()))).status, 200) << process_->err();
}

TEST_F(StsCommand, SaysAtTheStartThatAFileOfKeysCannotBeRead) {
  directory_.Write("sts.yaml", ConfigYaml("none.json"));
  Start();
  EXPECT_THAT(WaitForLog("issuer's keys not read: its tokens are refused until they are").value("error", ""),
              HasSubstr("none.json"));
}

TEST_F(StsCommand, IsBounded) {
  Start();
  EXPECT_EQ(Post("Action=" + std::string((128 << 10) + 1, 'x')).status, 413);
  RawClient json(client_);
  EXPECT_EQ(json.Exchange(testing::HttpRequest("POST", "/", "Content-Type: application/json\r\n", "{}"))->status, 415);
  RawClient get(client_);
  const auto answer = get.Exchange(testing::HttpRequest("GET", "/?Action=GetCallerIdentity&Version=2011-06-15"));
  EXPECT_EQ(answer->status, 403);
  EXPECT_THAT(answer->body, HasSubstr("<Code>MissingAuthenticationToken</Code>"));
}

// SDKs cannot read plain text: whatever is wrong, the answer is XML, or JSON for those that ask for it.
TEST_F(StsCommand, NeverAnswersInPlainText) {
  Start();
  const std::string call = "Action=GetCallerIdentity&Version=2011-06-15";
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  const std::string host = " HTTP/1.1\r\nHost: x\r\n";
  const struct {
    std::string head;  // without Accept and the empty line
    std::string body;
    const char* outcome;
    bool is_head_read = true;
  } cases[] = {
      {"POST /?" + call + host, "", "403 MissingAuthenticationToken"},
      {"POST /?" + call + host + "Content-Length: 0\r\n", "", "403 MissingAuthenticationToken"},
      {"POST /" + host + form + "Content-Length: 0\r\n", "", "400 MissingAction"},
      {"GET /" + host, "", "400 MissingAction"},
      {"POST /sts/" + host + form + "Content-Length: 3\r\n", "a=b", "404 UnknownOperationException"},
      {"GET /sts?" + call + host, "", "404 UnknownOperationException"},
      {"PUT /?" + call + host, "", "405 UnknownOperationException"},
      {"GET /?" + call + host + "Content-Length: 3\r\n", "a=b", "400 MalformedHttpRequestException"},
      {"POST /" + host + "Content-Length: 3\r\n", "a=b", "415 MalformedHttpRequestException"},
      {"POST /" + host + "Content-Type: application/json\r\nContent-Length: 2\r\n", "{}",
       "415 MalformedHttpRequestException"},
      {"POST /" + host + form + "Content-Encoding: gzip\r\nContent-Length: 3\r\n", "a=b",
       "415 MalformedHttpRequestException"},
      {"POST /" + host + form + "Content-Length: 200000\r\n", "", "413 RequestEntityTooLargeException"},
      {"POST /" + host + form + "Transfer-Encoding: chunked\r\n", "30000\r\n", "413 RequestEntityTooLargeException"},
      {"POST /" + host + form + "Transfer-Encoding: chunked\r\n", "x\r\n", "400 MalformedHttpRequestException"},
      {"POST /" + host + form + "Content-Length: 3\r\nExpect: a-wonder\r\n", "a=b",
       "417 MalformedHttpRequestException"},
      {"GET /?" + std::string(9000, 'x') + host, "", "414 MalformedHttpRequestException", false},
      {"GET /" + host + "X: " + std::string(20000, 'x') + "\r\n", "", "431 MalformedHttpRequestException", false},
      {"GET / HTTP/7.0\r\nHost: x\r\n", "", "505 MalformedHttpRequestException", false},
      {"GET / HTTP/1.1\r\nnonsense\r\n", "", "400 MalformedHttpRequestException", false},
      {"nonsense\r\n", "", "400 MalformedHttpRequestException", false},
  };
  for (const auto& [head, body, outcome, is_head_read] : cases) {
    for (const bool wants_json : {false, true}) {
      RawClient client(client_);
      const std::string accept = wants_json ? "Accept: application/json\r\n" : "Accept: */*\r\n";
      const auto answer = client.Exchange(head + accept + "\r\n" + body);
      ASSERT_TRUE(answer) << head.substr(0, 100);
      std::string code;
      if (wants_json && is_head_read) {
        EXPECT_EQ(answer->headers.at("content-type"), "application/json") << head.substr(0, 100);
        const auto json = nlohmann::json::parse(answer->body);
        code = json.at("Error").at("Code");
        EXPECT_EQ(answer->headers.at("x-amzn-requestid"), json.at("RequestId"));
      } else {
        EXPECT_EQ(answer->headers.at("content-type"), "text/xml") << head.substr(0, 100);
        EXPECT_THAT(answer->body, ::testing::StartsWith("<ErrorResponse xmlns="));
        code = answer->body.substr(answer->body.find("<Code>") + 6);
        code = code.substr(0, code.find('<'));
      }
      EXPECT_EQ(std::to_string(answer->status) + " " + code, outcome) << head.substr(0, 100);
    }
  }
}

TEST_F(StsCommand, KnowsThePeersAddress) {
  std::string policy = TrustPolicyText();
  const std::string condition = "\"Condition\": {";
  const size_t at = policy.find(condition);
  ASSERT_NE(at, std::string::npos) << policy;
  const auto allow = [&](const std::string& network) {
    std::string limited = policy;
    directory_.Write("policy.json",
                     limited.insert(at + condition.size(), R"("IpAddress": {"aws:SourceIp": ")" + network + "\"}, "));
  };
  allow("127.0.0.1/32");
  Start();
  EXPECT_EQ(Post(AssumeBody(issuer_.Token(FreshClaims()))).status, 200) << process_->err();
  allow("192.0.2.0/24");
  WaitForLog("reloaded");
  EXPECT_EQ(Post(AssumeBody(issuer_.Token(FreshClaims()))).status, 403);
}

TEST_F(StsCommand, IsBoundedInTime) {
  Start({"--request-timeout=50ms"});
  RawClient slow(client_);
  slow.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
      "100\r\n\r\nAct");
  const auto answer = slow.Receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 408);
  EXPECT_THAT(answer->body, HasSubstr("<Code>RequestTimeoutException</Code>"));
}

TEST_F(StsCommand, IsBoundedInConnections) {
  Start({"--max-connections=2"});
  const std::string health = testing::HttpRequest("GET", "/healthz");
  const auto is_answered = [&](RawClient& client) {
    const auto answer = client.Exchange(health);
    return answer && answer->status == 200;
  };
  std::list<RawClient> clients;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(is_answered(clients.emplace_back(client_)));
  std::optional<RawClient> third;
  // Turned away while both are still with the threads that have just answered them.
  ASSERT_TRUE(testing::Await([&] {
    third.emplace(client_);
    return is_answered(*third);
  }));
  EXPECT_EQ(std::ranges::count_if(clients, is_answered), 1);
}

TEST_F(StsCommand, SaysWhyItDoesNotStart) {
  const auto run = [&](const std::vector<std::string>& flags) { return testing::RunProcess(Command(flags)); };
  ProcessResult result = testing::RunProcess({IRSA_BINARY, "sts"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("--config"));
  result = run({"--tls-cert=" + directory_.Path("tls.crt")});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("--tls-key"));
  for (const auto& [flag, named] :
       {std::pair("--port=70000", "70000"), std::pair("--log-level=loud", "loud"), std::pair("--log-format=xml", "xml"),
        std::pair("--request-timeout=5", "5"), std::pair("--bind-address=nowhere", "nowhere"),
        // Else an unset variable would open it to everybody.
        std::pair("--bind-address=", "--bind-address")}) {
    EXPECT_EQ(run({flag}).exit_status, 2) << flag;
    EXPECT_THAT(run({flag}).err, HasSubstr(named)) << flag;
  }
  result = run({"--ca-file=" + directory_.Path("none.pem")});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("irsa sts: --ca-file"), HasSubstr("none.pem")));
  result = run({"--ca-file=" + directory_.Path("keys.json")});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("keys.json"));
  result = run({"--tls-cert=" + directory_.Path("none.crt"), "--tls-key=" + directory_.Path("none.key")});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("none.crt"));
  directory_.Write("sts.yaml", ConfigYaml("ftp://x/[") + "  maxSessionDuration: 60\n");
  result = run({});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("sts.yaml: role 1: maxSessionDuration 60 is not"));
}

}  // namespace
}  // namespace irsa::sts
