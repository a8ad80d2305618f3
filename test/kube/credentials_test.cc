#include "src/kube/config/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/base/time_text.h"

#include "test/testing/fake_clock.h"
#include "test/testing/fake_file_reader.h"
#include "test/testing/fake_program_runner.h"
#include "test/testing/test_ca.h"

namespace irsa::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    config_.server = base::ParseUrl("https://10.0.0.1").value();
    config_.ca.path = "/sa/ca.crt";
    config_.token.path = "/sa/token";
    files_.files = {{"/sa/ca.crt", ca_.pem()}, {"/sa/token", "one\n"}};
  }

  void UseClientCertificate() {
    config_.client_certificate.path = "/pki/client.crt";
    config_.client_key.path = "/pki/client.key";
    WriteClientCertificate();
  }

  void WriteClientCertificate() {
    const testing::PemPair pair = ca_.Issue("client", "");
    files_.files["/pki/client.crt"] = pair.certificate;
    files_.files["/pki/client.key"] = pair.key;
  }

  static bool Changed(Credentials& credentials) {
    const Credentials::Outcome outcome = credentials.Poll();
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.error().message;
    return outcome.changed;
  }

  static Error ErrorOf(Credentials& credentials) {
    const Status status = credentials.Poll().status;
    return status.ok() ? Error{} : status.error();
  }

  testing::TestCa ca_;
  testing::FakeFileReader files_;
  ClusterConfig config_;
};

TEST_F(CredentialsTest, ReadsTokenAndCa) {
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "one");
  EXPECT_NE(credentials.tls(), nullptr);
  EXPECT_FALSE(Changed(credentials));
}

TEST_F(CredentialsTest, TakesUpARenewedTokenAndNothingElse) {
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  const auto tls = credentials.tls();
  files_.files["/sa/token"] = "two";
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "two");
  EXPECT_EQ(credentials.tls(), tls);
}

TEST_F(CredentialsTest, TakesUpARenewedCaOrClientCertificate) {
  UseClientCertificate();
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  auto tls = credentials.tls();
  files_.files["/sa/ca.crt"] = ca_.pem() + testing::TestCa().pem();
  EXPECT_TRUE(Changed(credentials));
  EXPECT_NE(credentials.tls(), tls);
  tls = credentials.tls();
  WriteClientCertificate();
  EXPECT_TRUE(Changed(credentials));
  EXPECT_NE(credentials.tls(), tls);
}

TEST_F(CredentialsTest, KeepsTheLastGoodToken) {
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  files_.files["/sa/token"] = " \n";
  EXPECT_EQ(ErrorOf(credentials), (Error{ErrorCode::kInvalid, "/sa/token is empty"}));
  files_.files["/sa/token"] = "two\r\nX-Header: 1";
  EXPECT_EQ(ErrorOf(credentials), (Error{ErrorCode::kInvalid, "/sa/token holds no token"}));
  files_.files["/sa/token"] = "token\f\n";
  EXPECT_EQ(ErrorOf(credentials).message, "/sa/token holds no token");
  files_.files["/sa/token"] = std::string((64 << 10) + 1, 'x');
  EXPECT_EQ(ErrorOf(credentials).message, "/sa/token holds no token");
  files_.files.erase("/sa/token");
  EXPECT_EQ(ErrorOf(credentials), (Error{ErrorCode::kNotFound, "the token: cannot read /sa/token: no such file"}));
  EXPECT_EQ(credentials.token(), "one");
}

TEST_F(CredentialsTest, TakesUpATokenBesideABrokenCa) {
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  files_.files["/sa/ca.crt"] = "";
  files_.files["/sa/token"] = "two";
  const Credentials::Outcome outcome = credentials.Poll();
  EXPECT_TRUE(outcome.changed);
  EXPECT_EQ(outcome.status.error().message, "/sa/ca.crt: there is no CA certificate to verify servers with");
  EXPECT_EQ(credentials.token(), "two");
  EXPECT_NE(credentials.tls(), nullptr);
}

