// How `irsa serve` starts, and how it says that it cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"

namespace irsa::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The arguments of a server that would start, to be spoilt one at a time. Ports are free ones.
class ServeStart : public ::testing::Test {
 protected:
  ServeStart() {
    MakeCertificates(directory_.Path("certs"));
    directory_.Write("accounts.yaml", AccountsYaml());
  }

  ProcessResult Run(const std::vector<std::string>& flags) {
    std::vector<std::string> command = {IRSA_BINARY, "serve", "--port=0", "--metrics-port=0"};
    command.insert(command.end(), flags.begin(), flags.end());
    return RunProcess(command);
  }

  std::string Certificate() const { return "--tls-cert=" + directory_.Path("certs/tls.crt"); }
  std::string Key() const { return "--tls-key=" + directory_.Path("certs/tls.key"); }
  std::string Accounts() const { return "--service-accounts=" + directory_.Path("accounts.yaml"); }

  const TemporaryDirectory directory_;
};

TEST_F(ServeStart, RefusesToStartWithoutASourceOfIdentities) {
  const ProcessResult result = Run({Certificate(), Key()});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--service-accounts"), HasSubstr("cluster")));
}

TEST_F(ServeStart, RefusesAnUnknownFlagByName) {
  const ProcessResult result = Run({"--service-acounts=x"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--service-acounts"), HasSubstr("--help")));
}

TEST_F(ServeStart, RefusesValuesThatCannotBe) {
  const std::pair<const char*, const char*> cases[] = {
      {"--port=70000", "70000"},
      {"--port=http", "http"},
      {"--request-timeout=5", "5"},
      {"--request-timeout=0s", "0s is not between 10ms and 1h"},
      {"--shutdown-timeout=2550000h", "2550000h is not between"},
      {"--bind-address=localhost", "\"localhost\" is not an IP address"},
      {"--metrics-bind-address=10.0.0", "10.0.0"},
      {"--max-body-bytes=1GiB", "--max-body-bytes"},
      {"--max-body-bytes=7MB7", "'7MB7' is not a size such as"},
      {"--max-connections=0", "0"},
      {"--tls-min-version=1.1", "1.1"},
      {"--tls-cipher-suites=TLS_MADE_UP", "TLS_MADE_UP"},
      {"--log-level=loud", "loud"},
      {"--log-format=xml", "xml"},
      {"--annotation-prefix=no/slash", "no/slash"},
      {"--token-mount-path=relative", "relative"},
      {"--token-expiration=soon", "soon"},
      {"--sts-regional-endpoint=perhaps", "perhaps"}};
  for (const auto& [flag, named] : cases) {
    const ProcessResult result = Run({Certificate(), Key(), Accounts(), flag});
    EXPECT_EQ(result.exit_status, 2) << flag;
    EXPECT_THAT(result.err, HasSubstr(named)) << flag;
  }
}

TEST_F(ServeStart, TakesAnEmptyValueForAValue) {
  // As templates of manifests write it for what is not set; the next flag must not be taken for the value.
  const ServeProcess serve({"--tls-secret=", "--aws-default-region=", "--namespace=", "--tls-min-version=1.3"});
  RawClientOptions old = TlsTo(serve.port());
  old.max_version = TLS1_2_VERSION;
  EXPECT_THROW(RawClient client(old), std::runtime_error);

  const ProcessResult result = Run({Certificate(), Key(), Accounts(), "--tls-min-version="});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("--tls-min-version"));
}

TEST_F(ServeStart, SaysWhichFileItCannotUse) {
  const std::string broken = directory_.Write("broken.yaml", "kind: ServiceAccount\nmetadata: {name: [\n");
  const std::string empty = directory_.Write("empty.pem", "");
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--tls-cert=/none/tls.crt", Key(), Accounts()}, "/none/tls.crt"},
      {{"--tls-cert=/none/tls.crt", Key(), Accounts()}, "--tls-cert and --tls-key; irsa certs creates a pair"},
      {{"--tls-cert=" + empty, Key(), Accounts()}, empty},
      {{Certificate(), "--tls-key=" + directory_.Path("certs/ca.key"), Accounts()}, "ca.key"},
      {{Certificate(), Key(), "--service-accounts=/none/accounts.yaml"}, "/none/accounts.yaml"},
      {{Certificate(), Key(), "--service-accounts=" + broken}, broken},
      {{Certificate(), Key(), Accounts(), "--client-ca=/none/ca.crt"}, "/none/ca.crt"},
      {{Certificate(), Key(), Accounts(), "--client-ca=" + empty}, "--client-ca: " + empty + " holds no certificate"},
      {{Certificate(), Key(), Accounts(), "--bind-address=192.0.2.1"}, "192.0.2.1"}};
  for (const auto& [flags, named] : cases) {
    const ProcessResult result = Run(flags);
    EXPECT_EQ(result.exit_status, 1) << named;
    EXPECT_THAT(result.err, HasSubstr(named));
  }
}

