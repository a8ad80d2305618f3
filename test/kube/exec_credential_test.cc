#include "irsa/kube/config/exec_credential.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/base/time_text.h"

namespace irsa::kube {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kV1 = "client.authentication.k8s.io/v1";
constexpr const char* kV1Beta1 = "client.authentication.k8s.io/v1beta1";

std::string Credential(const std::string& status, const std::string& version = kV1) {
  return R"({"kind": "ExecCredential", "apiVersion": ")" + version + R"(", "spec": {}, "status": )" + status + "}";
}

TEST(ReadExecCredential, ReadsWhatPluginsWrite) {
  struct Case {
    const char* status;
    ExecCredential credential;
  };
  const auto time = [](const char* text) { return base::ParseRfc3339(text).value(); };
  for (const Case& each : std::initializer_list<Case>{
           {R"({"token": "abc"})", {"abc", "", "", std::nullopt}},
           {R"({"token": "abc", "expirationTimestamp": null, "clientKeyData": ""})", {"abc", "", "", std::nullopt}},
           {R"({"expirationTimestamp": "2026-08-01T12:00:00Z", "token": "k8s-aws-v1.aHR0cHM"})",
            {"k8s-aws-v1.aHR0cHM", "", "", time("2026-08-01T12:00:00Z")}},
           {R"({"token": "abc", "expirationTimestamp": "2018-03-05T17:30:20-08:00", "unknown": [1]})",
            {"abc", "", "", time("2018-03-06T01:30:20Z")}},
           {R"({"clientCertificateData": "CERT", "clientKeyData": "KEY"})", {"", "CERT", "KEY", std::nullopt}},
           {R"({"clientCertificateData": "CERT", "clientKeyData": "KEY", "token": "t"})",
            {"t", "CERT", "KEY", std::nullopt}}}) {
    for (const char* version : {kV1, kV1Beta1}) {
      const auto credential = ReadExecCredential(Credential(each.status, version), version);
      ASSERT_TRUE(credential.ok()) << each.status << ": " << credential.error().message;
      EXPECT_EQ(*credential, each.credential) << each.status;
    }
  }
}

TEST(ReadExecCredential, RefusesWhatIsNoneAndQuotesNoSecret) {
  const std::map<std::string, std::string> cases = {
      {"", "its output is not an ExecCredential: "},
      {"sesame", "its output is not an ExecCredential: "},
      {R"("sesame")", "it has another kind"},
      {R"(["sesame"])", "it has another kind"},
      {R"({"token": "sesame"})", "it has another kind"},
      {R"({"kind": "Secret", "apiVersion": "v1", "data": {"token": "sesame"}})", "it has another kind"},
      {R"({"kind": "ExecCredential", "status": {"token": "sesame"}})",
       "its output has apiVersion \"\", but the kubeconfig asks for client.authentication.k8s.io/v1"},
      {R"({"kind": "ExecCredential", "apiVersion": 1})", "its output has apiVersion of another type"},
      {Credential(R"({"token": "sesame"})", kV1Beta1),
       "its output has apiVersion \"client.authentication.k8s.io/v1beta1\", but the kubeconfig asks for "
       "client.authentication.k8s.io/v1"},
      {R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1"})", "has no status"},
      {Credential("null"), "has no status"},
      {Credential(R"("sesame")"), "has no status"},
      {Credential("{}"), "it has neither a token nor a client certificate"},
      {Credential(R"({"token": ""})"), "it has neither a token nor a client certificate"},
      {Credential(R"({"token": ["sesame"]})"), "token is not a string but of type array"},
      {Credential(R"({"token": "sesame", "clientCertificateData": "sesame"})"),
       "clientCertificateData without clientKeyData"},
      {Credential(R"({"token": "sesame", "clientKeyData": "sesame"})"), "clientKeyData without clientCertificateData"},
      {Credential(R"({"clientKeyData": 7, "clientCertificateData": "sesame"})"), "clientKeyData is not a string"},
      {Credential(R"({"clientKeyData": "sesame", "clientCertificateData": 7})"),
       "clientCertificateData is not a string"},
      {Credential(R"({"token": "sesame", "expirationTimestamp": "sesame"})"), "expirationTimestamp is not a time"},
      {Credential(R"({"token": "sesame", "expirationTimestamp": 1})"), "expirationTimestamp is not a string"},
      {Credential(R"({"token": "sesame", "token": "sesame"})"), "its output is not an ExecCredential: "},
      {Credential(R"({"token": "sesame"})") + "x", "its output is not an ExecCredential: "},
      {std::string(kMaxExecCredentialBytes + 1, ' '), "its output is not an ExecCredential: "},
  };
  for (const auto& [text, message] : cases) {
    const auto credential = ReadExecCredential(text, kV1);
    ASSERT_FALSE(credential.ok()) << text.substr(0, 200);
    EXPECT_THAT(credential.error().message, HasSubstr(message)) << text.substr(0, 200);
    EXPECT_THAT(credential.error().message, Not(HasSubstr("sesame")));
  }
}

TEST(WriteExecInfo, TellsVersionAndInteractivity) {
  ExecPlugin plugin;
  plugin.api_version = kV1Beta1;
  const ExecCluster cluster{"https://api.example", "name", "CA", "http://joe:secret@proxy"};
  EXPECT_EQ(base::ReadJson(WriteExecInfo(plugin, cluster, true)).value(),
            base::Json::parse(R"({"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
                                  "spec": {"interactive": true}})"));
}

TEST(WriteExecInfo, ProvidesTheClusterWhenAskedTo) {
  ExecPlugin plugin;
  plugin.api_version = kV1;
  plugin.provide_cluster_info = true;
  EXPECT_EQ(base::ReadJson(WriteExecInfo(plugin, {"https://api.example:6443/path", "", "", ""}, false)).value(),
            base::Json::parse(R"({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                                  "spec": {"interactive": false,
                                           "cluster": {"server": "https://api.example:6443/path"}}})"));
  plugin.cluster_config = R"({"audience": "a", "n": [1]})";
  const auto info =
      base::ReadJson(WriteExecInfo(plugin, {"https://api.example", "name", "CA", "http://joe:secret@proxy"}, false));
  EXPECT_EQ((*info)["spec"]["cluster"],
            base::Json::parse(R"({"server": "https://api.example", "tls-server-name": "name",
                                  "certificate-authority-data": "Q0E=", "proxy-url": "http://joe:secret@proxy",
                                  "config": {"audience": "a", "n": [1]}})"));
}

}  // namespace
}  // namespace irsa::kube