TEST_F(CredentialsTest, KeepsAPairUntilBothOfItsFilesAreNew) {
  UseClientCertificate();
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  const auto tls = credentials.tls();
  const testing::PemPair next = ca_.Issue("client", "");
  files_.files["/pki/client.crt"] = next.certificate;
  EXPECT_THAT(ErrorOf(credentials).message, HasSubstr("/pki/client.crt with /pki/client.key: key does not belong"));
  EXPECT_EQ(credentials.tls(), tls);
  files_.files["/pki/client.key"] = next.key;
  EXPECT_TRUE(Changed(credentials));
  EXPECT_NE(credentials.tls(), tls);
}

TEST_F(CredentialsTest, NamesTheTlsFilesThatCannotBeRead) {
  UseClientCertificate();
  Credentials credentials(files_, config_);
  files_.files["/pki/client.key"].append(4 << 20, '\n');
  EXPECT_EQ(ErrorOf(credentials).message, "the client certificate's key: /pki/client.key is too large");
  files_.files.erase("/pki/client.key");
  EXPECT_EQ(ErrorOf(credentials).message, "the client certificate's key: cannot read /pki/client.key: no such file");
  files_.files.erase("/pki/client.crt");
  EXPECT_EQ(ErrorOf(credentials).message, "the client certificate: cannot read /pki/client.crt: no such file");
  files_.files.erase("/sa/ca.crt");
  EXPECT_EQ(ErrorOf(credentials).message, "the apiserver's CA: cannot read /sa/ca.crt: no such file");
}

TEST_F(CredentialsTest, TakesTextsGivenAsTheyAre) {
  const testing::PemPair pair = ca_.Issue("client", "");
  config_.ca = {ca_.pem(), ""};
  config_.token = {"given", ""};
  config_.client_certificate = {pair.certificate, ""};
  config_.client_key = {pair.key, ""};
  files_.files.clear();
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "given");
}

TEST_F(CredentialsTest, NamesBrokenTextsByTheirPlaceAndQuotesNone) {
  config_.ca = {"sesame", ""};
  config_.token = {"open sesame", ""};
  config_.client_certificate = {"sesame", ""};
  config_.client_key = {"sesame", ""};
  Credentials credentials(files_, config_);
  EXPECT_EQ(ErrorOf(credentials).message, "the configured token holds no token");
  config_.token = {};
  Credentials without_token(files_, config_);
  const std::string message = ErrorOf(without_token).message;
  EXPECT_THAT(message, HasSubstr("the configured client certificate with its key: certificate: no PEM block"));
  EXPECT_THAT(message, Not(HasSubstr("sesame")));
  config_.client_certificate = config_.client_key = {};
  Credentials without_pair(files_, config_);
  EXPECT_EQ(ErrorOf(without_pair).message, "the configured CA: certificate: no PEM block of type CERTIFICATE");
}

TEST_F(CredentialsTest, TrustsTheSystemsCasWithoutACa) {
  config_.ca = {};
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  EXPECT_NE(credentials.tls(), nullptr);
}

// What a plug-in writes, with that status.
std::string ExecOutput(const std::string& status) {
  return R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": )" + status + "}";
}

class ExecCredentialsTest : public CredentialsTest {
 protected:
  ExecCredentialsTest() {
    config_.token = {};
    config_.exec.emplace();
    config_.exec->api_version = "client.authentication.k8s.io/v1";
    config_.exec->command = "aws";
  }

  Credentials Make() { return Credentials(files_, config_, ExecLogin(runner_, clock_)); }

  void AnswerToken(const std::string& token, std::optional<std::chrono::seconds> lifetime = std::nullopt) {
    const std::string expiry =
        lifetime ? R"(, "expirationTimestamp": ")" + base::FormatRfc3339(clock_.Now() + *lifetime) + "\"" : "";
    programs_.Answer(ExecOutput(R"({"token": ")" + token + "\"" + expiry + "}"));
  }

  testing::FakeClock clock_;
  testing::FakeProgramRunner programs_;
  ExecPluginRunner runner_{programs_, Terminal::kNone};
};

TEST_F(ExecCredentialsTest, RunsThePluginOnce) {
  AnswerToken("one");
  Credentials credentials = Make();
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "one");
  clock_.Advance(std::chrono::hours(100));
  EXPECT_FALSE(Changed(credentials));
  EXPECT_EQ(programs_.runs.size(), 1);
}