TEST_F(ServeStart, SaysThatAPortIsTaken) {
  const ServeProcess first;
  const ProcessResult result =
      RunProcess({IRSA_BINARY, "serve", "--bind-address=127.0.0.1", "--port=" + std::to_string(first.port()),
                  "--metrics-port=0", Certificate(), Key(), Accounts()});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr(std::to_string(first.port())));
}

TEST_F(ServeStart, TakesTheFlagsOfExistingManifests) {
  ServeProcess serve({"--in-cluster=false", "--tls-secret=pod-identity-webhook", "--resync-period=60s",
                      "--namespace=default", "--service-name=pod-identity-webhook", "--logtostderr", "-v=4",
                      "--vmodule=a=1", "--legacy_stderr_threshold_behavior=false", "--alsologtostderrthreshold=INFO",
                      "--kubeconfig=/none/config", "--kube-api=http://127.0.0.1:1", Accounts()});
  for (const char* flag :
       {"--in-cluster", "--tls-secret", "--resync-period", "--logtostderr", "--v", "--vmodule",
        "--legacy_stderr_threshold_behavior", "--alsologtostderrthreshold", "--kubeconfig", "--kube-api"}) {
    EXPECT_THAT(serve.process().err(), HasSubstr("\"flag\":\"" + std::string(flag) + "\"")) << flag;
  }
}

TEST_F(ServeStart, SaysWhatIsKnownOfAnAccountOnlyWhereItIsToldTo) {
  constexpr const char* kQuestion = "/debug/identity?namespace=team-a&service-account=my-app";
  ServeProcess with({"--enable-debugging-handlers", Accounts()});
  EXPECT_THAT(with.Operations(kQuestion), HasSubstr("\"roleArn\": \"arn:aws:iam::111122223333:role/"));
  EXPECT_THAT(with.Operations(kQuestion), HasSubstr("\"source\": \"file "));
  EXPECT_THAT(with.Operations("/debug/identity?namespace=team-a&service-account=nobody"),
              HasSubstr("irsa knows no service account nobody in namespace team-a"));
  ServeProcess without;
  EXPECT_THAT(without.Operations(kQuestion), Not(HasSubstr("roleArn")));
}

TEST_F(ServeStart, IsReadyWithItsIdentitiesAndMetrics) {
  ServeProcess serve;
  EXPECT_EQ(serve.Operations("/readyz"), "ok\n");
  EXPECT_EQ(serve.Operations("/livez"), "ok\n");
  EXPECT_THAT(serve.Operations("/readyz?verbose"), HasSubstr("[+]shutdown ok\nready\n"));
  EXPECT_EQ(serve.Metric("irsa_identities"), 2);
  EXPECT_GT(serve.Metric("irsa_certificate_expiry_timestamp_seconds"), 1'700'000'000);
}

}  // namespace
}  // namespace irsa::testing