TEST_F(ExecCredentialsTest, RunsItAgainWhenTheCredentialHasExpired) {
  AnswerToken("one", std::chrono::minutes(15));
  AnswerToken("two");
  Credentials credentials = Make();
  EXPECT_TRUE(Changed(credentials));
  clock_.Advance(std::chrono::minutes(15) - std::chrono::seconds(1));
  EXPECT_FALSE(Changed(credentials));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "two");
  EXPECT_EQ(programs_.runs.size(), 2);
}

TEST_F(ExecCredentialsTest, UsesACredentialThatComesExpiredForAMinute) {
  AnswerToken("one", -std::chrono::hours(1));
  AnswerToken("two");
  Credentials credentials = Make();
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "one");
  clock_.Advance(std::chrono::seconds(59));
  EXPECT_FALSE(Changed(credentials));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "two");
}

TEST_F(ExecCredentialsTest, RunsItAgainWhenTheCredentialIsRefused) {
  AnswerToken("one");
  AnswerToken("two");
  Credentials credentials = Make();
  EXPECT_TRUE(Changed(credentials));
  EXPECT_TRUE(credentials.Poll(Credentials::Reason::kRefused).changed);
  EXPECT_EQ(credentials.token(), "two");
}

TEST_F(ExecCredentialsTest, UsesNothingThatHasExpired) {
  AnswerToken("one", std::chrono::minutes(15));
  programs_.exits.emplace_back(base::ProgramExit{1, ""});
  Credentials credentials = Make();
  EXPECT_TRUE(Changed(credentials));
  clock_.Advance(std::chrono::minutes(15));
  const Credentials::Outcome outcome = credentials.Poll();
  EXPECT_FALSE(outcome.is_usable);
  EXPECT_EQ(outcome.status.error(), (Error{ErrorCode::kDenied, "exec plug-in \"aws\" failed with exit status 1"}));
}

TEST_F(ExecCredentialsTest, KeepsACredentialThatIsGoodWhenThePluginFails) {
  AnswerToken("one");
  programs_.exits.emplace_back(base::ProgramExit{1, ""});
  Credentials credentials = Make();
  EXPECT_TRUE(Changed(credentials));
  const Credentials::Outcome outcome = credentials.Poll(Credentials::Reason::kRefused);
  EXPECT_TRUE(outcome.is_usable);
  EXPECT_FALSE(outcome.status.ok());
  EXPECT_EQ(credentials.token(), "one");
}

TEST_F(ExecCredentialsTest, DoesNotRunAFailedPluginAgainForAWhile) {
  programs_.exits.emplace_back(base::ProgramExit{1, ""});
  AnswerToken("one");
  Credentials credentials = Make();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ErrorOf(credentials).code, ErrorCode::kDenied);
  EXPECT_EQ(programs_.runs.size(), 1);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "one");
}

TEST_F(ExecCredentialsTest, TakesAClientCertificate) {
  const testing::PemPair one = ca_.Issue("client", "");
  const testing::PemPair two = ca_.Issue("client", "");
  const auto answer = [this](const testing::PemPair& pair, const std::string& more) {
    const base::Json status = {{"clientCertificateData", pair.certificate}, {"clientKeyData", pair.key}};
    std::string text = status.dump();
    programs_.Answer(ExecOutput(text.insert(text.size() - 1, more)));
  };
  answer(one, "");
  answer(two, R"(, "token": "both")");
  answer({one.certificate, two.key}, "");
  Credentials credentials = Make();
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "");
  const auto tls = credentials.tls();
  ASSERT_NE(tls, nullptr);
  EXPECT_TRUE(credentials.Poll(Credentials::Reason::kRefused).changed);
  EXPECT_EQ(credentials.token(), "both");
  EXPECT_NE(credentials.tls(), tls);
  EXPECT_THAT(credentials.Poll(Credentials::Reason::kRefused).status.error().message,
              HasSubstr("the exec plug-in's client certificate with its key: key does not belong"));
}

TEST_F(ExecCredentialsTest, RefusesATokenThatNoHeaderCanHave) {
  programs_.Answer(ExecOutput(R"({"token": "sesame\r\nX-Header: 1"})"));
  Credentials credentials = Make();
  EXPECT_EQ(
      ErrorOf(credentials),
      (Error{ErrorCode::kInvalid, "the exec plug-in's token is too long or has characters that a token cannot have"}));
}

TEST_F(ExecCredentialsTest, TellsThePluginOfTheCluster) {
  config_.exec->provide_cluster_info = true;
  config_.server = base::ParseUrl("https://api.example:6443/path").value();
  config_.tls_server_name = "name";
  AnswerToken("one");
  Credentials credentials = Make();
  EXPECT_TRUE(Changed(credentials));
  const std::string variable = programs_.runs.at(0).environment.back();
  const auto info = base::ReadJson(variable.substr(variable.find('=') + 1));
  const base::Json expected = {{"server", "https://api.example:6443/path"},
                               {"tls-server-name", "name"},
                               {"certificate-authority-data", base::EncodeBase64(ca_.pem())}};
  EXPECT_EQ((*info)["spec"]["cluster"], expected);
  files_.files.erase("/sa/ca.crt");
  Credentials without_ca = Make();
  EXPECT_EQ(ErrorOf(without_ca).message, "the apiserver's CA: cannot read /sa/ca.crt: no such file");
}

TEST_F(ExecCredentialsTest, RunsNoPluginForWhatMustNotBeShown) {
  config_.server = base::ParseUrl("http://api.example").value();
  Credentials credentials = Make();
  EXPECT_FALSE(Changed(credentials));
  EXPECT_TRUE(programs_.runs.empty());
}

TEST_F(ExecCredentialsTest, NeedsSomethingToRunIt) {
  Credentials credentials(files_, config_);
  EXPECT_EQ(ErrorOf(credentials), (Error{ErrorCode::kInvalid, "the kubeconfig's exec plug-in is not run here"}));
}

TEST_F(CredentialsTest, TrustsAnHttpsProxyByTheSameCas) {
  config_.server = base::ParseUrl("http://api.example").value();
  config_.proxies = http::ProxyChoice(http::ParseProxyUrl("https://proxy").value());
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  EXPECT_NE(credentials.tls(), nullptr);
  EXPECT_EQ(credentials.token(), "");
}

TEST_F(CredentialsTest, NeedsNoTlsForPlainHttp) {
  config_.server = base::ParseUrl("http://127.0.0.1:8001").value();
  files_.files.erase("/sa/ca.crt");
  Credentials credentials(files_, config_);
  EXPECT_TRUE(Changed(credentials));
  EXPECT_EQ(credentials.tls(), nullptr);
  EXPECT_EQ(credentials.token(), "one");
}

TEST_F(CredentialsTest, ShowsNoTokenOverPlainHttpToAnotherMachine) {
  config_.server = base::ParseUrl("http://api.example").value();
  Credentials credentials(files_, config_);
  EXPECT_FALSE(Changed(credentials));
  EXPECT_EQ(credentials.token(), "");
}

ClusterConfig ConfigOf(const char* server) {
  ClusterConfig config;
  config.server = base::ParseUrl(server).value();
  return config;
}

TEST(MayShowToken, OverTlsOrToThisMachine) {
  for (const char* url :
       {"https://api.example", "http://localhost:1", "http://127.0.0.1", "http://127.1.2.3", "http://[::1]:8001"}) {
    EXPECT_TRUE(MayShowToken(ConfigOf(url))) << url;
  }
  for (const char* url : {"http://api.example", "http://127.0.0.1.example", "http://10.0.0.1", "http://[fd00::1]"}) {
    EXPECT_FALSE(MayShowToken(ConfigOf(url))) << url;
  }
  ClusterConfig proxied = ConfigOf("http://127.0.0.1:8001");
  proxied.proxies = http::ProxyChoice(http::ParseProxyUrl("http://proxy").value());
  EXPECT_FALSE(MayShowToken(proxied));
  proxied.server = base::ParseUrl("https://api.example").value();
  EXPECT_TRUE(MayShowToken(proxied));
}

}  // namespace
}  // namespace irsa::kube
